"""What node types need from the world, models apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loomwork.engine.variables import File
from loomwork.kernel.errors import LoomworkError


class TemplateFailed(LoomworkError):
    """The template failed on these values; the message says how, in words for the app's author."""

    code = "template_failed"


class TemplateTooCostly(TemplateFailed):
    """The template needed more time or memory, or made more text, than a template may."""

    code = "template_too_costly"


class TemplateWorker(Protocol):
    """Renders Jinja templates that may be hostile, where they cannot harm this process."""

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        """The text, of at most `limit` characters. `values` are plain JSON values. Raises `TemplateFailed` or
        `TemplateTooCostly`.
        """
        ...


class EgressRefused(LoomworkError):
    """The request may not leave: what it asks for is not on the public web, or it is no proper request."""

    code = "egress_refused"


class EgressFailed(LoomworkError):
    """The request left, or tried to, and no answer that can be used came back."""

    code = "egress_failed"


class EgressTimeout(EgressFailed):
    """The answer took too long."""

    code = "egress_timeout"


class EgressTooLarge(EgressFailed):
    """The answer has more bytes or headers than it may."""

    code = "egress_too_large"


@dataclass(frozen=True, slots=True)
class EgressRequest:
    """`secret_headers` names the headers that a redirect must not carry to another origin, beside those that never
    are (Authorization, cookies). The gate speaks for Host, Content-Length and the like itself.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    verify_tls: bool = True
    secret_headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EgressLimits:
    """Seconds, and bytes of the decoded body. `first_byte` runs from the request to the headers of its answer, and
    `total` to the end of the last answer, redirects included.
    """

    connect: float = 5.0
    first_byte: float = 30.0
    total: float = 120.0
    size: int = 10 * 1024 * 1024
    headers: int = 100
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class EgressResponse:
    """`url` is where the answer came from in the end; names of headers are in lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Egress(Protocol):
    """The one gate through which requests of apps leave for addresses that nobody has vouched for."""

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        """The answer, whatever its status, redirects followed. Raises `EgressRefused` or `EgressFailed`, whose
        messages name the host and never more of the URL.
        """
        ...


class FileUnreadable(LoomworkError):
    """The bytes of a file cannot be had; the message says why, and names the file."""

    code = "file_unreadable"


class FileBytes(Protocol):
    """Gets the bytes of files from wherever they lie."""

    async def read(self, file: File, *, limit: int) -> bytes:
        """All of its bytes, at most `limit`. Raises `FileUnreadable`."""
        ...


class DocumentUnreadable(LoomworkError):
    """No text could be had from a document; the message says why, or what to install."""

    code = "document_unreadable"


class DocumentTypeUnsupported(DocumentUnreadable):
    """Documents of this type cannot be read here."""

    code = "document_type_unsupported"


class DocumentTooCostly(DocumentUnreadable):
    """The document needed more time or memory than one may, or holds more text."""

    code = "document_too_costly"


class DocumentParser(Protocol):
    """Makes text of documents that may be hostile, where they cannot harm this process."""

    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        """The document as Markdown, its tables included; text as it is. `name` with its extension and `mime_type` say
        what it is; either may be empty. Raises `DocumentUnreadable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What node types are given of the world, models apart."""

    templates: TemplateWorker
    egress: Egress
    files: FileBytes
    documents: DocumentParser
