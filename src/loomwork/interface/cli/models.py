"""`loomwork models`: which there are, and fetching those that run here."""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.failures import DONE, FAILED
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.host import Host
from loomwork.interface.cli.options import AsJson, host_of
from loomwork.interface.cli.screen import Screen, harmless

Name = Annotated[
    str | None,
    typer.Argument(metavar="MODEL", help="local/...; without it, the default model.", show_default=False),
]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork models`."""
    models = group(help="The models that can answer.")
    models.command("list", cls=CalmCommand)(list_models)
    models.command(cls=CalmCommand)(fetch)
    return models


def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the models of every provider, those that are not configured included.

    \b
    Example:
      loomwork models list
    """
    asyncio.run(_list(host_of(context), Screen(), as_json=as_json))


async def _list(host: Host, screen: Screen, *, as_json: bool) -> None:
    async with host.runtime() as runtime:
        weights = {status.model: status for status in await runtime.local_models.status()}
        rows = []
        for model in await runtime.models.list_models(runtime.scope):
            state = weights[model.id].state if model.id in weights else None
            rows.append({**dataclasses.asdict(model), "weights": state})
    if as_json:
        for row in rows:
            screen.json(row)
        return
    from loomwork.interface.cli.tables import table

    lines = [
        (row["id"], f"{row['context_size']:,}" if row["context_size"] else "-", _state(row["problem"], row["weights"]))
        for row in rows
    ]
    screen.show(table(("Model", "Context", "State"), lines, right=("Context",)))


def _state(problem: str | None, weights: str | None) -> Text:
    if problem:
        return Text(harmless(problem), style="dim")
    if weights in (None, "ready"):
        return Text("ready", style="green")
    return Text("fetched on first use" if weights == "absent" else weights or "", style="yellow")


def fetch(context: typer.Context, model: Name = None) -> None:
    """Fetch the weights of a model that runs on this machine, into the cache that all clones share.

    \b
    Examples:
      loomwork models fetch
      loomwork models fetch local/qwen2.5-coder-1.5b
    """
    raise typer.Exit(asyncio.run(_fetch(host_of(context), Screen(), model)))


async def _fetch(host: Host, screen: Screen, model: str | None) -> int:
    # Here, because a progress bar takes time to import that `models list` does not need.
    from loomwork.interface.cli.fetching import fetch_weights
    from loomwork.kernel.errors import NotFound

    async with host.runtime() as runtime:
        known: Sequence[str] = [status.model for status in await runtime.local_models.status()]
        if model is None and not known:
            raise NotFound("The catalog has no model that runs on this machine.")
        name = model or known[0]
        status = {each.model: each for each in await runtime.local_models.status()}.get(name)
        if status is not None and status.state == "ready":
            screen.note(screen.line("ok", f"{name} is here already: {status.source}"))
            return DONE
        return DONE if await fetch_weights(screen, runtime.local_models, name) else FAILED
