"""What we depend on is written down with its reason, and nothing that we ship is under a licence we cannot ship."""

import json
import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.test_locks import locked

REPO = Path(__file__).resolve().parents[2]
REFUSED = re.compile(
    r"(?<!L)GPL|Affero|GNU General Public|SSPL|Server Side Public|BUSL|Business Source|Elastic|Commons Clause",
    re.IGNORECASE,
)


def refuses(licence: str) -> bool:
    """Whether a licence expression leaves no choice but a refused licence: `MIT OR GPL-2.0` leaves one."""
    return all(REFUSED.search(choice) for choice in re.split(r"\bOR\b", licence))


def declared_licence(name: str) -> str:
    """What an installed distribution declares: its expression, else its classifiers and the title of its licence, else
    the first line of the licence that it carries.
    """
    found = distribution(name)
    metadata = found.metadata
    if expression := metadata["License-Expression"]:
        return str(expression)
    classifiers = [value for value in metadata.get_all("Classifier", []) if value.startswith("License ::")]
    title = (metadata["License"] or "").strip().splitlines()[:1]
    return "; ".join([*classifiers, *title] or _first_lines(found))


def _first_lines(found: Distribution) -> list[str]:
    files = [file for file in found.files or () if file.name in found.metadata.get_all("License-File", [])]
    return [file.read_text().strip().splitlines()[0] for file in files]


def shipped() -> dict[str, str]:
    """The licence of every distribution of the runtime lock that is installed; others belong to other platforms."""
    licences = {}
    for entry in locked("base"):
        try:
            licences[entry.requirement.name] = declared_licence(entry.requirement.name)
        except PackageNotFoundError:
            continue
    return licences


def test_no_shipped_dependency_is_under_a_licence_that_we_cannot_ship() -> None:
    licences = shipped()
    assert len(licences) > 30
    assert {name: licence for name, licence in licences.items() if licence and refuses(licence)} == {}


def test_every_shipped_dependency_declares_its_licence() -> None:
    assert [name for name, licence in shipped().items() if not licence] == []


def test_no_package_of_the_console_is_under_a_licence_that_we_cannot_ship() -> None:
    lock = REPO / "web" / "package-lock.json"
    if not lock.is_file():
        pytest.skip("there is no console in this tree")
    packages = json.loads(lock.read_text())["packages"]
    built_in = {
        name: str(entry.get("license", "")) for name, entry in packages.items() if name and not entry.get("dev")
    }
    assert built_in
    assert {name: licence for name, licence in built_in.items() if licence and refuses(licence)} == {}


def test_every_direct_dependency_is_explained_with_its_licence() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    direct = {canonicalize_name(Requirement(line).name) for group in groups for line in group}
    rows = re.findall(
        r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", (REPO / "docs" / "dependencies.md").read_text(), re.MULTILINE
    )
    explained = {canonicalize_name(name) for name, reason, licence in rows if reason.strip() and licence.strip()}
    assert direct - explained == set(), "add a line to docs/dependencies.md"
    assert explained - direct == set(), "no longer a dependency: take its line out of docs/dependencies.md"


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "AGPL-3.0", "SSPL-1.0", "BUSL-1.1", "Elastic License 2.0", "MIT AND GPL-2.0"]
)
def test_a_licence_that_we_cannot_ship_is_refused(licence: str) -> None:
    assert refuses(licence)


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "MPL-2.0 AND MIT", "LGPL-3.0", "MIT OR GPL-2.0"])
def test_a_licence_that_we_can_ship_is_accepted(licence: str) -> None:
    assert not refuses(licence)
