"""The shapes of the audit trail."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import Shape
from loomwork.tenancy.api import AuditCheck, AuditEntry

_SEAL = "9f2c0d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"


class AuditActorShape(Shape):
    kind: Literal["person", "key", "end_user", "system"]
    id: str


class AuditObjectShape(Shape):
    kind: str = Field(examples=["app"])
    id: str


class AuditEntryShape(Shape):
    """Something that was done, by whom, to what, and from where."""

    number: int = Field(description="Counts from 1 in each workspace, without a gap.", examples=[12])
    id: str
    at: datetime
    actor: AuditActorShape
    via: str = Field(description="console, api, cli, dify, openai, taskingai or system.", examples=["console"])
    address: str = Field(description="The other end of the connection; empty where there is none.")
    action: str = Field(examples=["app.published"])
    object: AuditObjectShape
    details: dict[str, Any] = Field(examples=[{"version": 3}])
    previous: str = Field(description="The seal of the entry before; empty for the first.", examples=[_SEAL])
    seal: str = Field(description="Of this entry and of the seal before it.", examples=[_SEAL])

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryShape":
        return cls(
            number=entry.number,
            id=entry.id,
            at=entry.at,
            actor=AuditActorShape(kind=entry.actor_kind, id=entry.actor_id),
            via=entry.via,
            address=entry.address,
            action=entry.action,
            object=AuditObjectShape(kind=entry.object_kind, id=entry.object_id),
            details=json.loads(entry.details),
            previous=entry.previous,
            seal=entry.seal,
        )


class LinkShape(Shape):
    """The end of the chain. Note it elsewhere, and have it held against the trail later."""

    number: int = Field(examples=[12])
    seal: str = Field(examples=[_SEAL])


class ChainProblemShape(Shape):
    number: int = Field(description="Of the first entry that does not hold.")
    kind: Literal["missing", "changed", "unlinked", "replaced"]


class AuditCheckShape(Shape):
    """What came of looking through the whole trail."""

    ok: bool
    checked: int = Field(description="How many entries hold, from the first on.", examples=[12])
    last: LinkShape
    problem: ChainProblemShape | None = None

    @classmethod
    def of(cls, check: AuditCheck) -> "AuditCheckShape":
        facts = {"checked": check.checked, "last": check.last, "problem": check.problem}
        return cls.model_validate({"ok": check.problem is None, **facts})
