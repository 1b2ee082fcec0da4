"""What a sound graph is: nodes and edges, compiled once into an immutable plan, with every problem named."""

from loomwork.engine.graph.compiler import Compilation, compile_graph
from loomwork.engine.graph.plan import Plan, PlanNode
from loomwork.engine.graph.policies import ErrorStrategy, RetryPolicy

__all__ = ["Compilation", "ErrorStrategy", "Plan", "PlanNode", "RetryPolicy", "compile_graph"]
