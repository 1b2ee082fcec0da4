"""Why a tool could not be called, or did not do what it was called for."""

from typing import Any, ClassVar

from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError, NotFound


class ToolNotFound(NotFound):
    """The workspace has no tool of this name."""

    code = "tool_not_found"


class ToolDisabled(Conflict):
    """The workspace has the tool, and somebody has switched it off."""

    code = "tool_disabled"


class ToolInputInvalid(InvalidInput):
    """The arguments do not fit the tool's input schema; nothing was called."""

    code = "tool_input_invalid"


class ApiDocumentInvalid(InvalidInput):
    """A document that describes an API cannot be read, or describes nothing that can be called."""

    code = "api_document_invalid"


class ToolServerUnusable(InvalidInput):
    """What is named as a server of MCP does not answer as one, or does not let us in."""

    code = "tool_server_unusable"


class ToolCredentialsMissing(Conflict):
    """The tool wants to be let in somewhere, and the workspace has stored nothing that does."""

    code = "tool_credentials_missing"


class ToolFailed(LoomworkError):
    """The tool was called, and did not do it.

    `retryable`: the same call may succeed a moment later. `unsent`: it is certain that the call has had no effect, so
    that it may be repeated whatever the tool does. `retry_after` in seconds, where the other side has said it.
    """

    code = "tool_failed"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, unsent: bool = False, retry_after: float | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.unsent = unsent
        self.retry_after = retry_after


class ToolRefused(ToolFailed):
    """Whoever the tool asks has understood the call and refuses it."""

    code = "tool_refused"


class ToolCredentialsRefused(ToolRefused):
    """Whoever the tool asks does not accept the credentials."""

    code = "tool_credentials_refused"


class ToolUnavailable(ToolFailed):
    """Whoever the tool asks cannot be reached, or has trouble of its own."""

    code = "tool_unavailable"
    retryable = True


class ToolRateLimited(ToolUnavailable):
    """Whoever the tool asks wants to be asked less often."""

    code = "tool_rate_limited"


class ToolTimeout(ToolFailed):
    """The tool took too long."""

    code = "tool_timeout"
    retryable = True


class ToolOutputInvalid(ToolFailed):
    """What the tool left cannot be understood."""

    code = "tool_output_invalid"


class ToolOutputTooLarge(ToolOutputInvalid):
    """The tool left more than can be taken in at all."""

    code = "tool_output_too_large"
