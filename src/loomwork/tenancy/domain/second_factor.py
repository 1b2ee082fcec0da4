"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds), and those for when it is lost."""

import base64
import hmac
from datetime import datetime

import pyotp

from loomwork.tenancy.domain.secret import Draw

SECRET_BYTES = 20
"""As many as SHA-1 gives, which RFC 4226, 4 asks for."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
_NEIGHBOURS = (0, -1, 1)
"""Clocks that are half a minute off count as right."""


def draw_totp_secret(draw: Draw) -> str:
    """In Base32, as authenticator apps take it."""
    return base64.b32encode(draw(SECRET_BYTES)).decode()


def totp_uri(secret: str, *, name: str, issuer: str) -> str:
    """What a QR code for an authenticator app holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The step of time that a code belongs to, if it is a right one now; None else. A code is good once: those of
    steps up to `after` count as wrong.
    """
    totp = pyotp.TOTP(secret)
    current = totp.timecode(now)
    given = to_code(code)
    for step in (current + each for each in _NEIGHBOURS):
        if step > after and hmac.compare_digest(totp.generate_otp(step).encode(), given.encode()):
            return step
    return None


def draw_recovery_codes(draw: Draw) -> list[str]:
    """Each carries 80 random bits, so a quick hash is good enough to store it by."""
    return [base64.b32encode(draw(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]


def to_code(text: str) -> str:
    """A code without the spaces and dashes that people write into it."""
    return "".join(sign for sign in text.lower() if sign.isalnum() and sign.isascii())
