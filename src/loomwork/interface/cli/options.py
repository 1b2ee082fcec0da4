"""Options that several commands share."""

from typing import Annotated

import typer

from loomwork.interface.cli.host import Host

Files = Annotated[
    list[str], typer.Argument(metavar="FILE", help="App files (YAML or JSON); - is stdin.", show_default=False)
]
OneFile = Annotated[
    str, typer.Argument(metavar="FILE", help="An app file (YAML or JSON); - is stdin.", show_default=False)
]
AppId = Annotated[
    str,
    typer.Argument(metavar="APP", help="The app's name, or its id or a part of it; `loomwork apps list` shows both."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help="The data folder (LOOMWORK_DATA, ./data).", rich_help_panel="Workspace"),
]
Server = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="A server instead of the data folder.", rich_help_panel="Workspace"),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="A workspace key (lw-...) of that server.", rich_help_panel="Workspace"),
]

InNamed = Annotated[
    str | None,
    typer.Option("--workspace", metavar="NAME", help="Another than the first one.", rich_help_panel="Workspace"),
]


def host_of(context: typer.Context) -> Host:
    """The composition that the entry point handed in."""
    host: Host = context.obj
    return host
