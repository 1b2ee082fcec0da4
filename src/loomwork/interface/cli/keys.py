"""`loomwork keys`: what opens the workspace and its apps."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AsJson, Data, host_of
from loomwork.interface.cli.pages import After, KeyState, Limit, tell_of_more
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import KeyLine, Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, Where, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import Page, PageRequest

ForApp = Annotated[str | None, typer.Option("--app", metavar="APP", help="An app's key, for /v1, by its name or id.")]
ForDataset = Annotated[str | None, typer.Option("--dataset", metavar="ID", help="A dataset's key, for /v1.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork keys`."""
    keys = group(help="Keys, and links to sign in with.")
    keys.command(cls=CalmCommand)(create)
    keys.command("list", cls=CalmCommand)(list_keys)
    keys.command(cls=CalmCommand)(revoke)
    keys.command("sign-in-link", cls=CalmCommand)(sign_in_link)
    return keys


ForMember = Annotated[str | None, typer.Option("--member", metavar="EMAIL", help="A key that acts for this member.")]
Scopes = Annotated[
    list[str] | None, typer.Option("--scope", metavar="WORD", help="Only this permission; may be repeated.")
]
Days = Annotated[int | None, typer.Option("--days", min=1, max=3650, help="How long the member's key is good for.")]


@making_command
def create(
    in_workspace: InWorkspace,
    app: ForApp = None,
    dataset: ForDataset = None,
    member: ForMember = None,
    scopes: Scopes = None,
    days: Days = None,
    as_json: AsJson = False,
) -> None:
    """Make a key: for an app, for a dataset, for a member, or else for the whole workspace. It is shown once.

    \b
    Examples:
      loomwork keys create --app 0197... --json
      LW_KEY=$(loomwork keys create)
    """
    if app is not None and dataset is not None:
        raise InvalidInput("A key is for an app or for a dataset; choose --app or --dataset.")
    if member is not None and (app or dataset):
        raise InvalidInput("A key for a member is not for one app or dataset; choose --member, --app or --dataset.")
    if member is None and (scopes or days):
        raise InvalidInput("--scope and --days belong to --member.")

    async def work(workspace: Workspace) -> str:
        if member is not None:
            return await workspace.member_desk.create_personal_key(member, scopes or (), days)
        if app is not None:
            return await workspace.create_app_key(app)
        if dataset is not None:
            return await workspace.create_dataset_key(dataset)
        return await workspace.create_workspace_key()

    secret = in_workspace(work)
    screen = Screen()
    if as_json:
        screen.json({"key": secret})
    else:
        screen.say(f"{secret}\n")
        screen.note(screen.line("warn", "This key is not shown again; keep it safe."))


@workspace_command
def list_keys(
    in_workspace: InWorkspace,
    app: ForApp = None,
    state: Annotated[
        KeyState | None, typer.Option("--state", metavar="WORD", help="Only those valid, expired or revoked.")
    ] = None,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List keys, newest first, the revoked ones included; the keys themselves are not stored.

    \b
    Examples:
      loomwork keys list
      loomwork keys list --app 0197... --state valid --json
    """
    asked = PageRequest(limit, after)
    page, apps = in_workspace(lambda workspace: _keys_and_apps(workspace, asked, app, state))
    found, screen = page.items, Screen()
    if as_json:
        for line in found:
            screen.json(dataclasses.asdict(line))
    elif found:
        _show_list(screen, found, apps)
    else:
        screen.note("No keys. Make one: loomwork keys create")
    tell_of_more(screen, page)


async def _keys_and_apps(
    workspace: Workspace, page: PageRequest, app: str | None, state: KeyState | None
) -> tuple[Page[KeyLine], dict[str, str]]:
    names = {each.id: each.name for each in await workspace.list_apps()}
    return await workspace.list_keys(page, app, state=state), names


def _show_list(screen: Screen, keys: Sequence[KeyLine], apps: Mapping[str, str]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [
        (screen.id(key.id), key.kind, _subject(key, apps), key.last_four, key.created_at[:10], _state(key))
        for key in keys
    ]
    screen.show(table(("ID", "Kind", "Of", "Ends in", "Made", "State"), rows, spare=("Made",)))


def _subject(key: KeyLine, apps: Mapping[str, str]) -> str:
    return apps.get(key.subject_id or "", key.subject_id or "-")


def _state(key: KeyLine) -> Text:
    return Text("revoked", style="dim") if key.revoked_at else Text("valid", style="green")


@workspace_command
def revoke(
    in_workspace: InWorkspace,
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, or its end; `loomwork keys list` shows it.")
    ],
) -> None:
    """Revoke a key, from the next request on.

    \b
    Example:
      loomwork keys revoke 0197...
    """
    in_workspace(lambda workspace: workspace.revoke_key(key_id))
    screen = Screen()
    screen.note(screen.line("ok", "Revoked."))


def sign_in_link(context: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """Make a link that signs the owner in to the console. It works once, for 15 minutes.

    \b
    Example:
      loomwork keys sign-in-link
    """
    where = Where(data, None, None)
    link = InWorkspace(host_of(context), where)(lambda workspace: workspace.sign_in_link())
    screen = Screen()
    if as_json:
        screen.json({"link": link})
    else:
        screen.say(f"{link}\n")
