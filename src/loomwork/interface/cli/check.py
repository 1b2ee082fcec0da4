"""`loomwork check`."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import typer
from rich.text import Text

from loomwork.interface.cli.amounts import counted
from loomwork.interface.cli.failures import DONE, REFUSED, is_no_app_file, problem_lines
from loomwork.interface.cli.host import Host, Runtime
from loomwork.interface.cli.options import AsJson, Files, host_of
from loomwork.interface.cli.reading import AppFiles, spoken
from loomwork.interface.cli.screen import Screen, harmless

Verdict = Literal["refused", "not runnable", "stand-in", "runs"]
MARKS: dict[Verdict, str] = {"refused": "fail", "not runnable": "warn", "stand-in": "ok", "runs": "ok"}
SAID: dict[Verdict, str] = {
    "refused": "would not import",
    "not runnable": "imports, does not run whole yet",
    "stand-in": "runs, another model answers",
    "runs": "runs",
}
SUMMED: dict[Verdict, str] = {
    "runs": "would run",
    "stand-in": "would run with another model",
    "not runnable": "would import but not run whole yet",
    "refused": "would not import",
}
NOT_WHOLE = frozenset({"not_runnable_yet", "tool_missing"})
"""Codes of what imports and ends a run that comes to it."""


def check(context: typer.Context, files: Files, as_json: AsJson = False) -> None:
    """Say whether app files would import and run, and what would be different here.

    Marked ok: it runs, though another model may answer. Marked !: it imports, and does not run to its end yet.
    Exit status: 0 where all would import, 2 otherwise.

    \b
    Examples:
      loomwork check app.yml
      loomwork check flows/*.yml --json | jq -r 'select(.ok | not) | .file'
      curl -s https://example.org/app.yml | loomwork check -
    """
    raise typer.Exit(asyncio.run(_check_all(host_of(context), Screen(), files, AppFiles(files), as_json=as_json)))


async def _check_all(host: Host, screen: Screen, files: Sequence[str], given: AppFiles, *, as_json: bool) -> int:
    verdicts: Counter[Verdict] = Counter()
    async with host.runtime() as runtime:
        for file in files:
            found = await _report(file, given, runtime)
            verdicts[_verdict(found)] += 1
            if as_json:
                screen.json(found)
            else:
                _show(screen, found)
    if len(files) > 1 and not as_json:
        screen.note(Text(_sum_of(verdicts), style="bold"))
    return REFUSED if verdicts["refused"] else DONE


async def _report(file: str, given: AppFiles, runtime: Runtime) -> dict[str, Any]:
    from loomwork.apps.application.check_document import check_document_here
    from loomwork.kernel.errors import InvalidInput

    try:
        report = await check_document_here(runtime.scope, given.read(file), runtime.compiler, runtime.models)
    except InvalidInput as error:
        about = {"code": "unreadable_file", "message": error.message, "node_id": None, "place": None}
        problems = [{"level": "error", **about}]
        return {"file": file, "ok": False, "mode": None, "dsl_version": None, "nodes": 0, "problems": problems}
    return {
        "file": file,
        "ok": report.ok,
        "mode": report.mode,
        "dsl_version": report.dsl_version,
        "nodes": report.nodes,
        "problems": [dataclasses.asdict(problem) for problem in report.problems],
    }


def _show(screen: Screen, found: dict[str, Any]) -> None:
    file, summary = Text(harmless(spoken(found["file"])), style="bold"), Text(_summary(found), style="dim")
    screen.show(screen.line(MARKS[_verdict(found)], file, summary))
    for line in problem_lines(found["problems"]):
        screen.show(line)


def _summary(found: dict[str, Any]) -> str:
    if found["mode"] is None:
        none = is_no_app_file(found["file"], [problem["code"] for problem in found["problems"]])
        return "is not an app file" if none else "would not import"
    nodes = counted(found["nodes"], "node")
    version = f"version {found['dsl_version']}" if found["dsl_version"] else "no version"
    return f"{found['mode']}, {nodes}, {version}: {SAID[_verdict(found)]}"


def _verdict(found: dict[str, Any]) -> Verdict:
    codes = {problem["code"] for problem in found["problems"]}
    if not found["ok"]:
        return "refused"
    if codes & NOT_WHOLE:
        return "not runnable"
    return "stand-in" if "model_stands_in" in codes else "runs"


def _sum_of(verdicts: Counter[Verdict]) -> str:
    said = ", ".join(f"{verdicts[each]} {words}" for each, words in SUMMED.items() if verdicts[each])
    return f"{counted(verdicts.total(), 'file')}: {said}."
