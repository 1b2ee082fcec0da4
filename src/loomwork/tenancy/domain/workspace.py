"""A workspace: the wall that everything else stands behind."""

from dataclasses import dataclass
from datetime import datetime

from loomwork.kernel.ids import WorkspaceId


@dataclass(frozen=True, slots=True)
class Workspace:
    id: WorkspaceId
    name: str
    created_at: datetime
