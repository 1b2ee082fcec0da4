"""An e-mail address as the name that somebody signs in by."""

import re

from loomwork.kernel.errors import InvalidInput

LONGEST = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""

_ADDRESS = re.compile(
    r"[^\s@\"<>(),;:\\\x00-\x1f\x7f]+@[^\s@\"<>(),;:\\\x00-\x1f\x7f.]+(\.[^\s@\"<>(),;:\\\x00-\x1f\x7f.]+)*"
)


def to_email(text: str) -> str:
    """The address in lower case. Raises `InvalidInput` for what is none."""
    email = text.strip().lower()
    if len(email) > LONGEST or _ADDRESS.fullmatch(email) is None or not email.isprintable():
        raise InvalidInput("This is no e-mail address; write one such as ann@example.org.", field="email")
    return email
