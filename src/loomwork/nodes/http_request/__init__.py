"""Asks an HTTP server."""

from loomwork.nodes.http_request.node import HttpRequestType

__all__ = ["HttpRequestType"]
