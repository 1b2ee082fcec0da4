"""`loomwork run`."""

import asyncio
from typing import Annotated

import typer

from loomwork.interface.cli.options import AsJson, Files, host_of
from loomwork.interface.cli.reading import AppFiles
from loomwork.interface.cli.screen import Screen


def run(
    context: typer.Context,
    files: Files,
    inputs: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="An input of the app's form; may be repeated."),
    ] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", metavar="TEXT", help="What to ask a chat app.")] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="NAME=PATH", help="A file for an input, or for sys.files; may be repeated."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="PROVIDER/MODEL", help="The model that answers for every model of the app."),
    ] = None,
    mocks: Annotated[
        str | None, typer.Option("--mocks", metavar="FILE", help="Outputs that stand in for nodes (JSON).")
    ] = None,
    mock_outside: Annotated[
        bool, typer.Option("--mock-outside", help="Let nothing leave this process: models, tools, HTTP stand in.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Print every event as JSON, as it happens.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run app files here and now, without a server.

    The answer streams to stdout, the progress of nodes to stderr.
    Exit status: 0 done, 1 failed or stopped, 2 refused, 3 paused.

    \b
    Examples:
      loomwork run summarise.yml -i text="The quick brown fox ..."
      loomwork run summarise.yml --file text=article.txt -i words=50
      loomwork run chat.yml --query "What is a loom?" --model local/qwen2.5-coder-0.5b
      loomwork run flows/*.yml --mock-outside --json | jq .status
      loomwork apps export 0197... | loomwork run - --query "Hello"
    """
    # Here, so that asking for help does not load the engine.
    from loomwork.interface.cli.given import read_mocks
    from loomwork.interface.cli.run_files import RunOptions, run_files

    options = RunOptions(
        inputs=inputs or (),
        query=query,
        files=file or (),
        model=model,
        mocks=read_mocks(mocks) if mocks is not None else {},
        mock_outside=mock_outside,
        events=events,
        json=as_json,
    )
    given = AppFiles(files)
    raise typer.Exit(asyncio.run(run_files(host_of(context), Screen(), files, given, options)))
