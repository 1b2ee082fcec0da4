"""How a run stands whose process is gone, as far as its journal tells."""

from collections.abc import Sequence

from loomwork.engine.graph.plan import Plan, PlanNode
from loomwork.engine.ports import Record, RunContext
from loomwork.engine.run.core import Core
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.records import beginning
from loomwork.engine.run.result import RunResult
from loomwork.engine.run.retelling import Retelling
from loomwork.kernel.clock import SystemClock


def nodes_underway(plan: Plan, context: RunContext, records: Sequence[Record]) -> list[PlanNode]:
    """The nodes that had been started, or were to be, when the last record was kept. Raises `UnreadableJournal`."""
    if not records:
        return []
    core = Core(plan)
    told = Retelling(core, EventWriter(core, SystemClock()), beginning(records[0], context))
    told.retell(records)
    begun = [start for start in told.starts.values() if told.was_in_flight(start)]
    return [start.frame.plan.nodes[start.node] for start in begun or told.starts.values()]


def told_result(plan: Plan, context: RunContext, records: Sequence[Record]) -> RunResult:
    """How the run stood when its last record was kept: its nodes, and the variables that it wrote. Raises
    `UnreadableJournal`.
    """
    core = Core(plan)
    writer = EventWriter(core, SystemClock())
    if records:
        Retelling(core, writer, beginning(records[0], context)).retell(records)
    result = writer.fold.result
    result.written = core.written
    result.usage = core.usage
    return result
