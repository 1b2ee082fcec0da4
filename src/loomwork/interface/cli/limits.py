"""`loomwork limits`: how often may be asked, how many runs may go at once, how much may be kept."""

from collections.abc import Callable
from typing import Annotated

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_budgets import subject_of
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput

_UNITS = {"requests": "requests a minute", "runs": "runs at once", "storage": "bytes kept"}


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork limits`."""
    limits = group(help="Requests a minute, runs at once, bytes kept; what models may use: `loomwork models budgets`.")
    limits.command("list", cls=CalmCommand)(list_limits)
    limits.command("set", cls=CalmCommand)(set_limit)
    limits.command("remove", cls=CalmCommand)(remove_limit)
    return limits


@workspace_command
def list_limits(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the limits, those included that the installation sets for everyone.

    \b
    Example:
      loomwork limits list --workspace acme
    """
    found = in_workspace(lambda workspace: workspace.limit_desk.list_limits())
    screen = Screen()
    if as_json:
        for each in found:
            screen.json(each)
    elif found:
        from loomwork.interface.cli.tables import table

        rows = [(each["id"], _whose(each), _amount(each), _used(each)) for each in found]
        screen.show(table(("ID", "For", "Most", "Used"), rows, right=("Used",)))
    else:
        screen.note("No limits. Set one: loomwork limits set 600")


@workspace_command
def set_limit(
    in_workspace: InWorkspace,
    most: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="In what --measure says.")],
    measure: Annotated[
        str, typer.Option("--measure", metavar="WHAT", help="requests (a minute), runs (at once) or storage (bytes).")
    ] = "requests",
    app: Annotated[str | None, typer.Option("--app", metavar="APP", help="For one app; * for each.")] = None,
    of_key: Annotated[str | None, typer.Option("--of-key", metavar="ID", help="For one key; * for each.")] = None,
    end_user: Annotated[
        str | None, typer.Option("--end-user", metavar="NAME", help="For one end user; * for each.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a limit, for the workspace where nobody is named. It replaces the one that there is for the same.

    \b
    Examples:
      loomwork limits set 600
      loomwork limits set 2 --measure runs --end-user '*'
      loomwork limits set 5000000 --measure storage --app 0197...
    """
    if measure not in _UNITS:
        raise InvalidInput(f"--measure takes {', '.join(_UNITS)}; not {measure[:40]!r}.")
    subject = subject_of({"app": app, "key": of_key, "end_user": end_user})
    wanted = {"subject_id": "", **subject, "measure": measure, "most": most}
    made = in_workspace(lambda workspace: workspace.limit_desk.set_limit(wanted))
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.note(screen.line("ok", f"{_amount(made)} for {_whose(made)}."))


@workspace_command
def remove_limit(
    in_workspace: InWorkspace,
    limit_id: Annotated[str, typer.Argument(metavar="ID", help="`loomwork limits list` shows it.")],
) -> None:
    """Remove a limit.

    \b
    Example:
      loomwork limits remove 0197...
    """
    in_workspace(lambda workspace: workspace.limit_desk.remove_limit(limit_id))
    screen = Screen()
    screen.note(screen.line("ok", "Removed."))


def _whose(limit: Facts) -> str:
    if limit["subject"] == "workspace":
        return "the workspace"
    noun = str(limit["subject"]).replace("_", " ")
    return f"each {noun}" if limit["subject_id"] == "*" else f"{noun} {harmless(str(limit['subject_id']))}"


def _amount(limit: Facts) -> str:
    return f"{limit['most']:,} {_UNITS.get(limit['measure'], limit['measure'])}"


def _used(limit: Facts) -> str:
    return "-" if limit["used"] is None else f"{limit['used']:,}"
