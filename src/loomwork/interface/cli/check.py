"""`loomwork check`."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import typer
from rich.text import Text

from loomwork.interface.cli.amounts import counted
from loomwork.interface.cli.failures import DONE, REFUSED, is_no_app_file, problem_lines
from loomwork.interface.cli.host import Host, Runtime
from loomwork.interface.cli.options import AsJson, Files, host_of
from loomwork.interface.cli.reading import AppFiles, spoken
from loomwork.interface.cli.screen import Screen, harmless


def check(context: typer.Context, files: Files, as_json: AsJson = False) -> None:
    """Say whether app files would import and run.

    Also which models would stand in for those that are not here.
    Exit status: 0 where all would import, 2 otherwise.

    \b
    Examples:
      loomwork check app.yml
      loomwork check flows/*.yml --json | jq -r 'select(.ok | not) | .file'
      curl -s https://example.org/app.yml | loomwork check -
    """
    raise typer.Exit(asyncio.run(_check_all(host_of(context), Screen(), files, AppFiles(files), as_json=as_json)))


async def _check_all(host: Host, screen: Screen, files: Sequence[str], given: AppFiles, *, as_json: bool) -> int:
    all_ok = True
    async with host.runtime() as runtime:
        for file in files:
            found = await _report(file, given, runtime)
            all_ok = all_ok and found["ok"]
            if as_json:
                screen.json(found)
            else:
                _show(screen, found)
    return DONE if all_ok else REFUSED


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
    warnings = sum(problem["level"] == "warning" for problem in found["problems"])
    kind = "fail" if not found["ok"] else "warn" if warnings else "ok"
    screen.show(
        screen.line(kind, Text(harmless(spoken(found["file"])), style="bold"), Text(_summary(found), style="dim"))
    )
    for line in problem_lines(found["problems"]):
        screen.show(line)


def _summary(found: dict[str, Any]) -> str:
    if found["mode"] is None:
        none = is_no_app_file(found["file"], [problem["code"] for problem in found["problems"]])
        return "is not an app file" if none else "would not import"
    nodes = counted(found["nodes"], "node")
    version = f"version {found['dsl_version']}" if found["dsl_version"] else "no version"
    return ", ".join([found["mode"], nodes, version, *([] if found["ok"] else ["would not import"])])
