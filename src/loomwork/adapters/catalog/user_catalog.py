"""The user's own providers, as files in the data folder's catalog."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from loomwork.adapters.catalog.card_files import LARGEST_FILE
from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.model_gateway.domain.provider import ProviderCard

PROVIDER_FILE = "provider.yml"
MOST_FILES = 1000

_MODEL_FILE = re.compile(r"models/[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.yml")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class UserCatalog:
    """Implements `CatalogFolder`. What is to be added is read by the reader of the catalog itself first, in a folder
    aside, so what is taken here is what can be read there.
    """

    def __init__(self, folder: Path, *, on_change: Callable[[], None] = lambda: None) -> None:
        """`folder` is the one that the reader reads; it is made with the first provider. `on_change` is told that its
        files are others now.
        """
        self._folder = folder
        self._on_change = on_change

    def put(self, files: Mapping[str, str]) -> str:
        """See `CatalogFolder.put`."""
        _check_names(files)
        try:
            with self._aside() as aside:
                provider = _written(files, aside)
                self._move(aside / provider, self._folder / provider)
        except OSError as problem:
            raise InvalidInput(
                f"The catalog in {self._folder} cannot be written: {problem.strerror or 'it refuses'}."
            ) from problem
        self._on_change()
        return provider

    def remove(self, provider: str) -> None:
        """See `CatalogFolder.remove`."""
        if provider not in self.providers():
            raise NotFound(f"The data folder has no files of a provider {provider[:80]!r}.")
        with self._aside() as aside:
            # Out of the reader's sight in one step; then it takes as long as it takes.
            (self._folder / provider).rename(aside / provider)
        self._on_change()

    def providers(self) -> frozenset[str]:
        """See `CatalogFolder.providers`."""
        try:
            return frozenset(each.name for each in self._folder.iterdir() if each.is_dir() and not each.is_symlink())
        except OSError:
            return frozenset()

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        """A folder on the same disk that no reader looks into."""
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder.parent))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _move(self, new: Path, there: Path) -> None:
        if not there.exists():
            new.rename(there)
            return
        (there / "models").mkdir(exist_ok=True)
        kept = {path.relative_to(new) for path in _files(new)}
        for name in sorted(kept):
            os.replace(new / name, there / name)
        for path in _files(there):
            if path.relative_to(there) not in kept:
                path.unlink()


def _files(folder: Path) -> list[Path]:
    return [*folder.glob("provider.yml"), *folder.glob("models/*.yml")]


def _check_names(files: Mapping[str, str]) -> None:
    if PROVIDER_FILE not in files:
        raise InvalidInput(f"A provider needs a file {PROVIDER_FILE}.", file=PROVIDER_FILE)
    if len(files) > MOST_FILES:
        raise InvalidInput(f"A provider has {MOST_FILES} files at most.")
    for name, text in files.items():
        if name != PROVIDER_FILE and not _MODEL_FILE.fullmatch(name):
            raise InvalidInput(
                f"{name[:80]!r} is no file of a provider: there is {PROVIDER_FILE}, and models/<name>.yml.",
                file=name[:80],
            )
        if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
            raise InvalidInput(f"{name} is larger than {LARGEST_FILE} bytes.", file=name)


def _written(files: Mapping[str, str], aside: Path) -> str:
    """Write the files below `aside`, in a folder of the provider's id, and read them. Raises `InvalidInput`."""
    draft = aside / "draft"
    (draft / "models").mkdir(parents=True)
    for name, text in files.items():
        (draft / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    # The reader wants the folder to have the provider's name, and it alone can tell that name.
    provider = _stated_id(files[PROVIDER_FILE])
    draft.rename(aside / provider)
    catalog = CatalogReader([aside]).read()
    read = catalog.providers.get(provider)
    problems = {**catalog.problems, **(read.problems if read else {})}
    for name, problem in problems.items():
        said = problem.replace(f"{aside / provider}{os.sep}", "")
        raise InvalidInput(said, file=PROVIDER_FILE if name == provider else f"models/{name}.yml")
    if read is not None:
        _check_reads_no_environment(read.card)
    return provider


def _check_reads_no_environment(card: ProviderCard) -> None:
    """Whoever may add a provider names its address too, and would have the server's own secrets sent there."""
    named = [card.endpoint_env, *(field.env for field in card.credentials.values())]
    for name in named:
        if name is not None:
            raise InvalidInput(
                f"{PROVIDER_FILE}: it reads {name} from the server's environment, which only a file that the operator "
                "puts into the data folder may do. Leave it out, and enter the credential in the workspace.",
                file=PROVIDER_FILE,
            )


def _stated_id(text: str) -> str:
    """The id that the text seems to state. Whether it does is for the reader to say."""
    found = re.search(r"""^id:\s*["']?([^\s"'#]+)["']?\s*(?:#.*)?$""", text, re.MULTILINE)
    if found is None or not _ID.fullmatch(found[1]):
        raise InvalidInput(
            f"{PROVIDER_FILE}: it names the provider by `id:` in a line of its own, with small letters, digits, dots, "
            "dashes or underscores.",
            file=PROVIDER_FILE,
        )
    return found[1]
