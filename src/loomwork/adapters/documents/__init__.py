"""Makes text of documents, each in a process of its own that is limited in time and memory."""

from loomwork.adapters.documents.parser import ProcessDocumentParser

__all__ = ["ProcessDocumentParser"]
