"""ARCHITECTURE.md is true: its floors are those that are checked, and its rooms are those that stand."""

import re
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
MAP = (REPO / "ARCHITECTURE.md").read_text()
ROOM = re.compile(r"^(?P<mark>[ +]) (?P<room>[a-z_]+)/", re.MULTILINE)


def tree_of_sources() -> str:
    return MAP.split("\nsrc/loomwork/\n")[1].split("\ntests/")[0]


def rooms_on_the_map(*, to_come: bool) -> set[str]:
    return {found["room"] for found in ROOM.finditer(tree_of_sources()) if (found["mark"] == "+") is to_come}


def rooms_that_stand() -> set[str]:
    return {path.parent.name for path in (REPO / "src" / "loomwork").glob("*/__init__.py")}


def floors_on_the_map() -> list[str]:
    block = MAP.split("## Who may look at whom")[1].split("```text\n")[1].split("```")[0]
    return block.split("\n")[:-1]


def floors_that_are_checked() -> list[str]:
    contracts = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    return [re.sub(r"[()]", "", layer) for layer in layers]


def test_the_map_shows_the_rooms_that_stand() -> None:
    assert rooms_on_the_map(to_come=False) == rooms_that_stand()


def test_a_room_to_come_has_a_floor_and_no_folder() -> None:
    to_come = rooms_on_the_map(to_come=True)
    assert to_come & rooms_that_stand() == set()
    assert to_come <= set(re.findall(r"[a-z_]+", "\n".join(floors_on_the_map())))


def test_the_floors_of_the_map_are_the_floors_that_are_checked() -> None:
    assert floors_on_the_map() == floors_that_are_checked()
