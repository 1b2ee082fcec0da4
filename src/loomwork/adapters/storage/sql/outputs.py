"""What tools said in full, where it was too much to hand on, in SQL: it goes with the run that it was said to."""

from sqlalchemy import insert, select

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import runs, tool_outputs
from loomwork.adapters.storage.sql.workspace_rows import missing, this
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.scope import Scope


class SqlOutputStore:
    """Fits `tools.ports.OutputStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, scope: Scope, content: bytes, run_id: RunId | None = None) -> str:
        output_id = new_id()
        # A run that nothing is kept of, such as a trial, has nothing that its outputs could go with.
        kept = select(runs.c.id).where(this(runs, scope, run_id)).scalar_subquery() if run_id is not None else None
        row = {"workspace_id": scope.workspace_id, "id": output_id, "created_at": self._clock.now()}
        await self._database.of(scope).change(insert(tool_outputs).values(**row, run_id=kept, content=content))
        return output_id

    async def read(self, scope: Scope, output_id: str) -> bytes:
        found = select(tool_outputs.c.content).where(this(tool_outputs, scope, output_id))
        row = await self._database.of(scope).row(found)
        if row is None:
            raise missing("output", output_id)
        return bytes(row["content"])
