"""Runs another app of the workspace as a step."""

from loomwork.nodes.sub_workflow.node import SubWorkflowType

__all__ = ["SubWorkflowType"]
