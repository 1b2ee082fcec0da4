"""Runs a graph; knows no model, no database and no node type."""

from loomwork.engine.graph import Compilation, Plan, compile_graph
from loomwork.engine.run import GraphRun, NodeOutcome, ResultFold, RunLimits, RunResult, retell, told_result

__all__ = [
    "Compilation",
    "GraphRun",
    "NodeOutcome",
    "Plan",
    "ResultFold",
    "RunLimits",
    "RunResult",
    "compile_graph",
    "retell",
    "told_result",
]
