"""Where a round of a container begins."""

from loomwork.nodes.container_start.node import ContainerStartType

__all__ = ["ContainerStartType"]
