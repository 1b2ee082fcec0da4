"""A world that nothing is to be asked of, and one that answers as a test says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import (
    DocumentUnreadable,
    EgressFailed,
    EgressLimits,
    EgressRequest,
    EgressResponse,
    FileUnreadable,
    Outside,
    TemplateFailed,
)


class RefusingTemplates:
    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        raise TemplateFailed(f"the worker was asked to render {source!r}")


class RefusingEgress:
    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        raise EgressFailed("The gate was asked.")


@dataclass
class FilesByUrl:
    """Files whose bytes are known, by their URL, or the id of what was uploaded."""

    content: Mapping[str, bytes] = field(default_factory=dict)

    async def read(self, scope: Scope, file: File, *, limit: int) -> bytes:
        content = self.content.get(file.url or str(file.related_id))
        if content is None:
            raise FileUnreadable(f"The file '{file.name}' was asked for.")
        return content[:limit]


class RefusingParser:
    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        raise DocumentUnreadable(f"The parser was asked to read {name}.")


def refusing() -> Outside:
    return Outside(
        templates=RefusingTemplates(), egress=RefusingEgress(), files=FilesByUrl(), documents=RefusingParser()
    )
