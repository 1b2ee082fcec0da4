"""Filters, picks from, orders and shortens a list."""

from loomwork.nodes.list_operator.node import ListOperatorType

__all__ = ["ListOperatorType"]
