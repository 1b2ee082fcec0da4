"""Secrets at rest: sealed by a data key of their workspace, which a key-encryption key wraps (AES-256-GCM)."""

from loomwork.adapters.sealing.keyring import CannotOpen, Keyring, WrappedKey

__all__ = ["CannotOpen", "Keyring", "WrappedKey"]
