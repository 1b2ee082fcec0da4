"""`loomwork serve ...`: parts of an installation as processes of their own."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.host import ServeOptions
from loomwork.interface.cli.options import host_of
from loomwork.interface.cli.screen import Screen


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork serve`."""
    serve = group(help="Serve a part of an installation as a process of its own.")
    # With one command alone, typer would take the group for that command.
    serve.callback()(_serve)
    serve.command(cls=CalmCommand)(inference)
    return serve


def _serve() -> None:
    pass


def inference(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Option("--host", metavar="H", help="The address to listen on (LOOMWORK_INFERENCE_HOST, 127.0.0.1)."),
    ] = None,
    port: Annotated[
        str | None, typer.Option("--port", metavar="P", help="The port to listen on (LOOMWORK_INFERENCE_PORT, 8701).")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DIR", help="Whose catalog and secret.key to use (LOOMWORK_DATA, ./data)."),
    ] = None,
) -> None:
    """Call models for other processes.

    It serves nothing else, and keeps nothing. It knows the credentials of its environment; with LOOMWORK_DATABASE_URL
    it also uses the stored credentials, routes and budgets there. Other machines may ask only with the
    LOOMWORK_INTERNAL_KEY that both sides are given.

    \b
    Examples:
      loomwork serve inference
      LOOMWORK_INFERENCE_URL=http://127.0.0.1:8701 loomwork up
    """
    host, screen = host_of(context), Screen()

    def announce(url: str) -> None:
        screen.show(_banner(host.version, url))
        screen.out.flush()

    try:
        host.serve_inference(ServeOptions(address, port, data), announce)
    except KeyboardInterrupt:
        # Asked to end, it ended.
        screen.note("Stopped.")


def _banner(version: str, url: str) -> Text:
    banner = Text("\n  ").append("Loomwork inference", style="bold").append(f" {version}", style="dim")
    banner.append("\n\n  URL   ").append(url, style="cyan underline")
    banner.append("\n        for LOOMWORK_INFERENCE_URL where models are asked from", style="dim")
    return banner.append("\n\n  Press Ctrl-C to stop.\n", style="dim")
