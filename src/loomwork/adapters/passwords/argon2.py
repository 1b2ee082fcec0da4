"""Argon2id (RFC 9106), off the event loop, and never so many at once that their memory is felt."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

AT_ONCE = 2
MEMORY_KIB = 65_536
PASSES = 3
LANES = 4
"""The second recommended set of RFC 9106, 4."""


class Argon2Passwords:
    """Fits `tenancy.ports.Passwords`. Each hash takes 64 MB and some tens of milliseconds of a processor."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES, lanes: int = LANES) -> None:
        self._costs = memory_kib, passes, lanes
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._of_nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await self._off_loop(partial(self._hasher.hash, password))

    async def verify(self, password: str, hashed: str | None) -> bool:
        if self._of_nobody is None:
            self._of_nobody = await self.hash("of nobody")
        return await self._off_loop(partial(self._is_right, password, hashed)) and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)

    def _is_right(self, password: str, hashed: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._hasher.verify((self._of_nobody or "") if hashed is None else hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    @property
    def _hasher(self) -> "PasswordHasher":
        # Here, because most processes never see a password.
        from argon2 import PasswordHasher

        memory_kib, passes, lanes = self._costs
        return PasswordHasher(memory_cost=memory_kib, time_cost=passes, parallelism=lanes)

    async def _off_loop(self, work: "partial[T]") -> T:
        async with self._turn:
            return await asyncio.to_thread(work)
