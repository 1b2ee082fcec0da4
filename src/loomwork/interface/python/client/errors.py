"""What keeps a server from doing what it is asked, as exceptions."""

from collections.abc import Mapping
from typing import Any

from loomwork.kernel.errors import LoomworkError


class ServerUnreachable(LoomworkError):
    """Nothing answers at the address, or not in a way that can be understood."""

    code = "server_unreachable"


class ServerRefused(LoomworkError):
    """The server said no: `.code`, `.message` and `.details` are its own, `.status` is the one of HTTP."""

    def __init__(self, code: str, message: str, *, status: int, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # the code is a fact of the answer, not of this class
        self.status = status
        self.details = dict(details or {})
