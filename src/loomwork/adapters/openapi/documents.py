"""Documents that describe APIs: fetched through the gate, and read beside the event loop."""

import asyncio
from collections.abc import Sequence

from loomwork.adapters.openapi.loading import LARGEST
from loomwork.adapters.openapi.reading import read_api
from loomwork.nodes.ports import Egress, EgressFailed, EgressLimits, EgressRefused, EgressRequest
from loomwork.tools.api import ApiDocumentInvalid
from loomwork.tools.domain.api_definition import ApiDefinition

LIMITS = EgressLimits(first_byte=30.0, total=90.0, size=LARGEST)
_ACCEPTED = "application/json, application/yaml;q=0.9, application/vnd.oai.openapi;q=0.9, text/plain;q=0.5, */*;q=0.1"


class OpenApiReader:
    """Implements `ApiReader`. Documents are read one after the other: a large one takes some hundred megabytes."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    async def fetch(self, url: str) -> bytes:
        """See `ApiReader.fetch`."""
        try:
            response = await self._egress.fetch(EgressRequest("GET", url, [("Accept", _ACCEPTED)]), LIMITS)
        except (EgressRefused, EgressFailed) as error:
            raise ApiDocumentInvalid(f"The document cannot be fetched: {error.message}", reason=error.code) from error
        if response.status != 200:
            raise ApiDocumentInvalid(f"The document cannot be fetched: its server says {response.status}.")
        return response.body

    async def read(self, content: bytes, *, base: str | None, only: Sequence[str]) -> ApiDefinition:
        """See `ApiReader.read`."""
        async with self._lock():
            return await asyncio.to_thread(read_api, content, base=base, only=only)

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            self._turn = (loop, asyncio.Lock())
        return self._turn[1]
