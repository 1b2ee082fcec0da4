"""The import graph of the sources as they stand, and small ones made by hand."""

from collections.abc import Callable
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

GraphMaker = Callable[..., grimp.ImportGraph]
CONTRACTS: dict[str, type[Contract]] = {"layers": LayersContract, "forbidden": ForbiddenContract}


@pytest.fixture(scope="session")
def source_graph() -> grimp.ImportGraph:
    return grimp.build_graph("loomwork", include_external_packages=True, cache_dir=None)


@pytest.fixture
def graph_of() -> GraphMaker:
    """Makes a graph of `("importer", "imported")` pairs, which lie in `loomwork` unless they begin with a colon."""

    def make(*imports: tuple[str, str], rooms: tuple[str, ...] = ()) -> grimp.ImportGraph:
        graph = grimp.ImportGraph()
        for room in rooms:
            graph.add_module(f"loomwork.{room}")
        for importer, imported in imports:
            names = [
                name[1:] if name.startswith(":") else f"loomwork.{name}".rstrip(".") for name in (importer, imported)
            ]
            for name, written in zip(names, (importer, imported), strict=True):
                _add_with_parents(graph, name, external=written.startswith(":"))
            graph.add_import(importer=names[0], imported=names[1], line_number=7, line_contents="import ...")
        return graph

    return make


def _add_with_parents(graph: grimp.ImportGraph, name: str, *, external: bool) -> None:
    if external:
        graph.add_module(name, is_squashed=True)
        return
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        graph.add_module(".".join(parts[:length]))


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    """The import-linter contracts of `pyproject.toml`, by their id."""
    configuration: dict[str, Any] = read_configuration()
    session = configuration["session_options"]
    return {
        options["id"]: CONTRACTS[options["type"]](options["name"], session, _own_options(options))
        for options in configuration["contracts_options"]
    }


def _own_options(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in {"id", "name", "type"}}
