"""Who may advance a run, for runs that are known to this process only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


@dataclass(slots=True)
class _Lease:
    epoch: int
    owner: str | None
    until: datetime
    deaths: int = 0
    progress: int = 0


class MemoryLeases:
    """Fits `apps.ports.Leases`, but that it takes any run for one that exists."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._leases: dict[tuple[str, str], _Lease] = {}

    def epoch(self, scope: Scope, run_id: RunId) -> int | None:
        """That of the run's newest lease, released or not; None for a run that nobody ever took."""
        lease = self._leases.get((scope.workspace_id, run_id))
        return None if lease is None else lease.epoch

    async def take(self, scope: Scope, run_id: RunId, *, owner: str, seconds: float) -> int | None:
        lease = self._leases.get((scope.workspace_id, run_id))
        now = self._clock.now()
        if lease is not None and lease.owner not in (None, owner) and lease.until > now:
            return None
        taken = _Lease(1, owner, now + timedelta(seconds=seconds))
        if lease is not None:
            taken.epoch, taken.progress = lease.epoch + 1, lease.progress
            taken.deaths = lease.deaths + (lease.owner is not None)
        self._leases[scope.workspace_id, run_id] = taken
        return taken.epoch

    async def renew(self, scope: Scope, run_id: RunId, *, epoch: int, seconds: float) -> bool:
        lease = self._leases.get((scope.workspace_id, run_id))
        if lease is None or lease.epoch != epoch or lease.owner is None:
            return False
        lease.until = self._clock.now() + timedelta(seconds=seconds)
        return True

    async def deaths(self, scope: Scope, run_id: RunId, *, epoch: int, progress: int) -> int:
        lease = self._leases.get((scope.workspace_id, run_id))
        if lease is None or lease.epoch != epoch:
            return 0
        if lease.progress != progress:
            lease.deaths, lease.progress = min(lease.deaths, 1), progress
        return lease.deaths

    async def release(self, scope: Scope, run_id: RunId, *, epoch: int) -> None:
        lease = self._leases.get((scope.workspace_id, run_id))
        if lease is not None and lease.epoch == epoch:
            lease.owner = None
