"""How a run stands whose process is gone, as far as its journal tells."""

from collections.abc import Sequence

from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import Record, RunContext
from loomwork.engine.run.core import Core
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.records import beginning
from loomwork.engine.run.result import RunResult
from loomwork.engine.run.retelling import Retelling
from loomwork.kernel.clock import SystemClock


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
