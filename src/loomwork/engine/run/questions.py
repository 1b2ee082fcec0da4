"""What a run asks people and nobody has answered yet, read from its journal."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.engine.events import FramePath
from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import Question, Record, RunContext
from loomwork.engine.run.retelling import told_core


@dataclass(frozen=True, slots=True)
class StandingQuestion:
    """A question that is open. It is over at `expires_at`, in seconds since the epoch; the events that follow from
    asking it have a seq above `seq`.
    """

    node_id: str
    title: str
    frame: FramePath
    question: Question
    expires_at: float | None
    seq: int


def standing_questions(plan: Plan, context: RunContext, records: Sequence[Record]) -> list[StandingQuestion]:
    """In the order in which they were asked. Raises `UnreadableJournal`."""
    if not records:
        return []
    core = told_core(plan, context, records)
    if core.ended:
        return []
    asked_at = {(record.frame, record.node_id): record.seq for record in records if record.kind == "asked"}
    standing = []
    for asked in core.asked.values():
        frame = core.frames[asked.frame]
        node = frame.plan.nodes[asked.node]
        seq = asked_at[frame.path_text, node.id]
        standing.append(StandingQuestion(node.id, node.title, frame.path, asked.question, asked.expires_at, seq))
    return standing
