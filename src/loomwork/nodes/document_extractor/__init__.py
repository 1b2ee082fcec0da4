"""Makes text of files."""

from loomwork.nodes.document_extractor.node import DocumentExtractorType

__all__ = ["DocumentExtractorType"]
