"""`loomwork workspaces`, `loomwork members` and `loomwork roles`: who works where, as what."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AppId, AsJson, Data, host_of
from loomwork.interface.cli.pages import After, Limit, tell_of_more
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.takeout import export_workspace
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest

Group = Callable[..., typer.Typer]
WhoIs = Annotated[str, typer.Argument(metavar="MEMBER", help="A member's e-mail address or id.")]
RoleName = Annotated[
    str, typer.Argument(metavar="ROLE", help="owner, admin, editor, operator, viewer, or the name or id of a role.")
]
OwnRole = Annotated[str, typer.Argument(metavar="ROLE", help="The name or id of a role of the workspace's own.")]
RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", help="What they are to be; see `loomwork roles`.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def workspace_commands(group: Group) -> typer.Typer:
    """The commands of `loomwork workspaces`."""
    workspaces = group(help="The workspaces of the installation. Other commands take --workspace NAME.")
    workspaces.command("list", cls=CalmCommand)(list_workspaces)
    workspaces.command("create", cls=CalmCommand)(create_workspace)
    workspaces.command("use", cls=CalmCommand)(use_workspace)
    workspaces.command("rename", cls=CalmCommand)(rename_workspace)
    workspaces.command("transfer", cls=CalmCommand)(transfer_workspace)
    workspaces.command("export", cls=CalmCommand)(export_workspace)
    workspaces.command("delete", cls=CalmCommand)(delete_workspace)
    return workspaces


def member_commands(group: Group) -> typer.Typer:
    """The commands of `loomwork members`."""
    members = group(help="The members of a workspace.")
    members.command("list", cls=CalmCommand)(list_members)
    members.command("add", cls=CalmCommand)(add_member)
    members.command("role", cls=CalmCommand)(change_role)
    members.command("grant", cls=CalmCommand)(grant)
    members.command("ungrant", cls=CalmCommand)(take_back)
    members.command("grants", cls=CalmCommand)(list_grants)
    members.command("remove", cls=CalmCommand)(remove_member)
    return members


def role_commands(group: Group) -> typer.Typer:
    """The commands of `loomwork roles`."""
    roles = group(help="The roles of a workspace, and what each may do.")
    roles.command("list", cls=CalmCommand)(list_roles)
    roles.command("create", cls=CalmCommand)(create_role)
    roles.command("edit", cls=CalmCommand)(edit_role)
    roles.command("delete", cls=CalmCommand)(delete_role)
    return roles


@workspace_command
def list_workspaces(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the workspaces: all of a data folder, or those that a key opens.

    \b
    Example:
      loomwork workspaces list
    """
    found = in_workspace(lambda workspace: workspace.member_desk.list_workspaces())
    _show(found, as_json, ("slug", "name", "id"))


@making_command
def create_workspace(
    in_workspace: InWorkspace,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    slug: Annotated[str | None, typer.Option("--slug", metavar="SLUG", help="Its short name; else made of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a workspace without anything in it.

    \b
    Example:
      loomwork workspaces create Acme
    """
    made = in_workspace(lambda workspace: workspace.member_desk.create_workspace(name, slug))
    _say(made, as_json, f"Made the workspace {made['slug']}.")


def use_workspace(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its short name or id; `default` is the first one.")],
    data: Data = None,
) -> None:
    """Have other commands on this data folder speak to a workspace where they name none with --workspace.

    \b
    Example:
      loomwork workspaces use acme
    """
    _done(f"From now on: {asyncio.run(host_of(context).use_workspace(data, name))}.")


@workspace_command
def rename_workspace(
    in_workspace: InWorkspace,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What people are to call it.")] = None,
    slug: Annotated[str | None, typer.Option("--slug", metavar="SLUG", help="Another short name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give the workspace another name, or another short name.

    \b
    Example:
      loomwork workspaces rename "Acme Limited" --slug acme-limited --workspace acme
    """
    if name is None and slug is None:
        raise InvalidInput("Say the new name, or --slug with the new short name.")
    changed = in_workspace(lambda workspace: workspace.member_desk.rename_workspace(name, slug))
    _say(changed, as_json, f"It is {changed['name']} now, in short {changed['slug']}.")


@workspace_command
def transfer_workspace(in_workspace: InWorkspace, member: WhoIs, yes: Yes = False) -> None:
    """Make a member the owner of the workspace; whoever owned it becomes an admin.

    \b
    Example:
      loomwork workspaces transfer ada@example.org --workspace acme --yes
    """
    if not yes:
        typer.confirm(f"Make {member} the owner?", abort=True, err=True)
    in_workspace(lambda workspace: workspace.member_desk.transfer_workspace(member))
    _done("Handed on.")


@workspace_command
def delete_workspace(
    in_workspace: InWorkspace,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its short name, once more: to be sure.")],
    yes: Yes = False,
) -> None:
    """Delete the workspace that --workspace names, with all that it holds, for good.

    \b
    Example:
      loomwork workspaces delete acme --workspace acme --yes
    """
    if not yes:
        typer.confirm(f"Delete the workspace {slug} with all that it holds?", abort=True, err=True)
    in_workspace(lambda workspace: workspace.member_desk.delete_workspace(slug))
    _done("Deleted.")


@workspace_command
def list_members(
    in_workspace: InWorkspace,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of a name or an address.")] = "",
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Only those of this role.")] = None,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List the members, oldest first.

    \b
    Examples:
      loomwork members list --workspace acme
      loomwork members list --role viewer --search @example.org
    """
    asked = PageRequest(limit, after)
    found = in_workspace(lambda workspace: workspace.member_desk.list_members(asked, search=search, role=role))
    _show(found.items, as_json, ("email", "name", "role", "id"))
    tell_of_more(Screen(), found)


@workspace_command
def add_member(
    in_workspace: InWorkspace,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")],
    role: RoleOption = "viewer",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What they are called.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make somebody a member.

    \b
    Example:
      loomwork members add ada@example.org --role editor --workspace acme
    """
    added = in_workspace(lambda workspace: workspace.member_desk.add_member(email, role, name))
    _say(added, as_json, f"{added['email']} is a member now.")


@workspace_command
def change_role(in_workspace: InWorkspace, member: WhoIs, role: RoleName, as_json: AsJson = False) -> None:
    """Give a member another role.

    \b
    Example:
      loomwork members role ada@example.org viewer --workspace acme
    """
    changed = in_workspace(lambda workspace: workspace.member_desk.change_role(member, role))
    _say(changed, as_json, "From their next request on.")


@workspace_command
def grant(
    in_workspace: InWorkspace,
    member: WhoIs,
    app_id: AppId,
    role: RoleName,
) -> None:
    """Let a member do with one app what a role holds of apps, whatever their own role is.

    \b
    Example:
      loomwork members grant bob@example.org "Support chat" editor
    """
    in_workspace(lambda workspace: workspace.member_desk.grant(member, app_id, role))
    _done("Granted.")


@workspace_command
def take_back(in_workspace: InWorkspace, member: WhoIs, app_id: AppId) -> None:
    """Take back what a member was granted of an app.

    \b
    Example:
      loomwork members ungrant bob@example.org "Support chat"
    """
    in_workspace(lambda workspace: workspace.member_desk.take_back(member, app_id))
    _done("Taken back.")


@workspace_command
def list_grants(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List what members may do with single apps, beside their roles.

    \b
    Example:
      loomwork members grants --workspace acme
    """
    found = in_workspace(lambda workspace: workspace.member_desk.list_grants())
    _show(found, as_json, ("member_id", "app_id", "role"))


@workspace_command
def remove_member(in_workspace: InWorkspace, member: WhoIs) -> None:
    """Shut a member out: their sessions and keys open nothing of the workspace within five seconds.

    \b
    Example:
      loomwork members remove ada@example.org --workspace acme
    """
    in_workspace(lambda workspace: workspace.member_desk.remove_member(member))
    _done("Removed.")


@workspace_command
def list_roles(
    in_workspace: InWorkspace,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of a name.")] = "",
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List the roles, and what each may do.

    \b
    Example:
      loomwork roles list --json
    """
    asked = PageRequest(limit, after)
    found = in_workspace(lambda workspace: workspace.member_desk.list_roles(asked, search=search))
    shown = [{**each, "permissions": ", ".join(each["permissions"])} for each in found.items]
    _show(found.items if as_json else shown, as_json, ("name", "permissions", "id"))
    tell_of_more(Screen(), found)


@workspace_command
def create_role(
    in_workspace: InWorkspace,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    permissions: Annotated[
        list[str], typer.Option("--permission", metavar="WORD", help="Such as apps.read; may be repeated.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a role of named permissions.

    \b
    Example:
      loomwork roles create Publisher --permission apps.read --permission apps.publish
    """
    made = in_workspace(lambda workspace: workspace.member_desk.create_role(name, permissions))
    _say(made, as_json, f"Made the role {made['id']}.")


@workspace_command
def edit_role(
    in_workspace: InWorkspace,
    role: OwnRole,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    permissions: Annotated[
        list[str] | None,
        typer.Option("--permission", metavar="WORD", help="All that it is to hold; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a role of the workspace's own, for all who have it.

    \b
    Example:
      loomwork roles edit Publisher --permission apps.read --permission apps.publish --permission runs.read
    """
    if name is None and not permissions:
        raise InvalidInput("Say what is to change: --name, or each --permission that it is to hold.")
    changed = in_workspace(lambda workspace: workspace.member_desk.change_own_role(role, name, permissions or None))
    _say(changed, as_json, f"{changed['name']} holds {', '.join(changed['permissions'])}.")


@workspace_command
def delete_role(in_workspace: InWorkspace, role: OwnRole) -> None:
    """Delete a role of the workspace's own, which nobody may have any more.

    \b
    Example:
      loomwork roles delete Publisher
    """
    in_workspace(lambda workspace: workspace.member_desk.remove_role(role))
    _done("Deleted.")


def _show(found: Sequence[Facts], as_json: bool, columns: Sequence[str]) -> None:
    from loomwork.interface.cli.tables import table

    screen = Screen()
    if as_json:
        for each in found:
            screen.json(each)
    elif found:
        rows = [tuple(harmless(str(each[column] or "-")) for column in columns) for each in found]
        screen.show(table(tuple(column.capitalize() for column in columns), rows))


def _say(facts: Facts, as_json: bool, sentence: str) -> None:
    if as_json:
        Screen().json(facts)
    else:
        _done(sentence)


def _done(sentence: str) -> None:
    screen = Screen()
    screen.note(screen.line("ok", sentence))
