"""What apps need from the world: stores for apps and runs, and a dispatcher that has runs executed somewhere."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from loomwork.apps.domain import ENVIRONMENTS, App, Environment, Promotion, Run, RunFilter, UploadedFile, Version
from loomwork.engine.commands import Command
from loomwork.engine.ports import Gate
from loomwork.kernel.ids import AppId, RunId, WorkspaceId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope


class AppStore(Protocol):
    """Apps and their versions. Every method raises `NotFound` for an id that this workspace does not have.

    A write touches only what it names and is one step, so that people who draw, publish and bind at the same time
    never undo one another's work.
    """

    async def add(self, scope: Scope, app: App) -> None: ...

    async def get(self, scope: Scope, app_id: AppId) -> App: ...

    async def save_draft(self, scope: Scope, app: App, *, revision: int | None = None) -> App:
        """Write the document, what lists show of it and the time of change, under the next revision; the app as it
        then stands. Raises `DraftChanged` where the draft is of another revision than the one given.
        """
        ...

    async def set_binding(self, scope: Scope, app_id: AppId, reference: str, model: str | None, *, at: datetime) -> App:
        """Bind one reference, or with None take its binding away; the app as it then stands."""
        ...

    async def delete(self, scope: Scope, app_id: AppId) -> None:
        """The app with its versions, keys, conversations and runs."""
        ...

    async def list_apps(self, scope: Scope, page: PageRequest, *, search: str = "", tag: str = "") -> Page[App]:
        """Newest first; `search` matches the name, `tag` a whole tag. `document` is "" in list items."""
        ...

    async def set_tags(self, scope: Scope, app_id: AppId, tags: Sequence[str]) -> App:
        """Put these tags, which hold no line end, in the place of those that were."""
        ...

    async def list_tags(self, scope: Scope) -> Mapping[str, int]:
        """Every tag of the workspace in alphabetical order, and how many apps have it."""
        ...

    async def publish(self, scope: Scope, version: Version, environments: Sequence[Environment] = ENVIRONMENTS) -> None:
        """Add the version and put it into these environments; that of `prod` is what visitors get. Raises `Conflict`
        where the number is taken.
        """
        ...

    async def promote(self, scope: Scope, promotions: Sequence[Promotion]) -> None:
        """Put versions into environments, all of them or, where one raises `NotFound`, none."""
        ...

    async def environments(self, scope: Scope, app_id: AppId) -> Mapping[Environment, Promotion]:
        """What stands in each environment; those where nothing does are left out."""
        ...

    async def list_promotions(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, environment: Environment | None = None
    ) -> Page[Promotion]:
        """Newest first."""
        ...

    async def has_stood_in(self, scope: Scope, app_id: AppId, number: int, environment: Environment) -> bool:
        """Whether a version stands in an environment, or ever did."""
        ...

    async def get_version(self, scope: Scope, app_id: AppId, number: int) -> Version: ...

    async def list_versions(self, scope: Scope, app_id: AppId, page: PageRequest) -> Page[Version]:
        """Newest first. `document` is "" in list items."""
        ...

    async def newest_version(self, scope: Scope, app_id: AppId) -> Version | None: ...

    async def set_notes(self, scope: Scope, app_id: AppId, number: int, notes: str) -> Version: ...


class RunStore(Protocol):
    """Runs as people list and open them; their events are in the event log."""

    async def add(self, scope: Scope, run: Run) -> None: ...

    async def get(self, scope: Scope, run_id: RunId) -> Run: ...

    async def save(self, scope: Scope, run: Run, *, epoch: int | None = None) -> None:
        """With an `epoch`, raises `LeaseLost` unless that is the one of the run's lease."""
        ...

    async def list_runs(
        self, scope: Scope, page: PageRequest, *, app_id: AppId | None = None, wanted: RunFilter | None = None
    ) -> Page[Run]:
        """Newest first. `document` and `nodes` are left out of list items."""
        ...

    async def unfinished(self) -> list[tuple[Scope, Run]]:
        """Every queued or running run, of any workspace: what a start after a crash has to look at. Paused runs wait
        for somebody, and are not among them. `document` and `nodes` are left out.
        """
        ...

    async def abandoned(self, *, now: datetime, seconds: float) -> list[tuple[Scope, Run]]:
        """Every queued or running run, of any workspace, that nobody advances now: its lease ran out or was let go of,
        or it has waited for so many seconds without anybody taking it. `document` and `nodes` are left out.
        """
        ...

    async def waking(self, *, before: datetime) -> list[tuple[Scope, Run]]:
        """Every paused run, of any workspace, with `wakes_at` at `before` or earlier, the longest due first; `document`
        and `nodes` are left out.
        """
        ...


class FileStore(Protocol):
    """Files that were handed in for apps, with their bytes. Ids of another workspace are `NotFound`."""

    async def add(self, scope: Scope, file: UploadedFile, content: bytes) -> None:
        """Raises `NotFound` for an app that this workspace does not have."""
        ...

    async def get(self, scope: Scope, file_id: str) -> UploadedFile: ...

    async def content(self, scope: Scope, file_id: str) -> bytes: ...

    async def use(self, scope: Scope, file_ids: Collection[str], *, at: datetime) -> None:
        """Write down that a run takes these files now: what none ever took is not kept for long."""
        ...


class RetentionStore(Protocol):
    """How long runs and conversations are kept: a rule for all apps of a workspace, and one of an app that stands above
    it. Every method raises `NotFound` for an app that this workspace does not have.
    """

    async def days(self, scope: Scope, app_id: AppId | None) -> int | None:
        """What the rule of an app says or, for None, that of the workspace; None where there is no rule."""
        ...

    async def set_days(self, scope: Scope, app_id: AppId | None, days: int | None) -> None:
        """Put a rule in the place of the one that was; with None there is none any more."""
        ...

    async def kept_for(self) -> list[tuple[Scope, AppId, int]]:
        """Every app, of any workspace, for which a rule says how many days its runs are kept."""
        ...

    async def erase(self, scope: Scope, app_id: AppId, *, before: datetime, at_most: int) -> int:
        """Take away runs that ended before a moment, so many at most, with their messages and all that is kept of them;
        conversations that nobody has gone on with since and that have no run left; and files that no run took since.
        How many it took away.
        """
        ...

    async def forget(self) -> None:
        """Have nothing left of what was taken away where that is in our hands."""
        ...

    async def erase_unused_files(self, *, before: datetime) -> int:
        """Take away files, of any workspace, that were handed in before a moment and that no run ever took."""
        ...


class Gates(Protocol):
    """How many nodes may wait for the world at once, across the runs of an app and of a workspace."""

    def nodes(self, scope: Scope, app_id: AppId, *, at_most: int | None = None) -> Gate:
        """The gate of an app's runs; `at_most` is how many the app itself wants at once, if it says so."""
        ...


class StepsAtOnce(Protocol):
    """How far a run goes before others get their turn."""

    def __call__(self, scope: Scope) -> int:
        """How many steps that wait for nothing a run of this workspace takes in one go just now; 1 at least."""
        ...


class Leases(Protocol):
    """Who may advance a run now. Each taking of a run has a higher epoch than all before it, and the journal refuses
    what is written under an older one, so two processes never advance one run, however late one of them wakes up.
    """

    async def take(self, scope: Scope, run_id: RunId, *, owner: str, seconds: float) -> int | None:
        """The epoch under which `owner` may advance the run for so many seconds; None while another owner's lease
        runs. What this owner holds already is taken anew. Raises `NotFound`.
        """
        ...

    async def renew(self, scope: Scope, run_id: RunId, *, epoch: int, seconds: float) -> bool:
        """Extend a lease from now on; False where it is no longer the run's."""
        ...

    async def deaths(self, scope: Scope, run_id: RunId, *, epoch: int, progress: int) -> int:
        """How many have held the run and never let go of it, one after another, since its `progress` was another than
        it is now: processes that died over it, or were too slow. 0 where the epoch is not the run's.
        """
        ...

    async def release(self, scope: Scope, run_id: RunId, *, epoch: int) -> None:
        """Let others take the run at once. A lease that is no longer the run's is left alone."""
        ...


class Commands(Protocol):
    """What people ask of runs that another process advances, until that one hears it. Each is heard once."""

    async def add(self, scope: Scope, run_id: RunId, command: Command) -> None:
        """Keep a command for whoever advances the run. Raises `NotFound`."""
        ...

    async def waiting(self) -> Collection[tuple[WorkspaceId, RunId]]:
        """Runs, of any workspace, of which something is asked."""
        ...

    async def take(self, scope: Scope, run_id: RunId) -> Collection[Command]:
        """All that is asked of a run, in order; nobody else gets it after that."""
        ...


class Inbox:
    """What people ask of one run. It is kept until some process advances the run, and then handed on."""

    def __init__(self, kept: Iterable[Command] = ()) -> None:
        self._kept = list(kept)
        self._hand_on: Callable[[Command], bool] | None = None

    def put(self, command: Command) -> bool:
        """False where the run has come to rest meanwhile, and will not hear it."""
        if self._hand_on is not None:
            return self._hand_on(command)
        self._kept.append(command)
        return True

    def drain(self) -> list[Command]:
        """Take back what was kept and not handed on."""
        kept, self._kept = self._kept, []
        return kept

    def open(self, hand_on: Callable[[Command], bool]) -> None:
        """Hand on what was kept, and from now on all that comes; `hand_on` says whether the run hears it."""
        self._hand_on = hand_on
        for command in self._kept:
            hand_on(command)
        self._kept.clear()


class Dispatcher(Protocol):
    """Has runs executed: here in this process, or by whoever reads the queue."""

    async def enqueue(self, scope: Scope, run_id: RunId, *, step: bool = False) -> None:
        """Have a run executed when there is a place for it: from its beginning, or from where it rests. A `step` of
        another run needs no place: the other one has one and waits for it, and runs that waited for the places of one
        another would wait for ever.
        """
        ...

    async def send(self, scope: Scope, run_id: RunId, command: Command) -> None:
        """Ask something of a run: of whoever executes it now, or by having it executed. One that has ended is left
        alone.
        """
        ...


class RunAdmission(Protocol):
    """Says whether one more run may begin."""

    def starting(self, scope: Scope, app_id: str, end_user: str) -> AbstractAsyncContextManager[None]:
        """The run is written down within the block. Raises the `LoomworkError` that says why it may not begin."""
        ...


class Executor(Protocol):
    """What executes a run once it has been dispatched."""

    async def execute(self, scope: Scope, run_id: RunId, inbox: Inbox) -> None:
        """Advance the run until it ends or rests, and write down what came of it. Cancelling this call leaves the run
        as its journal has it, to be taken up again.
        """
        ...
