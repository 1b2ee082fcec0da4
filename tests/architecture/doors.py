"""Which door of a room each other room may come in by, as a rule over the import graph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grimp import ImportGraph

ROOT = "loomwork"

ENGINE_DOOR = frozenset({"", "ports", "events", "commands", "variables"})
"""Names inside `engine`; the empty one is `engine/__init__`, which hands out what compiles and runs."""

SEEN_OF_ENGINE: Mapping[str, frozenset[str]] = {
    "nodes": frozenset({"ports", "events", "variables"}),
    "interface": frozenset({"events", "variables"}),
    "adapters": ENGINE_DOOR - {""},
}
SEEN_OF_CAPABILITY: Mapping[str, frozenset[str]] = {
    "interface": frozenset({"api", "application"}),
    "adapters": frozenset({"api", "ports", "domain"}),
}
LIBRARY_DOOR: Mapping[str, frozenset[str]] = {
    "dsl": frozenset({"", "api"}),
    "nodes": frozenset({"", "api", "catalog"}),
}
"""Rooms that are no capabilities: the package itself is their door, and the catalog that of the node types. Their
`ports`, like all others, are open to `adapters`."""

FOLDERS = frozenset({"application", "domain", "variables"})
"""Parts that are folders of files, any of which may be imported by those who may look inside at all."""


@dataclass(frozen=True, slots=True)
class Intrusion:
    """An import that goes past a door."""

    importer: str
    imported: str
    line: int
    allowed: frozenset[str]

    def __str__(self) -> str:
        doors = ", ".join(sorted(name or "the package itself" for name in self.allowed)) or "nothing"
        return f"{self.importer}:{self.line} imports {self.imported}; it may import {doors} of that room"


def room_of(module: str) -> str:
    """The top folder a module lies in; "" for the root package."""
    return module.split(".")[1] if "." in module else ""


def intrusions(graph: ImportGraph) -> list[Intrusion]:
    """Every import between rooms that does not use a door, in the order of the importing modules."""
    return [found for module in sorted(graph.modules) for found in _intrusions_of(graph, module)]


def _intrusions_of(graph: ImportGraph, importer: str) -> Iterator[Intrusion]:
    if not importer.startswith(f"{ROOT}."):
        return
    for imported in sorted(graph.find_modules_directly_imported_by(importer)):
        allowed = _allowed(room_of(importer), imported)
        if allowed is not None and not _is_open(imported, allowed):
            details = graph.get_import_details(importer=importer, imported=imported)
            yield Intrusion(importer, imported, details[0]["line_number"] if details else 0, allowed)


def _allowed(importer_room: str, imported: str) -> frozenset[str] | None:
    """The parts of the imported module's room that this room may import; None where there is no door between them.

    `interface`, `adapters` and `bootstrap` have none: who may look at them is a matter of floors alone.
    """
    if imported == ROOT:
        return None if importer_room in {"__main__", "bootstrap"} else frozenset()
    if not imported.startswith(f"{ROOT}."):
        return None
    room = room_of(imported)
    if importer_room in {"__main__", "bootstrap", room} or room in {"kernel", "bootstrap", "interface", "adapters"}:
        return None
    if room == "engine":
        return SEEN_OF_ENGINE.get(importer_room, ENGINE_DOOR)
    if room in LIBRARY_DOOR:
        return LIBRARY_DOOR[room] | (frozenset({"ports"}) if importer_room == "adapters" else frozenset())
    return SEEN_OF_CAPABILITY.get(importer_room, frozenset({"api"}))


def _is_open(imported: str, allowed: frozenset[str]) -> bool:
    inside = imported.split(".")[2:]
    part = inside[0] if inside else ""
    return part in allowed and (len(inside) <= 1 or part in FOLDERS)
