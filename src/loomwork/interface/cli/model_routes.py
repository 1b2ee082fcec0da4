"""`loomwork models routes`: models of the workspace's own making, which others answer for."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput

Name = Annotated[str, typer.Argument(metavar="NAME", help="The route's; it is called as route/NAME.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork models routes`."""
    routes = group(help="Models of your own making: shares, fallbacks, patience.")
    routes.command("list", cls=CalmCommand)(list_routes)
    routes.command("set", cls=CalmCommand)(set_route)
    routes.command("remove", cls=CalmCommand)(remove_route)
    return routes


@workspace_command
def list_routes(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the routes.

    \b
    Example:
      loomwork models routes list
    """
    found = in_workspace(lambda workspace: workspace.desk.list_routes())
    screen = Screen()
    if as_json:
        for route in found:
            screen.json(route)
    elif found:
        from loomwork.interface.cli.tables import table

        rows = [(route["model"], _targets(route), _fallbacks(route)) for route in found]
        screen.show(table(("Route", "Answered by", "Fallbacks"), rows))
    else:
        screen.note("No routes. Make one: loomwork models routes set NAME --to MODEL")


def _targets(route: Facts) -> str:
    return ", ".join(f"{share['model']} x{share['weight']}" for share in route["targets"])


def _fallbacks(route: Facts) -> str:
    return "; ".join(f"{cause}: {', '.join(models)}" for cause, models in route["fallbacks"].items()) or "-"


@making_command
def set_route(
    in_workspace: InWorkspace,
    name: Name,
    to: Annotated[
        list[str], typer.Option("--to", metavar="MODEL[=WEIGHT]", help="Who answers, by weight; may be repeated.")
    ],
    fallback: Annotated[
        list[str] | None,
        typer.Option("--fallback", metavar="[CAUSE=]MODEL", help="Who answers when they fail; may be repeated."),
    ] = None,
    retries: Annotated[int, typer.Option("--retries", metavar="N")] = 1,
    hedge_after: Annotated[float | None, typer.Option("--hedge-after", metavar="SECONDS")] = None,
    cache_seconds: Annotated[float | None, typer.Option("--cache", metavar="SECONDS")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a route, or replace the one of this name.

    \b
    Examples:
      loomwork models routes set fast --to openai/gpt-4o-mini=3 --to groq/llama-3.3-70b-versatile
      loomwork models routes set safe --to openai/gpt-4o --fallback context_too_long=google/gemini-2.5-pro
    """
    route: dict[str, Any] = {
        "targets": [_share(each) for each in to],
        "fallbacks": _by_cause(fallback or []),
        "retries": retries,
        "hedge_after": hedge_after,
        "cache_seconds": cache_seconds,
    }
    made = in_workspace(lambda workspace: workspace.desk.put_route(name, route))
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.note(screen.line("ok", f"{made['model']} is answered by {_targets(made)}."))


def _share(given: str) -> dict[str, Any]:
    model, equals, weight = given.rpartition("=")
    if not equals:
        return {"model": given, "weight": 1}
    if not weight.isdecimal():
        raise InvalidInput(f"--to takes MODEL or MODEL=WEIGHT, with a whole number; not {given[:80]!r}.")
    return {"model": model, "weight": int(weight)}


def _by_cause(given: list[str]) -> dict[str, list[str]]:
    by_cause: dict[str, list[str]] = {}
    for each in given:
        cause, equals, model = each.partition("=")
        by_cause.setdefault(cause if equals else "any", []).append(model if equals else each)
    return by_cause


@workspace_command
def remove_route(in_workspace: InWorkspace, name: Name) -> None:
    """Remove a route.

    \b
    Example:
      loomwork models routes remove fast
    """
    in_workspace(lambda workspace: workspace.desk.remove_route(name))
    screen = Screen()
    screen.note(screen.line("ok", "Removed."))
