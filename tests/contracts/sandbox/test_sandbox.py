"""What every sandbox promises to those who hand it code, in their process and over a service's socket."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest

from loomwork.adapters.remote.line import Line
from loomwork.adapters.remote.sandbox import RemoteSandbox, code_door
from loomwork.adapters.remote.tools import PATH, SERVICE
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.interface.http.internal.app import InternalOptions, create_plugins_app
from loomwork.nodes.ports import (
    CodeFailed,
    CodeFilesForbidden,
    CodeInputTooLarge,
    CodeNetworkForbidden,
    CodeOutputTooLarge,
    CodeProcessesForbidden,
    CodeRefused,
    Sandbox,
    SandboxFailed,
    SandboxLimits,
)
from loomwork.plugins.api import Plugins
from loomwork.tools.api import Tools
from tests.contracts.models.conftest import KEY, serving

LIMITS = SandboxLimits(seconds=60.0, cpu_seconds=60, memory=128 << 20, size=4 << 20)
VALUES: dict[str, Any] = {
    "text": "ä\x00\n\u2028\U0001f600",
    "numbers": [0, -1, 2**53, 1.5, 1e300],
    "nothing": None,
    "truth": [True, False],
    "nested": {"a": [{"b": []}, {}]},
    "": "no name",
}


async def ready() -> Mapping[str, str | None]:
    return {"plugins": None}


async def served(sandbox: Sandbox, key: str = KEY) -> AsyncIterator[Sandbox]:
    """The same, as another process of the installation has it."""
    nobody: Any = None
    tools, plugins = cast(Tools, nobody), cast(Plugins, nobody)
    app = create_plugins_app(tools, plugins, code_door(sandbox), InternalOptions(key=KEY), ready=ready)
    async with serving(app) as url:
        remote = RemoteSandbox(Line(url, key, path=PATH, service=SERVICE))
        yield remote
        await remote.close()


@pytest.fixture(params=["here", "service"])
async def sandbox(request: pytest.FixtureRequest, jailed: JailedSandbox) -> AsyncIterator[Sandbox]:
    if request.param == "here":
        yield jailed
        return
    async for remote in served(jailed):
        yield remote


async def test_python_is_called_with_its_inputs_by_name(sandbox: Sandbox) -> None:
    source = "def main(a, b=2, *, c):\n    return {'sum': a + b + c}"
    assert await sandbox.run("python3", source, {"a": 1, "c": 3}, LIMITS) == {"sum": 6}


async def test_javascript_is_called_with_its_inputs_in_one_object(sandbox: Sandbox) -> None:
    source = "const twice = (n) => n * 2;\nfunction main({a, b}) { return {sum: twice(a) + b} }"
    assert await sandbox.run("javascript", source, {"a": 1, "b": 3}, LIMITS) == {"sum": 5}


@pytest.mark.parametrize(
    "source", ["async function main({a}) { return {a: await a} }", "const main = ({a}) => Promise.resolve({a})"]
)
async def test_javascript_may_promise_its_outputs(sandbox: Sandbox, source: str) -> None:
    assert await sandbox.run("javascript", source, {"a": 1}, LIMITS) == {"a": 1}


async def test_values_pass_whole_both_ways(sandbox: Sandbox) -> None:
    python = "def main(**given): return given"
    script = "function main(given) { return given }"
    assert await sandbox.run("python3", python, VALUES, LIMITS) == VALUES
    assert await sandbox.run("javascript", script, VALUES, LIMITS) == VALUES


async def test_large_values_pass_whole(sandbox: Sandbox) -> None:
    text = "ü" * 400_000
    assert await sandbox.run("python3", "def main(t): return {'t': t}", {"t": text}, LIMITS) == {"t": text}


async def test_the_libraries_of_python_are_there_also_those_that_are_rarely_used(sandbox: Sandbox) -> None:
    source = """
import asyncio, dataclasses, datetime, encodings.idna, hashlib, json, re, statistics, tomllib, urllib.request, zoneinfo
@dataclasses.dataclass
class Point:
    x: int
async def later():
    await asyncio.sleep(0)
    return Point(3)
def main():
    zone = datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')) if zoneinfo.TZPATH else None
    return {'point': asyncio.run(later()).x, 'mean': statistics.mean([1, 3]), 'name': __name__}
"""
    assert await sandbox.run("python3", source, {}, LIMITS) == {"point": 3, "mean": 2, "name": "__main__"}


async def test_science_is_there_where_it_is_installed(sandbox: Sandbox) -> None:
    pytest.importorskip("pandas")
    source = """
import numpy as np
import pandas as pd
def main(rows):
    frame = pd.DataFrame(rows)
    return {'sums': frame.groupby('k')['v'].sum().to_dict(), 'mean': float(np.mean(frame['v']))}
"""
    rows = [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 6}]
    assert await sandbox.run("python3", source, {"rows": rows}, LIMITS) == {"sums": {"a": 7, "b": 2}, "mean": 3.0}
    chance = "import numpy\ndef main(): return {'n': float(numpy.random.random())}"
    assert await sandbox.run("python3", chance, {}, LIMITS) != await sandbox.run("python3", chance, {}, LIMITS)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def main():\n    return {'a': 1 / 0}", "ZeroDivisionError: division by zero (line 2)"),
        ("def main(:", "SyntaxError: invalid syntax (line 1)"),
        ("x = 1", "it has no function 'main', which is what is called"),
        ("def main(): return [1]", "it returned list, not a map of its outputs"),
        ("def main(): return {'a': {1}}", "it returned what is no JSON: Object of type set is not JSON serializable"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("def main(other): ...", "missing 1 required positional argument: 'other'"),
        ("import sys; sys.exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
async def test_python_that_fails_says_why(sandbox: Sandbox, source: str, said: str) -> None:
    with pytest.raises(CodeFailed) as failed:
        await sandbox.run("python3", source, {}, LIMITS)
    assert failed.value.code == "code_failed"
    assert failed.value.message.startswith("The code failed: ")
    assert said in failed.value.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("function main() { throw new Error('boo') }", "Error: boo"),
        ("function main( {", "SyntaxError"),
        ("const a = 1", "there is no function 'main'"),
        ("function main() { return 5 }", "it returned no object of its outputs"),
        ("async function main() { throw new TypeError('later') }", "TypeError: later"),
        ("function main() { throw undefined }", "undefined"),
    ],
)
async def test_javascript_that_fails_says_why(sandbox: Sandbox, source: str, said: str) -> None:
    with pytest.raises(CodeFailed) as failed:
        await sandbox.run("javascript", source, {}, LIMITS)
    assert failed.value.code == "code_failed"
    assert said in failed.value.message


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import urllib.request as r\ndef main(): r.urlopen('http://192.0.2.1/')", CodeNetworkForbidden),
        ("import subprocess\ndef main(): subprocess.run(['ls'])", CodeProcessesForbidden),
        ("def main(): open('/tmp/mine', 'w')", CodeFilesForbidden),
        ("def main(): return {'a': 'x' * 5_000_000}", CodeOutputTooLarge),
    ],
)
async def test_what_is_kept_from_code_has_an_error_of_its_own(
    sandbox: Sandbox, source: str, error: type[CodeFailed]
) -> None:
    with pytest.raises(error) as failed:
        await sandbox.run("python3", source, {}, LIMITS)
    assert failed.value.code == error.code != CodeFailed.code


async def test_inputs_that_are_too_large_start_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(CodeInputTooLarge):
        await sandbox.run("python3", "def main(t): return {}", {"t": "x" * LIMITS.size}, LIMITS)


async def test_more_calls_than_run_at_once_wait_and_all_are_answered(sandbox: Sandbox) -> None:
    source = "import time\ndef main(n):\n    time.sleep(0.01)\n    return {'n': n}"
    runs = await asyncio.gather(*(sandbox.run("python3", source, {"n": n}, LIMITS) for n in range(40)))
    assert [run["n"] for run in runs] == list(range(40))


async def test_a_call_that_nobody_waits_for_is_ended(sandbox: Sandbox) -> None:
    source = "import time\ndef main(): time.sleep(50)"
    calls = [asyncio.create_task(sandbox.run("python3", source, {}, LIMITS)) for _ in range(8)]
    await asyncio.sleep(0.1)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    # All eight places are taken until those calls have ended.
    async with asyncio.timeout(40):
        left: Any = await sandbox.run("python3", "def main(): return {'free': True}", {}, LIMITS)
    assert left == {"free": True}


async def test_a_sandbox_whose_jail_was_ended_builds_it_again(sandbox: Sandbox, jailed: JailedSandbox) -> None:
    for process in jailed.processes():
        os.kill(process, signal.SIGKILL)
    left: list[Any] = []
    for _ in range(3):
        try:
            left.append(await sandbox.run("python3", "def main(): return {'here': 1}", {}, LIMITS))
        except CodeFailed as error:
            left.append(error.code)
    assert left[-1] == {"here": 1}
    assert set(map(str, left)) <= {"sandbox_failed", "code_failed", "{'here': 1}"}


async def test_a_service_without_a_jail_refuses_code_and_nothing_runs_it_here() -> None:
    bare = JailedSandbox(refused="There is no jail on that machine.")
    async for remote in served(bare):
        assert remote.missing() is None
        with pytest.raises(CodeRefused, match="no jail on that machine"):
            await remote.run("python3", "def main(): return {}", {}, LIMITS)
    bare.close()


async def test_code_is_run_for_those_alone_who_know_the_key(jailed: JailedSandbox) -> None:
    async for remote in served(jailed, "another-key-of-thirty-two-characters"):
        with pytest.raises(SandboxFailed, match="does not let us in"):
            await remote.run("python3", "def main(): return {}", {}, LIMITS)


async def test_a_service_that_is_not_there_is_told_in_a_sentence() -> None:
    remote = RemoteSandbox(Line("http://127.0.0.1:1", KEY, path=PATH, service=SERVICE))
    with pytest.raises(SandboxFailed, match="The plugins service cannot be reached"):
        await remote.run("python3", "def main(): return {}", {}, LIMITS)
    await remote.close()
