"""Nothing that code tries gets it out of its jail, beyond its limits, or to another call."""

import asyncio
import os
import platform
from dataclasses import replace
from typing import Any

import pytest

from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.nodes.ports import (
    CodeCpuExceeded,
    CodeFailed,
    CodeLanguage,
    CodeMemoryExceeded,
    CodeOpenFilesExceeded,
    CodeOutputTooLarge,
    CodeThreadsExceeded,
    CodeTimeout,
    SandboxLimits,
)
from tests.contracts.sandbox.escapes import ATTEMPTS, BEGINNING, source_of
from tests.contracts.sandbox.surroundings import Surroundings

AMPLE = SandboxLimits(seconds=60.0, cpu_seconds=60, memory=128 << 20, size=1 << 20)
SHORT = SandboxLimits(seconds=0.2, cpu_seconds=60, memory=128 << 20, size=1 << 20)
SMALL = SandboxLimits(seconds=60.0, cpu_seconds=60, memory=48 << 20, size=64_000)
LATE = 10
"""Times the limit and half a second, by which a call is over on a machine that has much else to do."""

STILL_HERE = "def main(): return {'here': sum(range(4))}"

needs_these_numbers = pytest.mark.skipif(platform.machine() != "x86_64", reason="the attempts use numbers of x86-64")


async def result(
    sandbox: JailedSandbox,
    source: str,
    limits: SandboxLimits,
    inputs: dict[str, Any] | None = None,
    language: CodeLanguage = "python3",
) -> Any:
    """What came of the code: its outputs, or the error. A call that is not over in time raises."""
    try:
        async with asyncio.timeout((limits.seconds + 0.5) * LATE):
            return await sandbox.run(language, source, inputs or {}, limits)
    except CodeFailed as error:
        return error


@needs_these_numbers
@pytest.mark.parametrize("name", ATTEMPTS)
async def test_code_cannot(sandbox: JailedSandbox, around: Surroundings, name: str) -> None:
    left = await result(sandbox, source_of(ATTEMPTS[name]), AMPLE, around.given)
    assert isinstance(left, CodeFailed) or not left.get("got"), left
    assert around.untouched()


BOMBS = {
    "a list": "kept = []\nwhile True: kept.append(' ' * 1_000_000 + str(len(kept)))",
    "one text": "text = 'x'\nwhile True: text += text",
    "one array": "bytearray(10**12)",
    "pages of its own": "import mmap\nkept = [mmap.mmap(-1, 1 << 24) for _ in range(10**6)]",
    "pages that are shared": "import mmap\nkept = [mmap.mmap(-1, 1 << 24, mmap.MAP_SHARED) for _ in range(10**6)]",
    "a pattern": "import itertools\nlist(itertools.product(range(10), repeat=12))",
    "a number": "(1 << (1 << 34)) + 1",
}


@pytest.mark.parametrize("name", BOMBS)
async def test_memory_ends(sandbox: JailedSandbox, name: str) -> None:
    left = await result(sandbox, BOMBS[name], SMALL)
    # What maps pages by itself meets an OSError instead.
    assert isinstance(left, CodeMemoryExceeded) or "Cannot allocate memory" in left.message, left


ENDLESS = {
    "a loop": "while True: pass",
    "a loop that catches all": "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "sleep": "import time\ntime.sleep(1000)",
    "a regular expression": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "a power": "pow(7, 10**8) % 3",
    "a wait": "import threading\nthreading.Event().wait()",
    "a wait for its channel": "import os\nwhile True: os.read(3, 1)",
    "signals ignored": """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
""",
    "at its end": "import atexit, time\natexit.register(time.sleep, 1000)\nimport sys\ntime.sleep(1000)",
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_time_ends(sandbox: JailedSandbox, name: str) -> None:
    assert isinstance(await result(sandbox, ENDLESS[name], SHORT), CodeTimeout)


async def test_a_computation_ends_by_the_time_it_computes(sandbox: JailedSandbox) -> None:
    limits = SandboxLimits(seconds=60.0, cpu_seconds=1, memory=128 << 20)
    both = await asyncio.gather(
        result(sandbox, ENDLESS["a loop"], limits), result(sandbox, ENDLESS["signals ignored"], limits)
    )
    assert [type(error) for error in both] == [CodeCpuExceeded, CodeCpuExceeded]


@pytest.mark.parametrize(
    "source",
    [
        "def main(): return {'x': 'y' * 10_000_000}",
        "def main(): return {str(n): n for n in range(100_000)}",
    ],
)
async def test_outputs_end(sandbox: JailedSandbox, source: str) -> None:
    assert isinstance(await result(sandbox, source, SMALL), CodeOutputTooLarge)


async def test_what_is_printed_is_dropped_however_much_it_is(sandbox: JailedSandbox) -> None:
    source = """
import os, sys
def main():
    for _ in range(200):
        print('x' * 1_000_000)
        os.write(2, b'x' * 1_000_000)
    return {'done': True}
"""
    assert await result(sandbox, source, AMPLE) == {"done": True}


async def test_threads_end(sandbox: JailedSandbox) -> None:
    source = """
import threading
threading.stack_size(65536)
for _ in range(5000): threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
    # Python waits for ever for a thread that has no memory to begin with, so there is plenty.
    plenty = replace(AMPLE, memory=8 << 30)
    assert isinstance(await result(sandbox, source, plenty), CodeThreadsExceeded)


async def test_open_files_end(sandbox: JailedSandbox) -> None:
    source = (
        "import os\nkept = [os.open(os.__file__, 0) if os.access(os.__file__, 4) else os.dup(0) for _ in range(999)]"
    )
    assert isinstance(await result(sandbox, source, AMPLE), CodeOpenFilesExceeded)


FORGERIES = {
    "an answer": "os.write(3, b'0' * 32 + (11).to_bytes(8, 'big') + b'{\"left\":{}}')",
    "noise": "os.write(3, os.urandom(100_000))",
    "a length without end": "os.write(3, b'0' * 32 + b'\\xff' * 8)",
    "noise without end": "signal.signal(signal.SIGPIPE, signal.SIG_IGN)\nwhile True: os.write(3, bytes(1000))",
    "half an answer": "os.write(3, b'0' * 20); os._exit(0)",
    "nothing": "os.close(3)",
    "silence and going on": "os.close(3); time.sleep(1000)",
    "an end": "os._exit(0)",
    "an end like that of a jail": "os._exit(99)",
    "a crash": "ctypes.string_at(0)",
    "endless recursion": """
import sys
sys.setrecursionlimit(10**9)
class Endless(list):
    def __getattr__(self, name): return getattr(self, name + 'x')
def dig(): return [*map(lambda _: dig(), [0])]
dig()
""",
    "an exception that cannot be looked at": """
class Hostile(BaseException):
    def __getattribute__(self, name): os._exit(7)
    def __str__(self): raise Hostile
raise Hostile
""",
    "an exception of great length": "raise ValueError('x' * 50_000_000)",
    "outputs of no kind": "def main(): return {1: {2}}",
    "outputs without end": "def main():\n  a = {}; a['a'] = a\n  return a",
    "outputs too deep to be read": """
def main():
    deep = []
    for _ in range(100_000): deep = [deep]
    return {'a': deep}
""",
    "a map that is none": """
from collections.abc import Mapping
class Odd(dict):
    def items(self): raise SystemExit
    def __iter__(self): raise SystemExit
def main(): return Odd(a=1)
""",
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_forging_fails_the_own_call_and_no_other(sandbox: JailedSandbox, name: str) -> None:
    both = await asyncio.gather(
        result(sandbox, f"{BEGINNING}\n{FORGERIES[name]}", SMALL), result(sandbox, STILL_HERE, AMPLE)
    )
    assert isinstance(both[0], CodeFailed) or both[0] in ({"a": 1}, {}), both[0]
    assert both[1] == {"here": 6}


async def test_the_words_of_code_are_never_those_of_the_platform(sandbox: JailedSandbox) -> None:
    """Code may find the nonce of its own call. What it then says is read as the words of code all the same."""
    source = """
import json, os, sys
frame = sys._getframe()
while frame is not None:
    nonce = frame.f_locals.get('nonce')
    if nonce:
        break
    frame = frame.f_back
said = json.dumps({'failed': %r}).encode()
os.write(3, nonce.encode() + len(said).to_bytes(8, 'big') + said)
os._exit(0)
"""
    unknown = await result(sandbox, source % {"kind": "sandbox", "message": "The platform fails."}, AMPLE)
    raised = await result(sandbox, source % {"kind": "raised", "message": "The platform fails."}, AMPLE)
    assert (unknown.code, unknown.message) == ("code_failed", "The code left no map of its outputs.")
    assert (raised.code, raised.message) == ("code_failed", "The code failed: The platform fails.")


async def test_a_call_leaves_nothing_for_the_next(sandbox: JailedSandbox) -> None:
    leaving = """
import builtins, json, os, random, signal, sys
def main():
    builtins.left = json.left = os.environ['LEFT'] = 'here'
    json.dumps = None
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.modules['left'] = sys
    return {'chance': random.random()}
"""
    finding = """
import builtins, json, os, random, signal, sys
def main():
    found = [hasattr(builtins, 'left'), hasattr(json, 'left'), json.dumps is None, 'LEFT' in os.environ,
             'left' in sys.modules, signal.getsignal(signal.SIGTERM) == signal.SIG_IGN]
    return {'found': [place for place, there in enumerate(found) if there], 'chance': random.random(),
            'process': os.getpid()}
"""
    await result(sandbox, leaving, AMPLE)
    runs = [await result(sandbox, finding, AMPLE) for _ in range(4)]
    assert [run["found"] for run in runs] == [[], [], [], []]
    assert len({run["chance"] for run in runs}) == 4
    assert len({run["process"] for run in runs}) == 4


async def test_calls_that_run_at_the_same_time_see_nothing_of_each_other(sandbox: JailedSandbox) -> None:
    source = """
import ctypes, os, time
def main(which):
    libc = ctypes.CDLL(None, use_errno=True)
    reached = []
    for other in range(max(os.getpid() - 20, 2), os.getpid() + 20):
        if other == os.getpid():
            continue
        for name, attempt in (('kill', lambda: os.kill(other, 0)), ('look', lambda: os.listdir(f'/proc/{other}'))):
            try:
                attempt()
                reached.append(name)
            except OSError:
                pass
    time.sleep(0.2)
    return {'which': which, 'reached': reached, 'user': os.getuid()}
"""
    runs = await asyncio.gather(*(result(sandbox, source, AMPLE, {"which": each}) for each in range(4)))
    assert [(run["which"], run["reached"]) for run in runs] == [(each, []) for each in range(4)]
    if os.geteuid() == 0:
        assert len({run["user"] for run in runs}) == 4
        assert all(run["user"] not in (0, os.getuid()) for run in runs)


SCRIPTS = {
    "a loop": ("while (true) {}", CodeTimeout),
    "a regular expression": ("/(a+)+$/.test('a'.repeat(60) + 'b')", CodeTimeout),
    "promises without end": ("function main() { const f = () => Promise.resolve().then(f); return f() }", CodeTimeout),
    "memory": ("const kept = []; while (true) kept.push(new Array(10000).fill(kept.length))", CodeMemoryExceeded),
    "one array": ("new Uint8Array(1e9).fill(1)", CodeMemoryExceeded),
    "recursion": ("const dig = () => dig(); dig()", CodeFailed),
    "a promise that nobody keeps": ("function main() { return new Promise(() => {}) }", CodeFailed),
    "what is no JSON": ("function main() { const a = {}; a.a = a; return a }", CodeFailed),
    "a module": ("import('os'); function main() { return import('std') }", CodeFailed),
    "its own way to write JSON": ("JSON.stringify = () => 'forged'; function main() { return {a: 1} }", CodeFailed),
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_scripts_are_held_too(sandbox: JailedSandbox, name: str) -> None:
    source, wanted = SCRIPTS[name]
    limits = SHORT if wanted is CodeTimeout else SMALL
    assert isinstance(await result(sandbox, source, limits, language="javascript"), wanted)


async def test_scripts_find_nothing_of_a_machine(sandbox: JailedSandbox) -> None:
    source = """
function main() {
  const names = ['std', 'os', 'process', 'require', 'fetch', 'XMLHttpRequest', 'Deno', 'Worker', 'print', 'scriptArgs'];
  return {found: names.filter((name) => typeof globalThis[name] !== 'undefined')};
}
"""
    assert await result(sandbox, source, AMPLE, language="javascript") == {"found": []}
