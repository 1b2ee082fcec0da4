"""What is installed to run is used to run."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).resolve().parents[2]
SOURCES = "\n".join(path.read_text() for path in sorted((REPO / "src" / "loomwork").rglob("*.py")))
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
EXTRAS = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]


def modules_of(name: str) -> list[str]:
    """What a distribution installs to be imported."""
    return [
        module
        for module, distributions in packages_distributions().items()
        if canonicalize_name(name) in map(canonicalize_name, distributions)
    ]


def is_used(module: str) -> bool:
    """Imported, by its name as a string too, or started as a program."""
    word = re.escape(module)
    return re.search(rf'^\s*(from|import) {word}\b|"{word}"', SOURCES, re.MULTILINE) is not None


@pytest.mark.parametrize("name", [Requirement(line).name for line in [*PROJECT["dependencies"], *EXTRAS]])
def test_every_dependency_is_used_by_the_source(name: str) -> None:
    assert any(is_used(module) for module in modules_of(name)), f"nothing in src/ uses {name}"
