"""Reads each file and has a parser make text of it: of one file a text, of several a list of texts."""

from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import MISSING, File, Ref
from loomwork.nodes.document_extractor.config import DocumentExtractorConfig
from loomwork.nodes.file_bytes import bytes_of
from loomwork.nodes.ports import DocumentParser, DocumentUnreadable, FileBytes

LARGEST_DOCUMENT = 15 * 1024 * 1024
"""Bytes."""


class DocumentExtractorNode:
    """Output `text`."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, variable: Ref, files: FileBytes, parser: DocumentParser) -> None:
        self.inputs = (("variable_selector", variable),)
        self._variable = variable
        self._files = files
        self._parser = parser

    async def run(self, context: NodeContext) -> NodeResult:
        value = context.get(self._variable)
        if isinstance(value, File):
            return NodeResult({"text": await self._text(value, context)})
        if isinstance(value, list) and all(isinstance(item, File) for item in value):
            return NodeResult({"text": [await self._text(file, context) for file in value]})
        raise self._no_files(value)

    async def _text(self, file: File, context: NodeContext) -> str:
        content = await bytes_of(file, context, self._files, limit=LARGEST_DOCUMENT)
        try:
            return await self._parser.parse(content, name=name_of(file), mime_type=file.mime_type)
        except DocumentUnreadable as error:
            raise NodeError(error.message, code=error.code, retryable=False) from error

    def _no_files(self, value: Any) -> NodeError:
        name = ".".join(self._variable.selector)
        if value is MISSING or value is None:
            return NodeError(f"There is no file in '{name}'.", code="variable_not_found", retryable=False)
        return NodeError(f"'{name}' is neither a file nor a list of files.", code="invalid_file", retryable=False)


class DocumentExtractorType:
    """`document-extractor`."""

    is_root = False

    def __init__(self, files: FileBytes, parser: DocumentParser) -> None:
        self._files = files
        self._parser = parser

    def compile(self, spec: NodeSpec, binder: Binder) -> DocumentExtractorNode:
        config = DocumentExtractorConfig.model_validate(spec.config)
        variable = binder.ref(config.variable_selector, field_name="variable_selector")
        return DocumentExtractorNode(variable, self._files, self._parser)


def name_of(file: File) -> str:
    """A name with an extension: its own, the one that is said beside it, or the one in its address."""
    if "." in file.name:
        return file.name
    if file.extension:
        return f"{file.name or 'file'}.{file.extension.lstrip('.')}"
    url = file.url or ""
    in_address = "" if url.startswith("data:") else PurePosixPath(unquote(urlsplit(url).path)).name
    return file.name if "." not in in_address else in_address
