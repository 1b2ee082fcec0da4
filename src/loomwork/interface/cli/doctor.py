"""`loomwork doctor`: what works on this machine and what does not, and what to do about it."""

import asyncio
import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from loomwork.interface.cli.failures import DONE, FAILED
from loomwork.interface.cli.options import AsJson, Data, host_of
from loomwork.interface.cli.screen import Screen, harmless

if TYPE_CHECKING:
    from loomwork.interface.cli.examination import Finding


def doctor(context: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """Say what works on this machine and what does not.

    Nothing is changed.
    Exit status: 0 unless something fails.

    \b
    Examples:
      loomwork doctor
      loomwork doctor --json | jq 'select(.status != "ok")'
    """
    from loomwork.interface.cli.examination import examine

    host, screen = host_of(context), Screen()
    findings = asyncio.run(examine(host, data))
    for finding in findings:
        if as_json:
            screen.json(dataclasses.asdict(finding))
        else:
            _show(screen, finding)
    if not as_json:
        screen.show(Text(f"\n{_verdict(findings)}", style="dim"))
    raise typer.Exit(FAILED if any(finding.status == "fail" for finding in findings) else DONE)


def _show(screen: Screen, finding: "Finding") -> None:
    name = Text(f"{finding.name:<16}", style="bold")
    screen.show(screen.line(finding.status, name, harmless(finding.message)))
    if finding.advice:
        screen.show(Text(f"{'':<19}{harmless(finding.advice)}", style="dim"))


def _verdict(findings: "list[Finding]") -> str:
    counts = Counter(finding.status for finding in findings)
    if counts["fail"]:
        return f"{counts['fail']} of {len(findings)} fail."
    if counts["warn"]:
        return f"Loomwork works here; {counts['warn']} of {len(findings)} could be better."
    return "Everything works here."
