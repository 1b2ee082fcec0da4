"""`loomwork models`: which there are, what lets us in, how calls find them, and what they use."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli import model_budgets, model_providers, model_routes
from loomwork.interface.cli.failures import DONE, FAILED
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.host import Host
from loomwork.interface.cli.model_providers import SCRIPTED
from loomwork.interface.cli.options import AsJson, host_of
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import NotFound

Name = Annotated[
    str | None,
    typer.Argument(metavar="MODEL", help="local/...; without it, the default model.", show_default=False),
]
Wanted = Annotated[str, typer.Argument(metavar="MODEL", help="provider/model; `models list` shows them.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork models`."""
    models = group(help="The models that can answer.")
    models.command("list", cls=CalmCommand)(list_models)
    models.command("test", cls=CalmCommand)(try_model)
    models.command(cls=CalmCommand)(fetch)
    for name, command in model_providers.COMMANDS:
        models.command(name, cls=CalmCommand)(command)
    models.command(cls=CalmCommand)(model_budgets.usage)
    models.add_typer(model_routes.commands(group), name="routes")
    models.add_typer(model_budgets.commands(group), name="budgets")
    return models


@workspace_command
def list_models(
    in_workspace: InWorkspace,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="chat, embedding, rerank, ...")] = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Those of one provider.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those of providers that are not set up.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that can answer; with --all, --provider or --json also those that are not set up.

    \b
    Examples:
      loomwork models list
      loomwork models list --provider openai
      loomwork models list --type embedding --json
    """
    try:
        rows = in_workspace(lambda workspace: _rows(workspace))
    except NotFound:
        if in_workspace.is_remote:
            raise
        # Without a workspace there is what the catalog and the environment say.
        rows = asyncio.run(_rows_without(in_workspace.host))
    shown = [row for row in rows if type_ in (None, row["type"]) and provider in (None, row["provider"])]
    if as_json or everything or provider is not None:
        _show(Screen(), shown, as_json=as_json)
    else:
        _show_ready(Screen(), shown)


def _show_ready(screen: Screen, rows: Sequence[dict[str, Any]]) -> None:
    """Those that can answer, and how many others there are."""
    ready = [row for row in rows if row["ready"]]
    others = {row["provider"] for row in rows if not row["ready"]} - {row["provider"] for row in ready}
    real = [row for row in ready if row["provider"] != SCRIPTED]
    _show(screen, real or ready, as_json=False)
    if 0 < len(real) < len(ready):
        screen.note(f"Scripted models for trials are not shown: `loomwork models list --provider {SCRIPTED}`.")
    if others:
        how = "`loomwork models add NAME` sets one up, `loomwork models list --all` shows their models"
        screen.note(f"{len(others)} more providers are not set up: {how}.")


async def _rows(workspace: Workspace) -> list[dict[str, Any]]:
    weights = {status["model"]: status["state"] for status in await workspace.desk.list_weights()}
    return [{**model, "weights": weights.get(model["id"])} for model in await workspace.desk.list_models()]


async def _rows_without(host: Host) -> list[dict[str, Any]]:
    from loomwork.interface.http.api.model_shapes import ModelShape

    async with host.runtime() as runtime:
        weights = {status.model: status.state for status in await runtime.local_models.status()}
        found = [ModelShape.of(model) for model in await runtime.models.list_models(runtime.scope)]
        return [{**model.model_dump(mode="json"), "weights": weights.get(model.id)} for model in found]


def _show(screen: Screen, rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            screen.json(row)
        return
    from loomwork.interface.cli.tables import table

    lines = [
        (
            row["id"],
            row["type"],
            f"{row['context_size']:,}" if row["context_size"] else "-",
            _state(row["problem"], row["weights"]),
        )
        for row in rows
    ]
    screen.show(table(("Model", "Type", "Context", "State"), lines, right=("Context",)))


def _state(problem: str | None, weights: str | None) -> Text:
    if problem:
        return Text(harmless(problem), style="dim")
    if weights in (None, "ready"):
        return Text("ready", style="green")
    return Text("fetched on first use" if weights == "absent" else weights or "", style="yellow")


@workspace_command
def try_model(in_workspace: InWorkspace, model: Wanted, as_json: AsJson = False) -> None:
    """Call a model for real, as cheaply as can be.

    \b
    Example:
      loomwork models test openai/gpt-4o-mini
    """
    told = in_workspace(lambda workspace: workspace.desk.test_model(model))
    screen = Screen()
    if as_json:
        screen.json({"model": model, "message": told})
    else:
        screen.note(screen.line("ok", told))


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
