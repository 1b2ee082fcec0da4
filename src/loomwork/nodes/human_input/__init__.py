"""Asks a person: a form that the run waits for, and ways to go on that the person chooses from."""

from loomwork.nodes.human_input.answers import checked
from loomwork.nodes.human_input.node import HumanInputType

__all__ = ["HumanInputType", "checked"]
