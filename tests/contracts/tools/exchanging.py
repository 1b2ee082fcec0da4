"""Exchanges of tools with those they ask: what is to be sent, what came back, and what is made of it.

`origin` says where an exchange is from: `documented` (the vendor's documentation, named by `source`), `sdk` (the
vendor's own client), or `recorded` (a real answer, with its date).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.egress import Sockets
from loomwork.adapters.files import FileReader
from loomwork.adapters.storage.memory import MemorySwitchStore, MemoryToolCredentialStore
from loomwork.adapters.tools.catalog import CatalogTools
from loomwork.adapters.tools.world import ToolWorld
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.nodes.ports import EgressLimits, EgressRequest, EgressResponse
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.registry import WorkspaceTools

EXCHANGES = Path(__file__).parent / "exchanges"


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SaidRequest(Said):
    method: str = "GET"
    url: str
    headers: dict[str, str] = {}
    value: Any = Field(default=None, alias="json")
    body: str | None = None


class SaidResponse(Said):
    status: int = 200
    headers: dict[str, str] = {}
    value: Any = Field(default=None, alias="json")
    body: str | None = None


class SaidResult(Said):
    text: str | None = None
    values: list[Any] | None = Field(default=None, alias="json")
    links: list[str] | None = None
    files: list[str] | None = None
    variables: dict[str, Any] | None = None


class SaidError(Said):
    code: str
    says: str = ""


class Exchange(Said):
    origin: Literal["documented", "sdk", "recorded"]
    source: str
    tool: str
    arguments: dict[str, Any] = {}
    credentials: dict[str, str] = {}
    request: SaidRequest | None = None
    requests: list[SaidRequest] = []
    response: SaidResponse | None = None
    responses: list[SaidResponse] = []
    result: SaidResult | None = None
    error: SaidError | None = None


def exchanges() -> list[tuple[str, Path]]:
    """Each with the toolset that it is of."""
    return [(path.parent.name, path) for path in sorted(EXCHANGES.glob("*/*.yml"))]


def read_exchange(path: Path) -> Exchange:
    return Exchange.model_validate(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))


@dataclass
class OtherSide:
    """Implements `Egress`: answers as it is told, and remembers what it was asked."""

    answers: Sequence[SaidResponse] = ()
    asked: list[EgressRequest] = field(default_factory=list)

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        said = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(request)
        body = json.dumps(said.value).encode() if said.value is not None else (said.body or "").encode()
        return EgressResponse(said.status, request.url, {k.lower(): v for k, v in said.headers.items()}, body)


async def _no_sleep(seconds: float) -> None:
    """Time does not pass."""


def shipped_tools(
    other_side: OtherSide,
    *,
    folders: Sequence[Path] | None = None,
    clock: Clock | None = None,
    environment: Mapping[str, str] | None = None,
    sockets: Sockets | None = None,
) -> WorkspaceTools:
    """A registry over the files of the catalog that speaks to this other side."""
    clock = clock or SystemClock()
    documents = ProcessDocumentParser(ProcessDocumentReader())
    world = ToolWorld(other_side, documents, FileReader(other_side, local=False), clock, sockets=sockets)
    reader = ToolFileReader(folders or [catalog_dir() / "tools"], interval=0.0)
    return WorkspaceTools(
        [CatalogTools(reader, world, environment or {})],
        switches=MemorySwitchStore(),
        credentials=MemoryToolCredentialStore(),
        calling=Calling(clock, sleep=_no_sleep),
        clock=clock,
    )
