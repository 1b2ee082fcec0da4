"""Signing in is open to everyone, so what is no token must cost nothing."""

from typing import Any

import pytest

from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import NotSignedIn
from loomwork.tenancy.application.sign_in import sign_in


class Untouched:
    """A store that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "a" * 500, "' or 1=1 --"])
async def test_what_cannot_be_a_token_is_refused_without_the_database(token: str) -> None:
    store: Any = Untouched()
    with pytest.raises(NotSignedIn):
        await sign_in(token, store=store, clock=SystemClock(), draw=bytes)
