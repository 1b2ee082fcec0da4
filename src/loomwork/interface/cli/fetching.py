"""Model weights on their way to this machine, as a bar or as a few lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from loomwork.interface.cli.amounts import size
from loomwork.interface.cli.screen import Screen
from loomwork.model_gateway.api import LocalModels, ModelUnavailable, WeightsStatus

Look = Callable[[WeightsStatus], None]

LOOK_SECONDS = 0.2
STEPS = 10
"""How often a download is mentioned where there is no bar."""


async def fetch_weights(screen: Screen, local: LocalModels, model: str) -> bool:
    """Fetch a model's weights where they are not here, and show it; whether they are here now."""
    async with fetches_shown(screen, local):
        await local.fetch(model)
        try:
            return (await local.wait(model)).state == "ready"
        except ModelUnavailable as error:
            screen.note(screen.line("warn", error.message))
            return False


@asynccontextmanager
async def fetches_shown(screen: Screen, local: LocalModels, *others: Look) -> AsyncIterator[None]:
    """Whatever is fetched meanwhile, by whomever, is shown. Each status seen is handed to `others` as well."""
    with FetchView(screen) as view:
        watching = asyncio.create_task(_watch(local, (view.show, *others)))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            for status in await local.status():
                view.show(status)


async def _watch(local: LocalModels, looks: Sequence[Look]) -> None:
    while True:
        for status in await local.status():
            for look in looks:
                look(status)
        await asyncio.sleep(LOOK_SECONDS)


class FetchView:
    """Shows each model that is seen being fetched: first what comes, from where, and how large it is."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._steps: dict[str, int] = {}
        self._bars: dict[str, TaskID] = {}
        self._progress: Progress | None = None

    def __enter__(self) -> "FetchView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, status: WeightsStatus) -> None:
        if status.state == "fetching":
            self._announce(status)
            self._advance(status)
        elif status.model in self._steps and status.state == "ready":
            self._end(status)

    def _announce(self, status: WeightsStatus) -> None:
        if status.model in self._steps:
            return
        self._steps[status.model] = 0
        what = f"Fetching {status.model}, {size(status.size)} ({status.licence}), from {status.source}"
        self._screen.note(self._screen.line("warn", f"{what.rstrip('.')}. This happens once."))

    def _advance(self, status: WeightsStatus) -> None:
        if self._screen.err.isatty():
            self._bar(status)
            return
        step = STEPS * status.fetched // max(1, status.size)
        if step > self._steps[status.model]:
            self._steps[status.model] = step
            self._screen.note(f"  {size(status.fetched)} of {size(status.size)}")

    def _bar(self, status: WeightsStatus) -> None:
        if self._progress is None:
            columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._progress = Progress(
                *columns,
                console=self._screen.notes,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.start()
        if status.model not in self._bars:
            self._bars[status.model] = self._progress.add_task(status.model, total=status.size)
        self._progress.update(self._bars[status.model], completed=status.fetched)

    def _end(self, status: WeightsStatus) -> None:
        del self._steps[status.model]
        if self._progress is not None and status.model in self._bars:
            self._progress.remove_task(self._bars.pop(status.model))
        self._screen.note(self._screen.line("ok", f"{status.model} is here."))
