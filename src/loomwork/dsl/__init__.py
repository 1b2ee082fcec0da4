"""App files in and out: our own format is Dify's DSL, versions 0.1 to 0.7, plus `x-loomwork` keys."""

from loomwork.dsl.document import CHAT_MODES, GRAPH_MODES, MODES, Document, read_document
from loomwork.dsl.drawing import DrawnEdge, DrawnNode
from loomwork.dsl.errors import DslError
from loomwork.dsl.form import FormField
from loomwork.dsl.models import ImageReader, ModelReference
from loomwork.dsl.writing import write_document, write_tree

__all__ = [
    "CHAT_MODES",
    "GRAPH_MODES",
    "MODES",
    "Document",
    "DrawnEdge",
    "DrawnNode",
    "DslError",
    "FormField",
    "ImageReader",
    "ModelReference",
    "read_document",
    "write_document",
    "write_tree",
]
