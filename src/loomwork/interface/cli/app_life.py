"""The commands of `loomwork apps` about versions: list, compare, restore, promote; copies, tags, and for how long."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.life_desk import DRAFT
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AppId, AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1, help="The version's number.")]
Environment = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="dev, staging or prod.")]

FOREVER = "forever"


def add_commands(apps: typer.Typer) -> None:
    """Add them to the commands of `loomwork apps`."""
    for command in (publish, versions, note, diff, restore, promote, duplicate, tag):
        apps.command(cls=CalmCommand)(command)


@workspace_command
def publish(
    in_workspace: InWorkspace,
    app_id: AppId,
    notes: Annotated[str, typer.Option("--notes", metavar="TEXT", help="What to remember of this version.")] = "",
    environment: Annotated[
        str, typer.Option("--environment", metavar="NAME", help="dev, staging, or prod: where visitors get it.")
    ] = "prod",
    as_json: AsJson = False,
) -> None:
    """Freeze the draft as the version that visitors get, or as one to be tried in dev or staging first.

    \b
    Examples:
      loomwork apps publish 0197...
      loomwork apps publish 0197... --environment dev --notes "Answers in French, too."
    """
    version = in_workspace(lambda workspace: workspace.life.publish(app_id, notes, environment))
    screen = Screen()
    if as_json:
        screen.json({"app_id": app_id, "version": version["number"]})
    elif environment == "prod":
        screen.show(screen.line("ok", f"Version {version['number']} is what visitors get now."))
    else:
        screen.show(screen.line("ok", f"Version {version['number']} stands in {environment} now."))


@workspace_command
def versions(in_workspace: InWorkspace, app_id: AppId, as_json: AsJson = False) -> None:
    """List an app's versions, newest first, and where each stands.

    \b
    Example:
      loomwork apps versions 0197...
    """
    found = in_workspace(lambda workspace: workspace.life.list_versions(app_id))
    screen = Screen()
    if as_json:
        for version in found:
            screen.json(version)
    elif found:
        _show_versions(screen, found)
    else:
        screen.note(f"No versions. Publish the draft: loomwork apps publish {app_id}")


def _show_versions(screen: Screen, found: Sequence[Facts]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [
        (str(each["number"]), each["published_at"][:19], " ".join(each["environments"]) or "-", _first_line(each))
        for each in found
    ]
    screen.show(table(("Version", "Published", "Stands in", "Notes"), rows))


def _first_line(version: Facts) -> str:
    return str(version["notes"]).partition("\n")[0]


@workspace_command
def note(
    in_workspace: InWorkspace,
    app_id: AppId,
    number: Number,
    notes: Annotated[str, typer.Argument(metavar="TEXT", help="What to remember of it.")],
) -> None:
    """Write other notes about a version; nothing else of it ever changes.

    \b
    Example:
      loomwork apps note 0197... 3 "The one that the fair ran with."
    """
    in_workspace(lambda workspace: workspace.life.note(app_id, number, notes))
    Screen().done(f"Noted about version {number}.")


@workspace_command
def diff(
    in_workspace: InWorkspace,
    app_id: AppId,
    old: Annotated[
        str | None, typer.Argument(metavar="OLD", help="A version's number, or draft; the newest version.")
    ] = None,
    new: Annotated[str, typer.Argument(metavar="NEW", help="A version's number, or draft.")] = DRAFT,
    as_json: AsJson = False,
) -> None:
    """Say what changes from one version to another: nodes and their fields, edges, settings.

    \b
    Examples:
      loomwork apps diff 0197...
      loomwork apps diff 0197... 2 5 --json
    """

    async def compare(workspace: Workspace) -> Facts:
        chosen = old if old is not None else await _newest(workspace, app_id)
        return await workspace.life.compare(app_id, chosen, new)

    found = in_workspace(compare)
    screen = Screen()
    if as_json:
        screen.json(found)
        return
    for line in found["lines"]:
        screen.show(Text(harmless(line)))
    if not found["lines"]:
        screen.note("They mean the same.")


async def _newest(workspace: Workspace, app_id: str) -> str:
    found = await workspace.life.list_versions(app_id)
    if not found:
        raise InvalidInput("This app has no version yet to compare its draft to.")
    return str(found[0]["number"])


@workspace_command
def restore(in_workspace: InWorkspace, app_id: AppId, number: Number) -> None:
    """Put a version in the place of the draft; what visitors get stays.

    \b
    Example:
      loomwork apps restore 0197... 3
    """
    in_workspace(lambda workspace: workspace.life.restore(app_id, number))
    Screen().done(f"The draft is what version {number} is.")


@workspace_command
def promote(
    in_workspace: InWorkspace,
    app_id: AppId,
    environment: Environment,
    version: Annotated[
        int | None,
        typer.Option(
            "--version", metavar="N", min=1, max=2**31 - 1, help="Which; without it, that of the environment before."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have a version stand in an environment: it goes from dev to staging to prod, and back at any time.

    \b
    Examples:
      loomwork apps promote 0197... staging
      loomwork apps promote 0197... prod --version 3
    """
    promoted = in_workspace(lambda workspace: workspace.life.promote(app_id, environment, version))
    screen = Screen()
    if as_json:
        screen.json(promoted)
    else:
        screen.show(screen.line("ok", f"Version {promoted['number']} stands in {promoted['environment']} now."))


@workspace_command
def duplicate(
    in_workspace: InWorkspace,
    app_id: AppId,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What the copy is called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an app with the draft, the bindings and the tags of this one.

    \b
    Example:
      loomwork apps duplicate 0197... --name "Another try"
    """
    copy = in_workspace(lambda workspace: workspace.life.duplicate(app_id, name))
    screen = Screen()
    if as_json:
        screen.json({"app_id": copy["id"], "name": copy["name"]})
    else:
        screen.show(screen.line("ok", f"{harmless(str(copy['name']))} is {copy['id']}."))


@workspace_command
def tag(
    in_workspace: InWorkspace,
    app_id: AppId,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="As many as you like.")] = None,
) -> None:
    """Put these tags in the place of those that the app had; without any, it has none.

    \b
    Examples:
      loomwork apps tag 0197... support summer
      loomwork apps list --tag support
    """
    tagged = in_workspace(lambda workspace: workspace.life.tag(app_id, tags or []))
    Screen().done(f"Tags: {', '.join(tagged['tags']) or 'none'}.")


def retention_commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork retention`."""
    retention = group(help="For how long runs and conversations are kept.")
    retention.command(cls=CalmCommand)(show)
    retention.command("set", cls=CalmCommand)(set_days)
    return retention


OfApp = Annotated[str | None, typer.Option("--app", metavar="ID", help="Of one app; without it, of the workspace.")]


@workspace_command
def show(in_workspace: InWorkspace, app: OfApp = None, as_json: AsJson = False) -> None:
    """Say for how long runs and conversations are kept. The rule of an app stands above that of the workspace.

    \b
    Example:
      loomwork retention show
    """
    days = in_workspace(lambda workspace: workspace.life.retention(app))
    screen = Screen()
    if as_json:
        screen.json({"days": days})
    elif days is None:
        screen.show("No rule." if app is not None else "For ever.")
    else:
        screen.show(f"{days} days")


@workspace_command
def set_days(
    in_workspace: InWorkspace,
    days: Annotated[str, typer.Argument(metavar="DAYS", help="How many, or forever: no rule.")],
    app: OfApp = None,
) -> None:
    """Have a server take away runs that ended longer ago, with their messages, within the hour.

    \b
    Examples:
      loomwork retention set 90
      loomwork retention set 7 --app 0197...
      loomwork retention set forever
    """
    wanted = None if days == FOREVER else _days(days)
    in_workspace(lambda workspace: workspace.life.retain(app, wanted))
    Screen().done("There is no rule now." if wanted is None else f"Kept for {wanted} days from now on.")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise InvalidInput(f"{text[:40]!r} is no number of days; give one, or {FOREVER}.")
    return int(text)
