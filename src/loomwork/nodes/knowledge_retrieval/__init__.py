"""Asks knowledge bases for passages."""

from loomwork.nodes.knowledge_retrieval.node import KnowledgeRetrievalType

__all__ = ["KnowledgeRetrievalType"]
