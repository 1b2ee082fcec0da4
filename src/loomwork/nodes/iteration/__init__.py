"""Runs what is inside once for each item of a list, and collects what each round leaves."""

from loomwork.nodes.iteration.node import IterationType

__all__ = ["IterationType"]
