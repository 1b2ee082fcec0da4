"""The lock files hold exact, hashed versions of what pyproject.toml asks for, and nothing that says where from."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).resolve().parents[2]
LOCKS = ("base", "dev", "uv")


@dataclass(frozen=True, slots=True)
class Locked:
    """One entry of a lock: `asked_by` are the packages that need it, this project written `loomwork`."""

    requirement: Requirement
    hashes: int
    asked_by: frozenset[str]


def read_lock(text: str) -> Iterator[Locked]:
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        first, *rest = entry.splitlines()
        hashes = sum(1 for line in rest if re.match(r"\s+--hash=sha256:[0-9a-f]{64}\b", line))
        asked_by = {
            line.strip(" #").removeprefix("via ").split(" ")[0] for line in rest if line.strip().startswith("#")
        }
        yield Locked(Requirement(first.removesuffix(" \\")), hashes, frozenset(asked_by))


def locked(name: str) -> list[Locked]:
    return list(read_lock((REPO / "requirements" / f"{name}.txt").read_text()))


def asked(*groups: str) -> dict[str, Requirement]:
    """What pyproject.toml asks for directly: the runtime dependencies and these groups."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    lines = [
        *project["project"]["dependencies"],
        *(line for name in groups for line in project["dependency-groups"][name]),
    ]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_is_exact_and_hashed(name: str) -> None:
    entries = locked(name)
    assert entries
    assert [str(entry.requirement) for entry in entries if entry.hashes == 0] == []
    assert [
        str(entry.requirement) for entry in entries if entry.requirement.url or not is_exact(entry.requirement)
    ] == []


def is_exact(requirement: Requirement) -> bool:
    return [specifier.operator for specifier in requirement.specifier] == ["=="]


@pytest.mark.parametrize(("name", "groups"), [("base", ("build",)), ("dev", ("build", "dev"))])
def test_a_lock_holds_just_what_the_project_asks_for(name: str, groups: tuple[str, ...]) -> None:
    wanted = asked(*groups)
    held = {canonicalize_name(entry.requirement.name) for entry in locked(name) if "loomwork" in entry.asked_by}
    assert held == set(wanted), "run `make lock`"


@pytest.mark.parametrize(("name", "groups"), [("base", ("build",)), ("dev", ("build", "dev"))])
def test_a_lock_satisfies_what_the_project_asks_for(name: str, groups: tuple[str, ...]) -> None:
    wanted = asked(*groups)
    unsatisfied = [
        f"{entry.requirement} is not {wanted[found].specifier}"
        for entry in locked(name)
        if (found := canonicalize_name(entry.requirement.name)) in wanted
        and not all(wanted[found].specifier.contains(each.version) for each in entry.requirement.specifier)
    ]
    assert unsatisfied == [], "run `make lock`"


def test_what_is_tested_is_what_is_shipped() -> None:
    tested = {(entry.requirement.name, str(entry.requirement.specifier)) for entry in locked("dev")}
    shipped = {(entry.requirement.name, str(entry.requirement.specifier)) for entry in locked("base")}
    assert shipped - tested == set()


def test_an_entry_without_a_hash_is_noticed() -> None:
    first, second = read_lock(
        "a==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via loomwork (pyproject.toml)\nb==2\n"
    )
    assert (first.hashes, second.hashes) == (1, 0)
    assert first.asked_by == {"loomwork"}
