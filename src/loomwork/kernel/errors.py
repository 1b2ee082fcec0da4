"""An error is a fact: a stable `code`, a sentence that says what to do, and the data behind it.

Nothing below `interface` knows HTTP; a status is given to each code once, there.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class LoomworkError(Exception):
    """The root of everything Loomwork raises on purpose."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details


class InvalidInput(LoomworkError):
    """What the caller sent cannot be used; the message says what would be."""

    code = "invalid_input"


class NotFound(LoomworkError):
    """No such thing in this workspace (whether another workspace has it is not said)."""

    code = "not_found"

    @classmethod
    def of(cls, noun: str, missing_id: object) -> "NotFound":
        """The same sentence for what never was, for what another workspace has, and for what one may not know of."""
        shown = str(missing_id)[:80]
        return cls(f"There is no {noun} with the id {shown!r} in this workspace.", id=shown)


class Conflict(LoomworkError):
    """The thing exists, but not in the state that this needs."""

    code = "conflict"


class NotAllowed(LoomworkError):
    """The actor is known and may not do this."""

    code = "not_allowed"


class NotSignedIn(LoomworkError):
    """No session and no key, or one that is not valid any more."""

    code = "not_signed_in"
