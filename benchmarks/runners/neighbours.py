"""Two workspaces in one process, as a server has them: how long the quiet one's runs take, alone and beside a crowd.

Started as a process with a folder and the address of a model; it prints what it measured as JSON: for each case, the
seconds of each of the quiet one's runs in rounds of either kind, which take turns.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from sqlalchemy import insert

from benchmarks.runners.app_files import app_file, model_app_file
from benchmarks.runners.shapes import shape
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.apps.api import RunRequest
from loomwork.bootstrap.collector import spare_in_company, spare_what_stays
from loomwork.bootstrap.server_loop import run_server
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.kernel.ids import AppId, WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope

MODEL = "model"
"""A run that asks a model and streams its answer, in the place of a shape."""

ROUNDS = 5
PAUSE = 0.1
"""Seconds between two runs of the quiet workspace."""

FILLED_SECONDS = 2.0
"""How long a crowd goes on before the quiet one beside it is measured."""


@dataclass
class Case:
    """What the quiet workspace runs, how often a round; what the noisy one runs, how many at once; what came of it."""

    quiet: str
    runs: int
    noise: str
    crowd: int
    alone: list[list[float]] = field(default_factory=list)
    beside: list[list[float]] = field(default_factory=list)
    noisy_runs: int = 0


CHAIN = "chain-50"
"""Nothing but steps of our own: there is no model's time in which what others do would not show."""

NOISES = ((CHAIN, 200), ("iteration-1000", 50), (MODEL, 200))
CASES = [(quiet, runs, *noise) for quiet, runs in ((MODEL, 8), (CHAIN, 80)) for noise in NOISES]


async def measure(folder: str, model_url: str) -> None:
    """Measure every case and print them."""
    given = {"LOOMWORK_DATA": folder, "LOOMWORK_CACHE_DIR": folder, "LOOMWORK_OPENAI_COMPATIBLE_URL": model_url}
    async with open_workspace(read_settings({**given, "LOOMWORK_OPENAI_COMPATIBLE_API_KEY": "bench"})) as workspace:
        collecting = asyncio.create_task(spare_in_company(workspace.shares, time.monotonic))
        quiet, noisy = workspace.owner, await _another(workspace)
        cases = [Case(*case) for case in CASES]
        for case in cases:
            mine, theirs = await _app(workspace, quiet, case.quiet), await _app(workspace, noisy, case.noise)
            await _round(workspace, quiet, mine, 3)
            for _ in range(ROUNDS):
                case.alone.append(await _round(workspace, quiet, mine, case.runs))
                async with _noise(workspace, noisy, theirs, case):
                    case.beside.append(await _round(workspace, quiet, mine, case.runs))
        collecting.cancel()
    print(json.dumps([asdict(case) for case in cases]))


async def _another(workspace: Workspace) -> Scope:
    scope = Scope(WorkspaceId(new_id()), SYSTEM)
    row = {"id": scope.workspace_id, "slug": "noisy", "name": "Noisy", "created_at": datetime.now(UTC)}
    await workspace.storage.database.everywhere.change(insert(workspaces).values(row))
    return scope


async def _app(workspace: Workspace, scope: Scope, name: str) -> AppId:
    text = model_app_file() if name == MODEL else app_file(shape(name))
    return (await workspace.apps.import_app(scope, text)).id


async def _round(workspace: Workspace, scope: Scope, app_id: AppId, runs: int) -> list[float]:
    """Seconds of each run, from the moment when it was to begin: what keeps it from being asked for counts as well."""
    taken = []
    for _ in range(runs):
        due = time.perf_counter() + PAUSE
        await asyncio.sleep(PAUSE)
        await _run(workspace, scope, app_id)
        taken.append(time.perf_counter() - due)
    return taken


async def _run(workspace: Workspace, scope: Scope, app_id: AppId) -> None:
    """Ask for a run and follow it to its end."""
    request = RunRequest(app_id=app_id, inputs={"n": "1"}, source="api", end_user="bench")
    run = await workspace.apps.start_run(scope, request)
    last = ""
    async for batch in workspace.log.follow(scope, run.id):
        last = str(batch[-1]["type"])
    if last != "run_succeeded":
        raise RuntimeError(f"a run of {app_id} ended as {last}")


@asynccontextmanager
async def _noise(workspace: Workspace, scope: Scope, app_id: AppId, case: Case) -> AsyncIterator[None]:
    over = asyncio.Event()

    async def again() -> None:
        while not over.is_set():
            await _run(workspace, scope, app_id)
            case.noisy_runs += not over.is_set()

    crowd = [asyncio.create_task(again()) for _ in range(case.crowd)]
    await asyncio.sleep(FILLED_SECONDS)
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*crowd)


if __name__ == "__main__":
    spare_what_stays()
    run_server(measure(*sys.argv[1:]))
