"""`loomwork secrets`: what credentials are sealed with."""

import asyncio
from collections.abc import Callable

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AsJson, Data, host_of
from loomwork.interface.cli.screen import Screen


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork secrets`."""
    secrets = group(help="The keys that credentials are sealed with.")
    # A group of one command would otherwise be that command.
    secrets.callback()(_named)
    secrets.command(cls=CalmCommand)(rotate)
    return secrets


def _named() -> None:
    pass


def rotate(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """Seal the credentials of every workspace anew, each workspace's with a data key made for it now.

    The secret key that wraps data keys stays. To exchange that one, name the new one before the old
    (LOOMWORK_SECRET_KEY=new,old) and call this; the old one can go then.

    \b
    Examples:
      loomwork secrets rotate
    """
    count = asyncio.run(host_of(context).rotate_secrets(data))
    screen = Screen()
    if as_json:
        screen.json({"credentials": count})
    else:
        screen.note(screen.line("ok", f"{count} {'credential is' if count == 1 else 'credentials are'} sealed anew."))
