"""`loomwork import`."""

from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.amounts import counted
from loomwork.interface.cli.options import AsJson, OneFile
from loomwork.interface.cli.reading import AppFiles
from loomwork.interface.cli.refusing import read_app_file
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import AppLine, Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, making_command

Publish = Annotated[bool, typer.Option("--publish", help="Publish it at once, and make a key for it.")]


@making_command
def import_app(in_workspace: InWorkspace, file: OneFile, publish: Publish = False, as_json: AsJson = False) -> None:
    """Import an app file into the workspace.

    \b
    Examples:
      loomwork import app.yml
      loomwork import app.yml --publish --json
      loomwork import app.yml --server http://127.0.0.1:8700 --key lw-...
    """
    text = app_file_text(file)

    async def work(workspace: Workspace) -> tuple[AppLine, str | None, int]:
        app = await workspace.import_app(text, publish=publish)
        secret = await workspace.create_app_key(app.id) if publish else None
        return app, secret, sum(other.name == app.name for other in await workspace.list_apps(search=app.name))

    app, secret, namesakes = in_workspace(work)
    screen = Screen()
    if as_json:
        screen.json({"app_id": app.id, "api_key": secret})
    else:
        _show(screen, app, secret)
        if namesakes > 1:
            screen.note(screen.line("warn", f"There are {namesakes} apps of this name now; this one has the id above."))


def app_file_text(file: str) -> str:
    """The file as text; one that is not UTF-8 is read and written again. Ends the command where it is no app file."""
    from loomwork.dsl import write_document

    content = AppFiles([file]).read(file)
    document = read_app_file(file, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return write_document(document)


def _show(screen: Screen, app: AppLine, secret: str | None) -> None:
    state = f"published as version {app.published_version}" if app.published_version else "as a draft"
    warnings = f", with {counted(app.warnings, 'warning')} (loomwork check lists them)" if app.warnings else ""
    screen.show(screen.line("ok", f"Imported '{app.name}' {state}{warnings}."))
    screen.show(Text(f"  app  {app.id}"))
    if secret is not None:
        screen.show(Text(f"  key  {secret}").append("  shown once; keep it", style="dim"))
