"""Failures of tools and plugins as JSON, for a service that runs in another process. Both ends are of one release."""

from collections.abc import Mapping
from typing import Any

from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError, NotAllowed, NotFound
from loomwork.plugins.domain.errors import PluginBroken, PluginInvalid, PluginNotFound, PluginRaised, PluginsRefused
from loomwork.tools.api import (
    ToolCredentialsMissing,
    ToolCredentialsRefused,
    ToolDisabled,
    ToolFailed,
    ToolInputInvalid,
    ToolNotFound,
    ToolOutputInvalid,
    ToolOutputTooLarge,
    ToolRateLimited,
    ToolRefused,
    ToolTimeout,
    ToolUnavailable,
)

_PAUSES = ("unsent", "retry_after", "reason")
_KINDS: tuple[type[LoomworkError], ...] = (
    ToolNotFound,
    ToolDisabled,
    ToolInputInvalid,
    ToolCredentialsMissing,
    ToolCredentialsRefused,
    ToolFailed,
    ToolRefused,
    ToolOutputInvalid,
    ToolOutputTooLarge,
    ToolRateLimited,
    ToolTimeout,
    ToolUnavailable,
    PluginBroken,
    PluginInvalid,
    PluginNotFound,
    PluginRaised,
    PluginsRefused,
    InvalidInput,
    NotFound,
    Conflict,
    NotAllowed,
)
_ERRORS = {kind.code: kind for kind in _KINDS}


def failure_told(error: LoomworkError) -> Mapping[str, Any]:
    """The error as it is told."""
    pauses = {name: getattr(error, name) for name in _PAUSES if hasattr(error, name)}
    return {"code": error.code, "message": error.message, "details": {**error.details, **pauses}}


def failure_heard(told: Any) -> LoomworkError:
    """The error that was told: of its own type, with its details; one that is not known is a failure of the tool."""
    match told:
        case {"code": str(code), "message": str(message), "details": dict(details)}:
            kind = _ERRORS.get(code, ToolFailed)
            try:
                return kind(message, **{str(name): value for name, value in details.items()})
            except TypeError:
                return kind(message)
    return ToolUnavailable("The plugins service failed without a word.")
