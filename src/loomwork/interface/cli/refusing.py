"""An app file that a command needs, or the reason why it is none."""

import dataclasses
from typing import TYPE_CHECKING

import typer

from loomwork.interface.cli.failures import REFUSED, show_refused_file
from loomwork.interface.cli.screen import Screen

if TYPE_CHECKING:
    from loomwork.dsl import Document


def read_app_file(name: str, content: bytes) -> "Document":
    """The document in a file. Says what is wrong and ends the command where there is none."""
    # Here, so that asking for help does not load the reader of app files.
    from loomwork.apps.application.compile_flow import report
    from loomwork.dsl import DslError, read_document

    try:
        return read_document(content)
    except DslError as error:
        show_refused_file(Screen(), name, [dataclasses.asdict(problem) for problem in report(error.problems)])
        raise typer.Exit(REFUSED) from None
