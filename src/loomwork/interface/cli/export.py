"""`loomwork export`."""

from pathlib import Path
from typing import Annotated

import typer

from loomwork.interface.cli.options import OneFile
from loomwork.interface.cli.reading import AppFiles
from loomwork.interface.cli.screen import Screen

Out = Annotated[str | None, typer.Option("-o", "--out", metavar="OUT", help="Write here instead of to stdout.")]


def export(file: OneFile, out: Out = None) -> None:
    """Read an app file and write it again.

    What is written reads as the same tree; a JSON wrapper is taken off.

    \b
    Examples:
      loomwork export app.json > app.yml
      loomwork export app.yml -o tidy.yml
      curl -s https://example.org/app.yml | loomwork export -
    """
    # Here, so that asking for help does not load the reader of app files.
    from loomwork.dsl import write_document
    from loomwork.interface.cli.refusing import read_app_file

    write_out(Screen(), write_document(read_app_file(file, AppFiles([file]).read(file))), out)


def write_out(screen: Screen, text: str, out: str | None) -> None:
    """Write a document to a file, or to stdout. Raises `InvalidInput` where the file cannot be written."""
    from loomwork.kernel.errors import InvalidInput

    content = text.encode("utf-8", "surrogatepass")
    if out is None:
        screen.data(content)
        return
    try:
        Path(out).write_bytes(content)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name is no path"
        raise InvalidInput(f"{out} cannot be written: {reason}.") from None
    screen.note(screen.line("ok", f"Written to {out}."))
