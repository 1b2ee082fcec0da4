"""Has a model work on a task with tools, in steps, within a budget."""

from loomwork.nodes.agent.node import AgentType

__all__ = ["AgentType"]
