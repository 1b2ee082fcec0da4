"""`loomwork apps`: list, show, publish, export and delete the apps of the workspace."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli.amounts import counted
from loomwork.interface.cli.app_life import add_commands
from loomwork.interface.cli.export import Out, write_out
from loomwork.interface.cli.failures import problem_lines
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AppId, AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import AppDetails, AppLine
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork apps`."""
    apps = group(help="The apps of the workspace.")
    apps.command("list", cls=CalmCommand)(list_apps)
    apps.command(cls=CalmCommand)(show)
    add_commands(apps)
    apps.command(cls=CalmCommand)(export)
    apps.command(cls=CalmCommand)(delete)
    return apps


@workspace_command
def list_apps(
    in_workspace: InWorkspace,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of the name.")] = "",
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help="Those that have it.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the apps, newest first.

    \b
    Examples:
      loomwork apps list
      loomwork apps list --search report --json
    """
    found = in_workspace(lambda workspace: workspace.list_apps(search=search, tag=tag))
    screen = Screen()
    if as_json:
        for app in found:
            screen.json(dataclasses.asdict(app))
    elif found:
        _show_list(screen, found)
    else:
        screen.note("No apps. Import one: loomwork import app.yml")


def _show_list(screen: Screen, apps: Sequence[AppLine]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [
        (
            screen.id(app.id),
            app.name,
            app.mode,
            str(app.node_count),
            f"v{app.published_version}" if app.published_version else "-",
        )
        for app in apps
    ]
    screen.show(
        table(("ID", "Name", "Mode", "Nodes", "Published"), rows, right=("Nodes", "Published"), spare=("Nodes",))
    )


@workspace_command
def show(in_workspace: InWorkspace, app_id: AppId, as_json: AsJson = False) -> None:
    """Show an app: its form, the models that answer, what is wrong with it.

    \b
    Example:
      loomwork apps show "Basic chatflow"
    """
    details = in_workspace(lambda workspace: workspace.open_app(app_id))
    screen = Screen()
    if as_json:
        screen.json(dataclasses.asdict(details))
    else:
        _show(screen, details)


def _show(screen: Screen, details: AppDetails) -> None:
    app = details.app
    published = f"published as version {app.published_version}" if app.published_version else "not published"
    screen.show(Text(harmless(app.name), style="bold"))
    if app.description:
        screen.show(Text(harmless(app.description)))
    screen.show(Text(f"{app.id}, {app.mode}, {counted(app.node_count, 'node')}, {published}", style="dim"))
    _section(screen, "Inputs", map(_input_line, details.form))
    _section(screen, "Models", map(_model_line, details.models))
    if details.problems:
        screen.show(Text("\nProblems"))
        for line in problem_lines(details.problems):
            screen.show(line)


def _section(screen: Screen, title: str, lines: Any) -> None:
    for place, line in enumerate(lines):
        if place == 0:
            screen.show(Text(f"\n{title}"))
        screen.show(Text("  ").append_text(line))


def _input_line(field: Mapping[str, Any]) -> Text:
    required = ", required" if field["required"] else ""
    line = Text(harmless(str(field["variable"])), style="bold")
    return line.append(f"  {harmless(str(field['label']))} ({field['type']}{required})", style="not bold dim")


def _model_line(model: Mapping[str, Any]) -> Text:
    line = Text(harmless(str(model["reference"]))).append(" -> ", style="dim").append(harmless(str(model["model"])))
    return line.append(f"\n    {harmless(str(model['notice']))}", style="dim") if model["notice"] else line


@workspace_command
def export(in_workspace: InWorkspace, app_id: AppId, out: Out = None) -> None:
    """Write an app's draft as an app file.

    \b
    Example:
      loomwork apps export 0197... -o app.yml
    """
    document = in_workspace(lambda workspace: workspace.export_app(app_id))
    write_out(Screen(), document, out)


@workspace_command
def delete(
    in_workspace: InWorkspace,
    app_id: AppId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an app with its versions, keys, conversations and runs.

    \b
    Example:
      loomwork apps delete 0197... --yes
    """
    if not yes:
        typer.confirm(f"Delete the app {app_id} with its runs, conversations and keys?", abort=True, err=True)
    in_workspace(lambda workspace: workspace.delete_app(app_id))
    screen = Screen()
    screen.note(screen.line("ok", "Deleted."))
