"""One process for one call: it is behind all walls before it reads the job, answers it, and ends."""

import json
import math
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from loomwork.adapters.sandbox.inside.frames import read_job, write_answer
from loomwork.adapters.sandbox.inside.javascript_code import JavaScriptError, prepare_javascript, run_javascript
from loomwork.adapters.sandbox.inside.python_code import NoOutputs, run_python
from loomwork.adapters.sandbox.inside.reasons import LONGEST, Reason, reason_for
from loomwork.adapters.sandbox.inside.seccomp import load
from loomwork.adapters.sandbox.inside.walls import (
    CHANNEL,
    Share,
    become_nobody,
    die_with_the_keeper,
    give_up_files,
    hide_memory,
    limit_call,
    limit_machine,
    open_reserve,
)

NO_WALLS = 99
"""The exit status of a process that could not be jailed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a worker is made: `kept` are descriptors that it keeps, `size` its address space, in bytes."""

    keeper: int
    share: Share
    filter_program: bytes
    kept: dict[int, int]
    size: int


def be_worker(channel: int, plan: Plan) -> NoReturn:
    """Serve one call on the channel, in a process that was forked for it."""
    try:
        build_walls(channel, plan)
    except BaseException:  # noqa: BLE001 - a wall is missing, whatever the reason: nothing may run here
        os._exit(NO_WALLS)
    try:
        _warm_up()
        job = json.loads(read_job(CHANNEL))
    except BaseException:  # noqa: BLE001 - the server is gone, or does not need this process
        os._exit(0)
    _serve(job, plan.size)


def build_walls(channel: int, plan: Plan) -> None:
    """Give up all that a worker must not have. Whatever fails raises, and then nothing may run."""
    signal.set_wakeup_fd(-1)
    for caught in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(caught, signal.SIG_DFL)
    give_up_files(channel, plan.kept)
    if plan.share.user is not None:
        become_nobody(plan.share.user)
    die_with_the_keeper(plan.keeper)
    hide_memory()
    limit_machine(plan.share)
    load(plan.filter_program)


def _warm_up() -> None:
    """Do once what a call does, so that its memory is this process's own by then, and nobody waits for that."""
    run_python("def main(a): return {'a': [a]}", json.loads('{"a": "x"}'))
    prepare_javascript()


def _serve(job: dict[str, Any], size: int) -> NoReturn:
    nonce = job.pop("nonce")
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit_call(size, job["memory"], math.ceil(used.ru_utime + used.ru_stime + job["cpu"]))
    try:
        write_answer(CHANNEL, nonce, _answer(job))
    finally:
        os._exit(0)


def _answer(job: dict[str, Any]) -> bytes:
    """`{"left": outputs}` or `{"failed": reason}`, as JSON."""
    _seed()
    try:
        left = _run(job)
    except NoOutputs as error:
        return _failed({"kind": "raised", "message": f"it {error}"[:LONGEST]})
    except JavaScriptError as error:
        return _failed({"kind": "raised", "message": str(error)[:LONGEST]})
    except BaseException as error:  # noqa: BLE001 - code raises what it likes, and the server is told
        open_reserve()
        return _failed(_reason(error))
    if len(left) > job["size"]:
        return _failed({"kind": "output", "message": ""})
    return b'{"left":' + left + b"}"


def _run(job: dict[str, Any]) -> bytes:
    if job["language"] == "javascript":
        return run_javascript(job["source"], job["inputs"], job["memory"])
    return run_python(job["source"], job["inputs"])


def _reason(error: BaseException) -> Reason:
    try:
        return reason_for(error)
    except BaseException:  # noqa: BLE001 - an exception of the code's own making may do anything when it is looked at
        return {"kind": "raised", "message": "The code raised what cannot be told."}


def _failed(reason: Reason) -> bytes:
    return json.dumps({"failed": reason}).encode()


def _seed() -> None:
    """Python seeds its own chance anew after a fork; NumPy does not."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed(int.from_bytes(os.urandom(4), "little"))
