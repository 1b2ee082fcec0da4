"""Who may advance a run, in SQL."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import run_leases as leases
from loomwork.adapters.storage.sql.tables import runs
from loomwork.adapters.storage.sql.workspace_rows import missing, this, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class SqlLeases:
    """Fits `apps.ports.Leases`. How long a lease runs is told by the clock of whoever takes or renews it: clocks that
    differ hand a run over early or late, and the epoch keeps it whole nevertheless.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, scope: Scope, run_id: RunId, *, owner: str, seconds: float) -> int | None:
        now = self._clock.now()
        given = {"owner": owner, "until": now + timedelta(seconds=seconds)}

        def write(connection: Connection) -> int | None:
            # The lock makes a commit under the old epoch come before this or be refused, never fall between.
            run = select(runs.c.id).where(this(runs, scope, run_id)).with_for_update()
            if connection.execute(run).first() is None:
                raise missing("run", run_id)
            lease = connection.execute(select(leases).where(_of(scope, run_id))).mappings().first()
            if lease is None:
                row = {"workspace_id": scope.workspace_id, "run_id": run_id, "epoch": 1, **given}
                connection.execute(insert(leases), row)
                return 1
            if lease["owner"] not in (None, owner) and lease["until"] > now:
                return None
            epoch = int(lease["epoch"]) + 1
            deaths = int(lease["deaths"]) + (lease["owner"] is not None)
            connection.execute(update(leases).where(_of(scope, run_id)).values(epoch=epoch, deaths=deaths, **given))
            return epoch

        return await self._database.of(scope).write(write)

    async def renew(self, scope: Scope, run_id: RunId, *, epoch: int, seconds: float) -> bool:
        until = self._clock.now() + timedelta(seconds=seconds)
        held = and_(_of(scope, run_id), leases.c.epoch == epoch, leases.c.owner.is_not(None))
        return await self._database.of(scope).change(update(leases).where(held).values(until=until)) > 0

    async def deaths(self, scope: Scope, run_id: RunId, *, epoch: int, progress: int) -> int:
        held = and_(_of(scope, run_id), leases.c.epoch == epoch)

        def write(connection: Connection) -> int:
            lease = connection.execute(select(leases).where(held)).mappings().first()
            if lease is None:
                return 0
            if lease["progress"] == progress:
                return int(lease["deaths"])
            deaths = min(int(lease["deaths"]), 1)
            connection.execute(update(leases).where(held).values(deaths=deaths, progress=progress))
            return deaths

        return await self._database.of(scope).write(write)

    async def release(self, scope: Scope, run_id: RunId, *, epoch: int) -> None:
        held = and_(_of(scope, run_id), leases.c.epoch == epoch)
        await self._database.of(scope).change(update(leases).where(held).values(owner=None))


def _of(scope: Scope, run_id: RunId) -> ColumnElement[bool]:
    return and_(within(leases, scope), leases.c.run_id == run_id)
