"""A form in a run of the engine: the run rests until somebody answers, or until the time for it is over."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from loomwork.engine import GraphRun, compile_graph
from loomwork.engine.commands import Answer
from loomwork.engine.events import Event
from loomwork.engine.ports import EdgeSpec, GraphSpec, NodeSpec, NodeType, RunContext
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.nodes.catalog import NodeCatalog

pytestmark = pytest.mark.anyio

FORM = {
    "form_content": "Is {{#s.text#}} right? {{#$output.note#}}",
    "inputs": [{"type": "paragraph", "output_variable_name": "note"}],
    "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
    "timeout": 1,
}


class Desk:
    """Answers each question as it is asked, and keeps the events. Its clock stands still."""

    def __init__(self, types: Mapping[str, NodeType], answers: Sequence[tuple[str | None, Mapping[str, Any]]]) -> None:
        self.events: list[Event] = []
        self._answers = answers
        compiled = compile_graph(_graph(), NodeCatalog(types).resolve_type)
        assert compiled.plan is not None
        context = RunContext(RunId("run"), embedded_scope(), inputs={"text": "this"})
        self.run = GraphRun(compiled.plan, context, log=self, clock=self)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        self.events += events
        if any(event.type == "input_required" for event in events):
            for action, values in self._answers:
                self.run.send(Answer("h", (), action, values))

    def data(self, name: str) -> Mapping[str, Any]:
        return next(event.data for event in self.events if event.type == name)


def _graph() -> GraphSpec:
    def end(name: str) -> NodeSpec:
        return NodeSpec(name, "end", name, {"outputs": [{"variable": name, "value_selector": ["h", "note"]}]})

    start = NodeSpec("s", "start", "Start", {"variables": [{"variable": "text", "type": "paragraph"}]})
    handles = {"yes": "yes", "no": "no", "late": "__timeout"}
    edges = [EdgeSpec("s", "h"), *(EdgeSpec("h", name, handle) for name, handle in handles.items())]
    return GraphSpec([start, NodeSpec("h", "human-input", "Ask", FORM), *map(end, handles)], edges)


async def test_an_answer_lets_the_run_go_on_by_its_action(types: Mapping[str, NodeType]) -> None:
    desk = Desk(types, [("no", {"note": "not quite"})])
    result = await desk.run.execute()
    assert (result.status, result.outputs) == ("succeeded", {"no": "not quite"})
    asked = desk.data("input_required")
    assert asked["form"]["content"] == "Is this right? {{#$output.note#}}"
    assert [action["id"] for action in asked["actions"]] == ["yes", "no"]
    assert asked["expires_at"] == desk.now().timestamp() + 3600
    assert desk.data("input_received") == {"action": "no", "values": {"note": "not quite"}}


async def test_an_answer_that_does_not_fit_leaves_the_question_open(types: Mapping[str, NodeType]) -> None:
    desk = Desk(types, [("maybe", {"note": "?"}), ("yes", {}), ("yes", {"note": "fine"})])
    result = await desk.run.execute()
    assert result.outputs == {"yes": "fine"}
    assert result.nodes["h"].outputs is not None
    assert result.nodes["h"].outputs["__rendered_content"] == "Is this right? fine"


async def test_no_answer_in_time_goes_on_by_the_way_of_its_own(types: Mapping[str, NodeType]) -> None:
    desk = Desk(types, [(None, {})])
    result = await desk.run.execute()
    assert (result.status, result.outputs) == ("succeeded", {"late": None})


async def test_without_an_answer_the_run_rests(types: Mapping[str, NodeType]) -> None:
    desk = Desk(types, [])
    assert (await desk.run.execute()).status == "paused"
    assert desk.events[-1].type == "run_paused"
