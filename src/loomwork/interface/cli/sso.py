"""`loomwork sso`: where people are known who sign in from elsewhere."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from loomwork.interface.cli.failures import FAILED
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.sign_on_desk import FindingLine
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command

_MARKS = {True: "ok", None: "warn", False: "fail"}


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork sso`."""
    sso = group(help="Single sign-on: the providers that people sign in with (OpenID Connect).")
    sso.command("list", cls=CalmCommand)(list_providers)
    sso.command("test", cls=CalmCommand)(examine)
    return sso


@workspace_command
def list_providers(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the providers of identity that are set up (LOOMWORK_SSO), and where people come back to.

    \b
    Example:
      loomwork sso list
    """
    found = in_workspace(lambda workspace: workspace.sign_on.list_providers())
    screen = Screen()
    if as_json:
        for line in found:
            screen.json(dataclasses.asdict(line))
    elif found:
        from loomwork.interface.cli.tables import table

        rows = [
            (each.id, each.label, each.issuer, ", ".join(each.domains) or "any", each.join or "who is invited")
            for each in found
        ]
        screen.show(table(("ID", "Label", "Issuer", "Domains", "Lets in"), rows))
    else:
        screen.note("Nobody signs in from elsewhere. Set LOOMWORK_SSO; docs/single-sign-on.md shows how.")


@workspace_command
def examine(
    in_workspace: InWorkspace,
    provider: Annotated[str | None, typer.Argument(metavar="ID", help="One provider; all without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read what a provider says of itself, and say what is wrong. Ends with 1 where something is.

    Nobody is signed in: whether the client id and its secret are right shows when somebody signs in.

    \b
    Examples:
      loomwork sso test
      loomwork sso test corp --json
    """
    found = in_workspace(lambda workspace: _tested(workspace, provider))
    screen = Screen()
    for name, lines in found:
        for line in lines:
            if as_json:
                screen.json({"provider": name, **dataclasses.asdict(line)})
            else:
                screen.note(screen.line(_MARKS[line.is_good], f"{name}: {harmless(line.sentence)}"))
    if not found:
        screen.note("No provider is set up. Set LOOMWORK_SSO; docs/single-sign-on.md shows how.")
    if any(line.is_good is False for _, lines in found for line in lines):
        raise typer.Exit(FAILED)


async def _tested(workspace: Workspace, provider: str | None) -> Sequence[tuple[str, Sequence[FindingLine]]]:
    desk = workspace.sign_on
    names = [provider] if provider is not None else [each.id for each in await desk.list_providers()]
    return [(name, await desk.test(name)) for name in names]
