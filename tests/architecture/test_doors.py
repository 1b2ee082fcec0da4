"""Rooms meet at doors: the rule holds for the sources, and would notice each way of breaking it."""

import grimp
import pytest

from tests.architecture.conftest import GraphMaker
from tests.architecture.doors import intrusions


def test_no_room_is_entered_but_by_its_door(source_graph: grimp.ImportGraph) -> None:
    assert [str(found) for found in intrusions(source_graph)] == []


def test_nodes_never_reach_what_runs_them(source_graph: grimp.ImportGraph) -> None:
    assert not source_graph.chain_exists("loomwork.nodes", "loomwork.engine.run", as_packages=True)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("apps.application.run_app", "model_gateway.domain"),
        ("apps.application.run_app", "model_gateway.application.chat"),
        ("apps.domain.app", "tenancy"),
        ("apps.application.run_app", "conversations.ports"),
        ("conversations.application.add", "tenancy.domain.members"),
        ("assistants.domain.plan", "knowledge.api.inside"),
        ("interface.http.api.apps", "apps.domain.app"),
        ("interface.http.api.apps", "apps.ports"),
        ("interface.http.api.runs", "engine.ports"),
        ("interface.cli.run", "engine"),
        ("interface.cli.check", "dsl.reader"),
        ("adapters.storage.sql.apps", "apps.application.save_app"),
        ("adapters.storage.sql.journal", "engine.run.loop"),
        ("adapters.storage.sql.journal", "engine"),
        ("nodes.llm.node", "engine.run"),
        ("nodes.llm.node", "engine.graph.plan"),
        ("nodes.llm.node", "engine"),
        ("nodes.llm.node", "model_gateway.domain.catalog"),
        ("dsl.compile", "engine.graph.compiler"),
        ("apps.application.run_app", "nodes.ports"),
        ("apps.application.check_app", "nodes.llm.node"),
        ("interface.cli.version", ""),
    ],
)
def test_an_import_past_a_door_is_found(graph_of: GraphMaker, importer: str, imported: str) -> None:
    found = intrusions(graph_of((importer, imported)))
    assert [(each.importer, each.imported, each.line) for each in found] == [
        (f"loomwork.{importer}", f"loomwork.{imported}".rstrip("."), 7)
    ]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("apps.application.run_app", "model_gateway.api"),
        ("apps.application.run_app", "engine"),
        ("apps.application.run_app", "apps.domain.app"),
        ("apps.application.import_app", "dsl"),
        ("dsl.compile", "engine.variables"),
        ("dsl.compile", "nodes"),
        ("apps.application.run_app", "nodes.catalog"),
        ("interface.http.api.apps", "apps.application.publish_app"),
        ("interface.http.api.runs", "engine.events"),
        ("interface.http.api.apps", "interface.http.errors"),
        ("adapters.storage.sql.apps", "apps.domain.app"),
        ("adapters.storage.sql.journal", "engine.ports"),
        ("nodes.llm.node", "engine.variables"),
        ("nodes.llm.node", "engine.variables.refs"),
        ("adapters.templates.pool", "nodes.ports"),
        ("nodes.llm.node", "model_gateway.api"),
        ("bootstrap.wiring", "engine.run.loop"),
        ("engine.run.loop", "kernel.ids"),
        ("kernel.ids", ":uuid_utils"),
    ],
)
def test_an_import_by_the_door_is_let_through(graph_of: GraphMaker, importer: str, imported: str) -> None:
    assert intrusions(graph_of((importer, imported))) == []


def test_a_node_that_reaches_the_loop_through_another_module_is_found(graph_of: GraphMaker) -> None:
    graph = graph_of(("nodes.loop.node", "engine.ports"), ("engine.ports", "engine.run.loop"))
    assert graph.chain_exists("loomwork.nodes", "loomwork.engine.run", as_packages=True)
