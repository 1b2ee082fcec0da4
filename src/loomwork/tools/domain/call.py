"""A call of a tool, and what it leaves."""

import base64
import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from loomwork.engine.variables import File
from loomwork.engine.variables.files import FileType
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.marks import Mark

_TYPED = frozenset({"image", "audio", "video"})


def say_nothing(_text: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a tool is called, for the trail and for those tools that are runs themselves. `depth` counts the
    apps and agents that call each other down to here; `marks` are the origins of all that the call was decided on.
    """

    run_id: RunId | None = None
    app_id: str | None = None
    node_id: str | None = None
    depth: int = 0
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a tool is given. The arguments fit its schema, and defaults are filled in. `key` is the same for every
    repetition of this call, after a crash too, and other for any other: to be handed on where the other side takes an
    idempotency key. `tell` is given pieces of the text as they come.
    """

    scope: Scope
    arguments: Mapping[str, Any]
    key: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    caller: Caller = field(default_factory=Caller)
    attempt: int = 1
    tell: Callable[[str], None] = field(default=say_nothing, repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go to. It is shown, and never fetched."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call leaves: a text for people and models, values as JSON, files, links, and variables by name.

    `marks` say whose words these are; the registry adds `tool`. Where the result was larger than what is handed on,
    `cut` holds, and `full` is the id under which all of it is kept, if it is.
    """

    text: str = ""
    json: Sequence[Any] = ()
    files: Sequence[File] = ()
    links: Sequence[Link] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    marks: frozenset[Mark] = frozenset()
    cut: bool = False
    full: str | None = None


def file_of(content: bytes, *, name: str, mime_type: str = "") -> File:
    """A file that a tool has made. It carries its bytes in its URL."""
    mime_type = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    main = mime_type.partition("/")[0]
    kind = main if main in _TYPED else "document"
    return File(
        type=cast(FileType, kind),
        transfer_method="tool_file",
        url=f"data:{mime_type};base64,{base64.b64encode(content).decode('ascii')}",
        name=name,
        extension=PurePosixPath(name).suffix.lower(),
        mime_type=mime_type,
        size=len(content),
    )


def key_of_call(key: str, number: int) -> str:
    """The key of one of several calls that a step makes, from the step's own: 32 hexadecimal digits."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:32]
