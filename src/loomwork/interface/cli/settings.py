"""`loomwork settings`."""

import typer
from rich.text import Text

from loomwork.interface.cli.host import SettingLine
from loomwork.interface.cli.options import AsJson, host_of
from loomwork.interface.cli.screen import Screen, harmless

TABLE_WIDTH = 120
"""Cells. In a narrower window a table would break every meaning into crumbs."""


def settings(context: typer.Context, as_json: AsJson = False) -> None:
    """List every setting, its value and its meaning.

    \b
    Examples:
      loomwork settings
      LOOMWORK_PORT=9000 loomwork settings --json
    """
    found = host_of(context).settings()
    screen = Screen()
    if as_json:
        for line in found:
            screen.json({name: getattr(line, name) for name in ("name", "value", "default", "meaning", "secret")})
        return
    if screen.console.width < TABLE_WIDTH:
        for line in found:
            screen.show(Text(f"{line.name}  ", style="cyan").append_text(_value(line)))
            screen.show(Text(f"    {line.meaning}", style="dim"))
        return
    from loomwork.interface.cli.tables import table

    rows = [(line.name, _value(line), Text(line.meaning, style="dim")) for line in found]
    screen.show(table(("Variable", "Value", "Meaning"), rows))


def _value(line: SettingLine) -> Text:
    if line.secret:
        return Text(line.value, style="green" if line.value == "set" else "dim")
    changed = line.value not in ("", line.default)
    return Text(harmless(line.value) or "-", style="" if changed else "dim")
