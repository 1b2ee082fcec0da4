"""What one workspace feels of another: how long its runs take while the other has as many as it may."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from benchmarks.capacity import Bar
from benchmarks.runners.app_files import app_file
from benchmarks.runners.shapes import shape
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.apps.api import RunRequest
from loomwork.bootstrap.monolith import Workspace, open_workspace
from loomwork.bootstrap.settings import read_settings
from loomwork.kernel.ids import AppId, WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope

SHAPE = "chain-50"
ROUNDS = 5
RUNS_A_ROUND = 40
PAUSE = 0.02
"""Seconds between two runs of the quiet workspace."""

CROWD = 200
"""Runs that the noisy workspace asks for at once, and again as soon as one ends."""

RAISED = 1.2
"""What the noisy one may make of the quiet one's 95th percentile."""


def measure(parent: Path) -> list[Bar]:
    """Rounds with and without the noise take turns, in one process, so that what else the machine does meets both."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        return asyncio.run(_measure(folder))


async def _measure(folder: str) -> list[Bar]:
    settings = read_settings({"LOOMWORK_DATA": folder, "LOOMWORK_CACHE_DIR": folder})
    async with open_workspace(settings) as workspace:
        quiet, noisy = workspace.owner, await _another(workspace)
        apps = {scope: await _app(workspace, scope) for scope in (quiet, noisy)}
        alone: list[float] = []
        beside: list[float] = []
        await _round(workspace, quiet, apps[quiet])
        for _ in range(ROUNDS):
            alone += await _round(workspace, quiet, apps[quiet])
            async with _noise(workspace, noisy, apps[noisy]):
                beside += await _round(workspace, quiet, apps[quiet])
    return bars_of(alone, beside)


def bars_of(alone: list[float], beside: list[float]) -> list[Bar]:
    """What is stated: both percentiles, and what one is of the other."""
    by_itself, crowded = percentile(alone, 95), percentile(beside, 95)
    return [
        Bar("p95 of a run, alone", by_itself * 1000, "ms"),
        Bar(f"p95 of a run, beside {CROWD} of another workspace", crowded * 1000, "ms"),
        Bar("one by the other", crowded / by_itself, "x", RAISED),
    ]


def percentile(values: list[float], share: int) -> float:
    """The smallest value that so many in a hundred do not go beyond."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


async def _another(workspace: Workspace) -> Scope:
    scope = Scope(WorkspaceId(new_id()), SYSTEM)
    row = {"id": scope.workspace_id, "slug": "noisy", "name": "Noisy", "created_at": datetime.now(UTC)}
    await workspace.storage.database.change(insert(workspaces).values(row))
    return scope


async def _app(workspace: Workspace, scope: Scope) -> AppId:
    return (await workspace.apps.import_app(scope, app_file(shape(SHAPE)))).id


async def _round(workspace: Workspace, scope: Scope, app_id: AppId) -> list[float]:
    taken = []
    for _ in range(RUNS_A_ROUND):
        await asyncio.sleep(PAUSE)
        taken.append(await _run(workspace, scope, app_id))
    return taken


async def _run(workspace: Workspace, scope: Scope, app_id: AppId) -> float:
    """Seconds from asking for a run to its end."""
    begun = time.perf_counter()
    request = RunRequest(app_id=app_id, inputs={"n": "1"}, source="api", end_user="bench")
    run = await workspace.apps.start_run(scope, request)
    async for _ in workspace.log.follow(scope, run.id):
        pass
    return time.perf_counter() - begun


@asynccontextmanager
async def _noise(workspace: Workspace, scope: Scope, app_id: AppId) -> AsyncIterator[None]:
    over = asyncio.Event()

    async def again() -> None:
        while not over.is_set():
            await _run(workspace, scope, app_id)

    crowd = [asyncio.create_task(again()) for _ in range(CROWD)]
    await asyncio.sleep(1)
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*crowd)


def show(bars: list[Bar], console: Console) -> bool:
    """Print the table; False where the bar is missed."""
    table = Table(title="One workspace beside another (rounds in turns)")
    for heading in ("figure", "measured", "bar"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for item in bars:
        bar = "" if item.bar is None else f"<= {item.bar:,g} {item.unit}"
        table.add_row(item.name, f"{item.value:,.2f} {item.unit}", bar)
    console.print(table)
    return all(item.held for item in bars)
