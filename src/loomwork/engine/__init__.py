"""Runs a graph; knows no model, no database and no node type."""

from loomwork.engine.graph import Compilation, Plan, compile_graph
from loomwork.engine.run import (
    GraphRun,
    NodeOutcome,
    ResultFold,
    RunLimits,
    RunResult,
    StandingQuestion,
    begin_again,
    edited_result,
    nodes_after,
    nodes_underway,
    results_of,
    retell,
    standing_questions,
    told_result,
)

__all__ = [
    "Compilation",
    "GraphRun",
    "NodeOutcome",
    "Plan",
    "ResultFold",
    "RunLimits",
    "RunResult",
    "StandingQuestion",
    "begin_again",
    "compile_graph",
    "edited_result",
    "nodes_after",
    "nodes_underway",
    "results_of",
    "retell",
    "standing_questions",
    "told_result",
]
