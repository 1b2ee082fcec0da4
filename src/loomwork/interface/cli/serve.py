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
    serve.command(cls=CalmCommand)(plugins)
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
        screen.show(_banner("inference", host.version, url, _MODELS))
        screen.out.flush()

    try:
        host.serve_inference(ServeOptions(address, port, data), announce)
    except KeyboardInterrupt:
        # Asked to end, it ended.
        screen.note("Stopped.")


def plugins(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Option("--host", metavar="H", help="The address to listen on (LOOMWORK_PLUGINS_HOST, 127.0.0.1)."),
    ] = None,
    port: Annotated[
        str | None, typer.Option("--port", metavar="P", help="The port to listen on (LOOMWORK_PLUGINS_PORT, 8702).")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DIR", help="Whose plugins, catalog and secret.key (LOOMWORK_DATA, ./data)."),
    ] = None,
) -> None:
    """Call tools, and run plugins and the code of apps, for other processes.

    Plugins lie in its data folder. What workspaces have switched, stored and imported is in LOOMWORK_DATABASE_URL, the
    same on both sides. Other machines may ask only with the LOOMWORK_INTERNAL_KEY that both sides are given.

    \b
    Examples:
      loomwork serve plugins
      LOOMWORK_PLUGINS_URL=http://127.0.0.1:8702 loomwork up
    """
    host, screen = host_of(context), Screen()

    def announce(url: str) -> None:
        screen.show(_banner("plugins", host.version, url, _TOOLS))
        screen.out.flush()

    try:
        host.serve_plugins(ServeOptions(address, port, data), announce)
    except KeyboardInterrupt:
        # Asked to end, it ended.
        screen.note("Stopped.")


_MODELS = "for LOOMWORK_INFERENCE_URL where models are asked from"
_TOOLS = "for LOOMWORK_PLUGINS_URL where tools are called from"


def _banner(part: str, version: str, url: str, use: str) -> Text:
    banner = Text("\n  ").append(f"Loomwork {part}", style="bold").append(f" {version}", style="dim")
    banner.append("\n\n  URL   ").append(url, style="cyan underline")
    banner.append(f"\n        {use}", style="dim")
    return banner.append("\n\n  Press Ctrl-C to stop.\n", style="dim")
