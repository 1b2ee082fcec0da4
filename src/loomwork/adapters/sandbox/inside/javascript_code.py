"""Runs JavaScript (QuickJS-NG): the source as a script, then its function `main` with the inputs as one object."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from loomwork.adapters.sandbox.inside.python_code import NoOutputs

STACK = 4 << 20
"""Bytes, of the 8 MiB that the process has."""

CALL = """
(() => {
  if (typeof main !== 'function') throw new TypeError("there is no function 'main'");
  globalThis.__left = undefined;
  const settle = (left) => { globalThis.__left = JSON.stringify([left === undefined ? null : left]); };
  const left = main(JSON.parse(__inputs));
  if (left && typeof left.then === 'function') left.then(settle, (error) => { globalThis.__failed = error; });
  else settle(left);
})()
"""
CONSOLE = """
globalThis.console = Object.fromEntries(
  ['assert', 'debug', 'dir', 'error', 'info', 'log', 'table', 'time', 'timeEnd', 'trace', 'warn']
    .map((name) => [name, () => {}]))
"""
"""What is printed is dropped, as in Python."""

RAISE = "if (globalThis.__failed !== undefined) throw globalThis.__failed"


def has_javascript() -> bool:
    return find_spec("_quickjs") is not None


@cache
def _context() -> Any:
    # Not before it is needed: this file is imported before the jail shows any package.
    import _quickjs as quickjs

    return quickjs.Context()


def prepare_javascript() -> None:
    """Have an engine ready. Never before a fork: it is then that its chance gets its seed."""
    if has_javascript():
        _context()


def run_javascript(source: str, inputs: Mapping[str, Any], memory: int) -> bytes:
    """What `main` returns, awaited where it promises, as JSON. Raises what the code raises."""
    import _quickjs as quickjs

    context = _context()
    context.set_memory_limit(memory)
    context.set_max_stack_size(STACK)
    context.set("__inputs", json.dumps(inputs))
    context.eval(CONSOLE)
    try:
        context.eval(source)
        context.eval(CALL)
        while context.execute_pending_job():
            pass
        context.eval(RAISE)
        left = context.get("__left")
    except quickjs.JSException as error:
        raise _told(error) from None
    if not isinstance(left, str):
        raise NoOutputs("left a promise that nothing fulfils")
    return _unwrapped(left)


class JavaScriptError(Exception):
    """What the code threw, in its own words."""


def _told(error: Exception) -> BaseException:
    said = str(error).strip()
    if "out of memory" in said:
        return MemoryError(said)
    return JavaScriptError(said)


def _unwrapped(left: str) -> bytes:
    """The one item of a JSON list. It is not parsed where it need not be: only an object begins with a brace."""
    inside = left[1:-1]
    if not inside.startswith("{"):
        raise NoOutputs("returned no object of its outputs")
    return inside.encode("utf-8", "surrogatepass")
