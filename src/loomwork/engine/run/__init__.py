"""One execution: a pure decision core, and the loop that waits for the world."""

from loomwork.engine.run.limits import RunLimits
from loomwork.engine.run.loop import GraphRun
from loomwork.engine.run.questions import StandingQuestion, standing_questions
from loomwork.engine.run.repeating import begin_again, edited_result, nodes_after, results_of
from loomwork.engine.run.result import NodeOutcome, ResultFold, RunResult
from loomwork.engine.run.retelling import retell
from loomwork.engine.run.standing import nodes_underway, told_result

__all__ = [
    "GraphRun",
    "NodeOutcome",
    "ResultFold",
    "RunLimits",
    "RunResult",
    "StandingQuestion",
    "begin_again",
    "edited_result",
    "nodes_after",
    "nodes_underway",
    "results_of",
    "retell",
    "standing_questions",
    "told_result",
]
