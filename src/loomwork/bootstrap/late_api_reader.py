"""The reader of documents that describe APIs, not there before the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loomwork.nodes.ports import Egress
from loomwork.tools.domain.api_definition import ApiDefinition

if TYPE_CHECKING:
    from loomwork.tools.ports import ApiReader


@dataclass(frozen=True, slots=True)
class LateApiReader:
    """Fits `tools.ports.ApiReader`. It and its libraries take 2 MB, and few servers read such documents."""

    egress: Egress

    async def fetch(self, url: str) -> bytes:
        return await self._reader().fetch(url)

    async def read(self, content: bytes, *, base: str | None, only: Sequence[str]) -> ApiDefinition:
        return await self._reader().read(content, base=base, only=only)

    def _reader(self) -> "ApiReader":
        from loomwork.adapters.openapi.documents import OpenApiReader

        return OpenApiReader(self.egress)
