"""Have a run rest, and go on."""

from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.run_flow import flow_of
from loomwork.apps.domain import ENDED, Run
from loomwork.apps.ports import AppStore, Dispatcher, RunStore
from loomwork.engine.commands import Pause, Resume
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


async def pause_run(
    scope: Scope, run_id: RunId, *, apps: AppStore, runs: RunStore, compiler: FlowCompiler, dispatcher: Dispatcher
) -> None:
    """Raises `Conflict` for a run that has ended, and for one of which nothing is kept to go on from."""
    run = await going_run(scope, run_id, runs=runs)
    if (await flow_of(scope, run, apps=apps, compiler=compiler)).durability == "off":
        raise Conflict(
            "Nothing of this run is kept while it goes (durability is off), so it cannot rest. Stop it, or set "
            "`x-loomwork.durability` of the app to `exit` or `node`."
        )
    await dispatcher.send(scope, run_id, Pause(by=scope.actor.words))


async def resume_run(scope: Scope, run_id: RunId, *, runs: RunStore, dispatcher: Dispatcher) -> None:
    """Raises `Conflict` for a run that has ended."""
    await going_run(scope, run_id, runs=runs)
    await dispatcher.send(scope, run_id, Resume(by=scope.actor.words))


async def going_run(scope: Scope, run_id: RunId, *, runs: RunStore) -> Run:
    """The run, which has not ended. Raises `Conflict` for one that has."""
    run = await runs.get(scope, run_id)
    if run.status in ENDED:
        raise Conflict(f"This run has ended ({run.status}). Run it again instead.", status=run.status)
    return run
