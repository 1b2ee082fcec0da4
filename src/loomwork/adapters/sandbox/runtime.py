"""What a jail is shown of this machine, read-only: Python itself, the libraries of the system, and a few packages."""

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

SCIENCE = ("numpy", "pandas", "dateutil", "pytz", "six", "tzdata")
"""What the extra `science` brings."""

ALWAYS = ("_quickjs",)
SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
)
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from loomwork.adapters.sandbox.inside.zygote import main; main(int(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """`packages` says where each importable one lies; `folders` hold them; `own` is the part of our own source that
    runs inside, and `root` the folder that it is imported from.
    """

    python: str
    root: str
    own: Sequence[str]
    standard: Sequence[str]
    packages: Mapping[str, str]
    libraries: Sequence[str]
    plugin: str | None = None
    """The plugin that runs here, in place of code of one call; `paths` are the folders that it is imported from."""
    paths: Sequence[str] = ()

    @property
    def readable(self) -> list[str]:
        """What code may read."""
        return [*SYSTEM, *self.standard, *self.packages.values(), *self.libraries, *self.paths]

    @property
    def folders(self) -> list[str]:
        """What modules are imported from."""
        return sorted({*self.standard, *self.paths, *(str(Path(place).parent) for place in self.packages.values())})

    def command(self, control: int) -> list[str]:
        """What starts the process that makes the workers; `control` is its descriptor."""
        return [self.python, "-I", "-S", "-B", "-X", "utf8", "-c", BOOT, self.root, str(control)]


@cache
def shown_packages() -> tuple[str, ...]:
    """What is installed of that which code may import."""
    return tuple(name for name in SCIENCE if _place(name) is not None)


def this_runtime(*, science: bool = False) -> Runtime:
    """Python as it runs here, without its environment."""
    package = Path(__file__).resolve().parents[2]
    own = [package / "__init__.py", package / "adapters" / "__init__.py", package / "adapters" / "sandbox"]
    names = [*ALWAYS, *(SCIENCE if science else ())]
    packages = {name: place for name in names if (place := _place(name)) is not None}
    return Runtime(
        python=os.path.realpath(sys.executable),
        root=str(package.parent),
        own=[str(path) for path in own],
        standard=_standard(),
        packages=packages,
        libraries=[place + ".libs" for place in packages.values() if Path(place + ".libs").is_dir()],
    )


def _standard() -> list[str]:
    """The standard library, for the interpreter beneath a virtual environment."""
    found = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    base = {"installed_base": sys.base_prefix, "base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    found += [sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")]
    return sorted({os.path.realpath(path) for path in found if Path(path, "os.py").exists()})


def _place(name: str) -> str | None:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    if spec.submodule_search_locations:
        return os.path.realpath(next(iter(spec.submodule_search_locations)))
    return os.path.realpath(spec.origin)
