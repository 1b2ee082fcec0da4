"""A run whose process dies is taken up from its records, wherever they end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from loomwork.engine import GraphRun
from loomwork.engine.events import Event, NodeRetrying, TextChunk
from loomwork.engine.ports import Batch, NodeContext, NodeResult, RunContext
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope

Make = Callable[..., Any]


def counted(runs: Counter[str], *pieces: str, **outputs: Any) -> Any:
    """Wait, say pieces, and leave them as `text`; how often each node ran is counted."""

    async def awaits(context: NodeContext) -> NodeResult:
        runs[context.node_id] += 1
        for piece in pieces:
            context.say(piece)
            await asyncio.sleep(0)
        return NodeResult({"text": "".join(pieces), "key": context.idempotency_key(), **outputs}, usage={"tokens": 1})

    return awaits


def taken_up(made: Any, batches: Sequence[Batch]) -> GraphRun:
    """A run of the same graph that goes on where these batches end."""
    plan = made.compiled().plan
    made.kept.batches[:] = batches
    made.kept.events[:] = [event for batch in batches for event in batch.events]
    context = RunContext(RunId("run"), embedded_scope())
    records = [record for batch in batches for record in batch.records]
    return GraphRun(plan, context, log=made.kept, clock=SystemClock(), journal=made.kept, records=records)


def shown(events: Sequence[Event]) -> str:
    """The answer as a client shows it that forgets what it is told to forget."""
    pieces: list[TextChunk] = []
    for event in events:
        if isinstance(event, NodeRetrying) and event.discard_from is not None:
            forget = event.discard_from
            pieces = [piece for piece in pieces if piece.seq < forget or piece.source[0] != event.node_id]
        elif type(event) is TextChunk:
            pieces.append(event)
    return "".join(piece.text for piece in pieces)


async def test_no_finished_node_runs_twice_wherever_the_journal_ends(graph: Make, node: Make, root: Any) -> None:
    runs: Counter[str] = Counter()
    types = {
        "s": root,
        "a": node(awaits=counted(runs, "one ", "two ")),
        "b": node(awaits=counted(runs, "three ")),
        "e": node(shows="{{#a.text#}}and {{#b.text#}}", ends=True),
    }
    whole = graph(types, "s>a, a>b, b>e")
    result = await whole.run(journalled=True)
    batches = list(whole.kept.batches)
    assert len(batches) > 4

    for cut in range(1, len(batches)):
        runs.clear()
        again = graph(types, "s>a, a>b, b>e")
        kept = batches[:cut]
        finished = {record.node_id for batch in kept for record in batch.records if record.kind == "succeeded"}
        resumed = await taken_up(again, kept).execute()
        assert (resumed.status, resumed.outputs, resumed.answer) == ("succeeded", result.outputs, result.answer)
        assert resumed.usage == result.usage
        assert not finished & set(runs), f"after {cut} batches"
        assert [event.seq for event in again.kept.events] == list(range(1, len(again.kept.events) + 1))
        assert shown(again.kept.events) == "one two and three "
        assert resumed.nodes["a"].outputs == result.nodes["a"].outputs
