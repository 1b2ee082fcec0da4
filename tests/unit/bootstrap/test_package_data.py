"""The catalog and the console are found in a checkout and in a wheel alike."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loomwork.bootstrap.package_data import catalog_dir

REPO = Path(__file__).resolve().parents[3]
ASK = "from loomwork.bootstrap.package_data import catalog_dir, console_dir; print(catalog_dir(), console_dir())"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources without the built console, so that what is built here is what this test has put there."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(REPO / name, copy / name)
    shutil.copytree(REPO / "catalog", copy / "catalog")
    shutil.copytree(REPO / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "console"))
    (copy / "catalog" / "apps").mkdir(exist_ok=True)
    (copy / "catalog" / "apps" / "probe.yml").write_text("app: {}\n")
    return copy


@pytest.fixture(scope="module")
def unpacked_wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    console = tree / "src/loomwork/interface/http/console"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text("<!doctype html>")
    (console / "assets" / "index.js").write_text("")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out / "dist")]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    zipfile.ZipFile(next((out / "dist").glob("*.whl"))).extractall(out / "unpacked")
    return out / "unpacked"


def ask(package_root: Path) -> list[str]:
    """What the package under this root says, in a process of its own."""
    environment = {"PYTHONPATH": str(package_root), "PATH": ""}
    answer = subprocess.run([sys.executable, "-c", ASK], env=environment, check=True, capture_output=True, text=True)
    return answer.stdout.split()


def test_a_checkout_reads_the_catalog_at_its_root() -> None:
    assert catalog_dir() == REPO / "catalog"


def test_a_checkout_without_a_built_console_has_none(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(tree / "src", tmp_path / "src", ignore=shutil.ignore_patterns("console"))
    assert ask(tmp_path / "src") == [str(tmp_path / "catalog"), "None"]


def test_a_wheel_carries_the_catalog(unpacked_wheel: Path) -> None:
    catalog = unpacked_wheel / "loomwork/_catalog"
    assert (catalog / "apps/probe.yml").is_file()
    assert ask(unpacked_wheel)[0] == str(catalog)


def test_a_wheel_carries_the_built_console_although_git_ignores_it(unpacked_wheel: Path) -> None:
    console = unpacked_wheel / "loomwork/interface/http/console"
    assert (console / "assets/index.js").is_file()
    assert ask(unpacked_wheel)[1] == str(console)


def test_a_wheel_says_that_it_is_typed_and_under_which_licence(unpacked_wheel: Path) -> None:
    assert (unpacked_wheel / "loomwork/py.typed").is_file()
    assert next(unpacked_wheel.glob("loomwork-*.dist-info/licenses/LICENSE")).stat().st_size > 10_000
