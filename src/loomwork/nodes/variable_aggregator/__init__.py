"""Brings branches together: the first of several variables that was set."""

from loomwork.nodes.variable_aggregator.node import AggregatorType

__all__ = ["AggregatorType"]
