"""What node types need from the world, models apart."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from loomwork.engine.variables import File
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Passages
from loomwork.tools.api import KnownTools, Tools


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


@dataclass(frozen=True, slots=True)
class EgressStream:
    """An answer whose body is still coming. `pieces` are read once, and raise `EgressFailed`."""

    status: int
    url: str
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class StreamingEgress(Egress, Protocol):
    """The same gate, for answers that come in pieces over a while."""

    def stream(self, request: EgressRequest, limits: EgressLimits) -> AbstractAsyncContextManager[EgressStream]:
        """The answer as its headers are there, redirects followed; leaving the block ends the request. `limits.total`
        runs to the end of the block. Raises as `fetch` does.
        """
        ...


class FileUnreadable(LoomworkError):
    """The bytes of a file cannot be had; the message says why, and names the file."""

    code = "file_unreadable"


class FileBytes(Protocol):
    """Gets the bytes of files from wherever they lie."""

    async def read(self, scope: Scope, file: File, *, limit: int) -> bytes:
        """All of its bytes, at most `limit`. Raises `FileUnreadable`."""
        ...


class StoredFiles(Protocol):
    """The bytes of files that were uploaded here."""

    async def content(self, scope: Scope, file_id: str) -> bytes:
        """Raises `NotFound`, for another workspace's too."""
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


CodeLanguage = Literal["python3", "javascript"]


class CodeRefused(LoomworkError):
    """The sandbox does not take this code: there is none, or not this language here, or not so much of it."""

    code = "code_refused"


class CodeFailed(LoomworkError):
    """The code did not run to its end, or left no map of outputs; the message is the code's own."""

    code = "code_failed"


class CodeTimeout(CodeFailed):
    """The code took too long by the clock."""

    code = "code_timeout"


class CodeCpuExceeded(CodeTimeout):
    """The code computed for too long."""

    code = "code_cpu_exceeded"


class CodeTooLarge(CodeFailed):
    """The code was given or left more than may pass."""

    code = "code_too_large"


class CodeInputTooLarge(CodeTooLarge):
    """The inputs are larger than may be given to code."""

    code = "code_input_too_large"


class CodeOutputTooLarge(CodeTooLarge):
    """The outputs are larger than code may leave."""

    code = "code_output_too_large"


class CodeMemoryExceeded(CodeTooLarge):
    """The code needed more memory than it may."""

    code = "code_memory_exceeded"


class CodeForbidden(CodeFailed):
    """The code failed over something that the sandbox keeps from all code; `code` says what."""

    code = "code_forbidden"


class CodeNetworkForbidden(CodeForbidden):
    """The code asked for the network."""

    code = "code_network_forbidden"


class CodeProcessesForbidden(CodeForbidden):
    """The code tried to start a process or a program."""

    code = "code_processes_forbidden"


class CodeThreadsExceeded(CodeForbidden):
    """The code tried to start more threads than it may."""

    code = "code_threads_exceeded"


class CodeFilesForbidden(CodeForbidden):
    """The code tried to write a file, or to read one that is not for it."""

    code = "code_files_forbidden"


class CodeOpenFilesExceeded(CodeForbidden):
    """The code opened more files than it may at once."""

    code = "code_open_files_exceeded"


class SandboxFailed(CodeFailed):
    """Not the code failed, but the sandbox: it could not be used for this call."""

    code = "sandbox_failed"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Seconds from the beginning of the call to its answer, whole seconds of computing, bytes of memory, and bytes of
    the inputs and of the outputs as JSON.
    """

    seconds: float = 15.0
    cpu_seconds: int = 10
    memory: int = 256 * 1024 * 1024
    size: int = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """What code may leave. `depth` counts the outputs themselves as 1; `precision` digits after the point; strings by
    characters.
    """

    string: int = 400_000
    depth: int = 5
    precision: int = 20
    greatest: int = 9_223_372_036_854_775_807
    least: int = -9_223_372_036_854_775_807
    strings: int = 30
    objects: int = 30
    numbers: int = 1000


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What a code node is held to: its call, and what the call may leave."""

    call: SandboxLimits = field(default_factory=SandboxLimits)
    outputs: OutputLimits = field(default_factory=OutputLimits)


class Sandbox(Protocol):
    """Runs code that may be hostile where it cannot harm anything: not this process, not the machine, not others'
    runs, nor anybody on the network.
    """

    def missing(self) -> str | None:
        """What this machine lacks to hold code, and what to do about it, in a sentence; None where it can run.

        The first answer may take a moment, for it is tried.
        """
        ...

    def packages(self) -> frozenset[str]:
        """What Python code may import by its first name, beside the standard library."""
        ...

    async def run(
        self, language: CodeLanguage, source: str, inputs: Mapping[str, Any], limits: SandboxLimits
    ) -> Mapping[str, Any]:
        """What the function `main` of the source returns: `main(**inputs)` in Python, `main(inputs)` in JavaScript.
        Inputs and outputs are plain JSON. Nothing of one call is left for the next. Raises `CodeRefused` or
        `CodeFailed`.
        """
        ...


class SubflowRefused(LoomworkError):
    """The app cannot be a step here."""

    code = "subflow_refused"


@dataclass(frozen=True, slots=True)
class SubflowRequest:
    """What an app is run with as a step of `parent`. `app` is its id, or a name that the parent's app binds to one;
    without a `version` it is the one that visitors get. A chat app needs `query`. Inputs are plain JSON.

    The same `key` and `attempt` under the same parent are the same step.
    """

    parent: RunId
    key: str
    app: str
    version: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class SubflowResult:
    """How the step ended. `answer` is that of a chat app; `error` has `code` and `message` where it failed."""

    app_name: str
    status: str
    outputs: Mapping[str, Any]
    answer: str | None = None
    error: Mapping[str, Any] | None = None
    usage: Mapping[str, Any] | None = None


class Subflows(Protocol):
    """Runs apps of the workspace as steps of other runs, each as a run of its own."""

    async def run(self, scope: Scope, request: SubflowRequest, tell: Callable[[str], None]) -> SubflowResult:
        """Start the step, or join it where it was started before, and wait for its end. `tell` is given the pieces of
        a chat app's answer as they come. When the waiting is cancelled, so is the step.

        Raises `SubflowRefused` for steps within steps without end, and what starting a run raises (`NotFound`,
        `InvalidInput`, ...).
        """
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What node types are given of the world, models apart. Without a sandbox no code runs, and without a workspace
    no app as a step of another. `known_tools` are those of `tools` that every workspace has.
    """

    templates: TemplateWorker
    egress: Egress
    files: FileBytes
    documents: DocumentParser
    sandbox: Sandbox | None = None
    code: CodeLimits = field(default_factory=CodeLimits)
    subflows: Subflows | None = None
    tools: Tools | None = None
    known_tools: KnownTools | None = None
    knowledge: Passages | None = None
