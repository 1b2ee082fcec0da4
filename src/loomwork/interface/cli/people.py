"""`loomwork people`: passwords, and invitations into the workspace."""

import dataclasses
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AsJson, Data, host_of
from loomwork.interface.cli.pages import After, InvitationState, Limit, tell_of_more
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, Where, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that they sign in by.")]

MOST_TYPED = 4000
"""Characters of a password that is read from a pipe."""


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork people`."""
    people = group(help="Passwords, and invitations into the workspace.")
    people.command(cls=CalmCommand)(password)
    people.command("password-link", cls=CalmCommand)(password_link)
    people.command(cls=CalmCommand)(invite)
    people.command(cls=CalmCommand)(invitations)
    people.command("revoke-invitation", cls=CalmCommand)(revoke_invitation)
    return people


def password(context: typer.Context, email: Email, data: Data = None) -> None:
    """Set a password: of who has this address, or of the owner, who then has it.

    It is asked for, or read from a pipe. Every session of that person ends.

    \b
    Examples:
      loomwork people password ann@example.org
      pwgen 20 1 | loomwork people password ann@example.org
    """
    given = _typed()

    async def work(workspace: Workspace) -> str:
        return await workspace.people.set_password(email, given)

    name = InWorkspace(host_of(context), Where(data, None, None, makes=True))(work)
    screen = Screen()
    screen.note(screen.line("ok", f"{name} signs in with {email.strip().lower()} and this password now."))


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(MOST_TYPED).rstrip("\r\n")
    given = str(typer.prompt("Password", hide_input=True, err=True))
    if given != typer.prompt("The same again", hide_input=True, err=True):
        raise InvalidInput("The two are not the same; nothing was changed.")
    return given


def password_link(context: typer.Context, email: Email, as_json: AsJson = False, data: Data = None) -> None:
    """Make a link for somebody who forgot their password. It works once, for an hour.

    \b
    Example:
      loomwork people password-link ann@example.org
    """
    link = InWorkspace(host_of(context), Where(data, None, None))(lambda it: it.people.password_link(email))
    screen = Screen()
    if as_json:
        screen.json({"link": link})
    else:
        screen.say(f"{link}\n")


@making_command
def invite(
    in_workspace: InWorkspace,
    email: Email,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="What they are to be here.")] = "viewer",
    as_json: AsJson = False,
) -> None:
    """Invite somebody into the workspace. Send them the link that is printed: it works once, for seven days.

    \b
    Example:
      loomwork people invite ben@example.org --role editor
    """
    made = in_workspace(lambda workspace: workspace.people.invite(email, role))
    screen = Screen()
    if as_json:
        screen.json(dataclasses.asdict(made))
    else:
        screen.say(f"{made.link}\n")
        screen.note(screen.line("warn", "This link is not shown again; whoever has it can join."))


@workspace_command
def invitations(
    in_workspace: InWorkspace,
    state: Annotated[
        InvitationState | None, typer.Option("--state", metavar="WORD", help="open, accepted, revoked or expired.")
    ] = None,
    email: Annotated[str, typer.Option("--email", metavar="TEXT", help="Part of an address.")] = "",
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List who was invited, newest first, with what came of it.

    \b
    Examples:
      loomwork people invitations
      loomwork people invitations --state open
    """
    asked = PageRequest(limit, after)
    page = in_workspace(lambda workspace: workspace.people.list_invitations(asked, state=state, email=email))
    found, screen = page.items, Screen()
    if as_json:
        for line in found:
            screen.json(dataclasses.asdict(line))
    elif found:
        from loomwork.interface.cli.tables import table

        rows = [(each.id, each.email, each.role, each.state, each.expires_at[:10]) for each in found]
        screen.show(table(("ID", "E-mail", "Role", "State", "Until"), rows))
    else:
        screen.note("Nobody was invited. Invite somebody: loomwork people invite EMAIL")
    tell_of_more(screen, page)


@workspace_command
def revoke_invitation(
    in_workspace: InWorkspace,
    invitation_id: Annotated[str, typer.Argument(metavar="ID", help="`loomwork people invitations` shows it.")],
) -> None:
    """Take an invitation back.

    \b
    Example:
      loomwork people revoke-invitation 0197...
    """
    in_workspace(lambda workspace: workspace.people.revoke_invitation(invitation_id))
    screen = Screen()
    screen.note(screen.line("ok", "Revoked."))
