"""Passwords at rest: Argon2id."""

from loomwork.adapters.passwords.argon2 import Argon2Passwords

__all__ = ["Argon2Passwords"]
