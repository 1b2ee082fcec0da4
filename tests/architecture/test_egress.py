"""Requests leave by few doors, so that the rules of the gate hold for all that apps ask for."""

import grimp
import pytest

from tests.architecture.conftest import GraphMaker

CLIENTS = ("aiohttp", "httpx", "httpx2", "requests", "urllib3", "httpcore", "huggingface_hub", "websockets")
STANDARD = ("urllib.request", "http.client", "ftplib", "smtplib", "telnetlib")

DOORS = (
    "loomwork.adapters.egress",
    "loomwork.adapters.remote",
    "loomwork.adapters.wires",
    "loomwork.adapters.weights",
    "loomwork.interface.cli.remote_workspace",
    "loomwork.interface.python.client.client",
)
"""The gate; the services of this very installation; the providers that the operator has set up; the weights of local
models; and the server that a person at a terminal, or a program, names.
"""


def leaks(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Modules that import an HTTP client and are no door."""
    clients = [name for name in (*CLIENTS, *STANDARD, "urllib", "http") if name in graph.modules]
    found = [(importer, client) for client in clients for importer in graph.find_modules_that_directly_import(client)]
    return sorted(pair for pair in found if not pair[0].startswith(DOORS) and not _is_harmless(graph, *pair))


def _is_harmless(graph: grimp.ImportGraph, importer: str, client: str) -> bool:
    """`urllib` and `http` as a whole are more than clients; an import of another part of them is none."""
    if client not in ("urllib", "http"):
        return False
    lines = [str(each["line_contents"]) for each in graph.get_import_details(importer=importer, imported=client)]
    return not any(part in line for line in lines for part in ("urllib.request", "http.client", "import request"))


def test_nothing_but_the_doors_imports_an_http_client(source_graph: grimp.ImportGraph) -> None:
    assert leaks(source_graph) == []


@pytest.mark.parametrize("client", ["aiohttp", "httpx", "httpx2", "requests"])
def test_a_client_elsewhere_is_found(graph_of: GraphMaker, client: str) -> None:
    graph = graph_of(("nodes.http_request.node", f":{client}"), ("adapters.egress.gate", f":{client}"))
    assert leaks(graph) == [("loomwork.nodes.http_request.node", client)]
