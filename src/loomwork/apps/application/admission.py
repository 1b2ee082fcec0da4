"""Who lets runs begin where nobody limits them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from loomwork.kernel.scope import Scope


class Everyone:
    """Fits `RunAdmission`: however many."""

    @asynccontextmanager
    async def starting(self, _scope: Scope, _app_id: str, _end_user: str) -> AsyncIterator[None]:
        yield
