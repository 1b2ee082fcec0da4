"""`loomwork workspaces export` and `loomwork end-users`: what is taken out, and what is taken away."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput

NewFile = Annotated[Path, typer.Argument(metavar="FILE", help="A ZIP file that is not there yet.", show_default=False)]
EndUser = Annotated[str, typer.Argument(metavar="NAME", help="What apps call the person.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def end_user_commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork end-users`."""
    end_users = group(help="What is kept of the people who use apps.")
    end_users.command("export", cls=CalmCommand)(export_end_user)
    end_users.command("erase", cls=CalmCommand)(erase_end_user)
    return end_users


@workspace_command
def export_workspace(in_workspace: InWorkspace, file: NewFile, as_json: AsJson = False) -> None:
    """Take out all that the workspace holds, but for secrets: records as JSON lines, app files, and a manifest.

    \b
    Example:
      loomwork workspaces export acme.zip --workspace acme
    """
    _take(in_workspace, file, lambda workspace: workspace.takeout_desk.export_workspace(), as_json)


@workspace_command
def export_end_user(in_workspace: InWorkspace, end_user: EndUser, file: NewFile, as_json: AsJson = False) -> None:
    """Take out all that tells of one end user: runs, conversations, messages, feedback, and what was used of models.

    \b
    Example:
      loomwork end-users export ann@example.org ann.zip
    """
    _take(in_workspace, file, lambda workspace: workspace.takeout_desk.export_end_user(end_user), as_json)


@workspace_command
def erase_end_user(in_workspace: InWorkspace, end_user: EndUser, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take away all that tells of one end user, for good. What was used of models stays counted, without the name.

    The audit trail keeps that somebody was erased, under the id that is printed, and not who.

    \b
    Example:
      loomwork end-users erase ann@example.org --yes
    """
    if not yes:
        typer.confirm(f"Take away all that tells of {end_user}, for good?", abort=True, err=True)
    erased = in_workspace(lambda workspace: workspace.takeout_desk.erase_end_user(end_user))
    screen = Screen()
    if as_json:
        screen.json(erased)
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in erased["rows"].items()) or "there was nothing"
        screen.note(screen.line("ok", f"Erased: {counts}. In the audit trail: {erased['id']}"))


def _take(
    in_workspace: InWorkspace, file: Path, pieces: Callable[[Workspace], AsyncIterator[bytes]], as_json: bool
) -> None:
    # Here, because most commands do not need it, and it takes time to import.
    from loomwork.tenancy.application.archive import check_archive

    with _new(file) as out:

        async def work(workspace: Workspace) -> None:
            async for piece in pieces(workspace):
                out.write(piece)

        in_workspace(work)
        manifest = check_archive(out)
    _say(file, manifest, as_json)


def _say(file: Path, manifest: Mapping[str, Any], as_json: bool) -> None:
    screen, files = Screen(), manifest["files"]
    if as_json:
        screen.json({"file": str(file), "manifest": manifest})
        return
    lines = sum(each.get("lines", 0) for each in files)
    screen.note(screen.line("ok", f"{lines} records in {len(files)} files are in {file}; their checksums hold."))


@contextlib.contextmanager
def _new(file: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone, which is under its name once it is whole. Raises `InvalidInput` where it is there."""
    if file.exists():
        raise InvalidInput(f"{file} is there already, and nothing is written over it.")
    partial = file.with_name(f"{file.name}.partial")
    try:
        out = open(partial, "x+b", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
    except OSError as error:
        raise InvalidInput(f"{partial} cannot be written: {error.strerror}.") from None
    try:
        with out:
            yield out
        partial.rename(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
