"""`loomwork up`."""

from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.host import ServeOptions, Serving
from loomwork.interface.cli.options import host_of
from loomwork.interface.cli.screen import Screen


def up(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Option("--host", metavar="H", help="The address to listen on (LOOMWORK_HOST, 127.0.0.1).")
    ] = None,
    port: Annotated[
        str | None, typer.Option("--port", metavar="P", help="The port to listen on (LOOMWORK_PORT, 8700).")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DIR", help="The folder for all state (LOOMWORK_DATA, ./data).")
    ] = None,
) -> None:
    """Start everything, and print a link to the console.

    One process, on this machine only. The link signs you in, once.

    \b
    Examples:
      loomwork up
      loomwork up --port 9000 --data ~/loomwork
    """
    host, screen = host_of(context), Screen()

    def announce(serving: Serving) -> None:
        screen.show(_banner(host.version, serving))
        screen.out.flush()

    try:
        host.serve(ServeOptions(address, port, data), announce)
    except KeyboardInterrupt:
        # Asked to end, it ended.
        screen.note("Stopped.")


def _banner(version: str, serving: Serving) -> Text:
    banner = Text("\n  ").append("Loomwork", style="bold").append(f" {version}", style="dim")
    banner.append("\n\n  Open  ").append(serving.link, style="cyan underline")
    banner.append("\n        signs you in once, within 15 minutes; this makes another:", style="dim")
    banner.append(f"\n        {serving.link_command}", style="dim")
    banner.append(f"\n  API   {serving.url}/api/v1")
    banner.append(f"\n  Data  {serving.data}")
    return banner.append("\n\n  Press Ctrl-C to stop.\n", style="dim")
