"""What a password has to be, and when somebody who keeps guessing has to wait."""

import unicodedata
from datetime import timedelta

from loomwork.kernel.errors import InvalidInput

SHORTEST = 10
LONGEST = 1000
RESET_LIFE = timedelta(hours=1)

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)


def normal(text: str) -> str:
    """A password as it is hashed: in Unicode's NFKC form (NIST SP 800-63B), so that every keyboard writes it alike."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFKC", whole)


def to_password(text: str, *, email: str | None = None) -> str:
    """The password as it is hashed. Raises `InvalidInput` for one that would be guessed."""
    password = normal(text)
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {LONGEST} characters.", field="password")
    if len(set(password.lower())) < 4 or (email is not None and password.lower() == email):
        raise InvalidInput("This password is guessed at once. Take several words, for example.", field="password")
    return password


FORGIVEN_AFTER = timedelta(hours=1)
"""How long after the wait is over failures are forgotten."""


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: not at all at first, then a second, and twice as long each
    time.
    """
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2.0 ** min(failures - FREE_TRIES, 20)), LONGEST_WAIT)
