"""How nodes get the bytes of the files that flow through a graph."""

from collections.abc import Iterator
from typing import Any

from loomwork.engine.ports import NodeContext, NodeError
from loomwork.engine.variables import File
from loomwork.nodes.ports import FileBytes, FileUnreadable

ELSEWHERE = ("data:", "http://", "https://")
"""How the URLs begin that do not lead to files of this machine."""


async def bytes_of(file: File, context: NodeContext, files: FileBytes, *, limit: int) -> bytes:
    """Raises `NodeError`. A file of this machine, or one that was uploaded, is only read where whoever started the run
    gave it: a graph could name any.
    """
    if not is_elsewhere(file) and not _is_given(file, context):
        message = f"The file '{file.name}' was not given to this run."
        raise NodeError(message, code="file_unreadable", retryable=False)
    try:
        return await files.read(context.run.scope, file, limit=limit)
    except FileUnreadable as error:
        raise NodeError(error.message, code=error.code, retryable=is_elsewhere(file)) from error


def is_elsewhere(file: File) -> bool:
    """Whether the file has its bytes in its URL, or lies on another machine, or in no place that is known."""
    if file.url:
        return file.url.lower().startswith(ELSEWHERE)
    return file.related_id is None


def _is_given(file: File, context: NodeContext) -> bool:
    if file.url:
        return file in _given(context)
    return any(given.related_id == file.related_id and not given.url for given in _given(context))


def _given(context: NodeContext) -> Iterator[File]:
    yield from _files_in(list(context.run.inputs.values()))
    yield from _files_in(context.run.namespaces.get("sys", {}).get("files"))


def _files_in(value: Any) -> Iterator[File]:
    """Files alone: an object that describes one may have come from anywhere."""
    if isinstance(value, File):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _files_in(item)
