"""The pool of rendering processes."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from loomwork.adapters.templates import ProcessTemplateWorker
from loomwork.adapters.templates.child import answer


def children() -> set[int]:
    """Processes that this one has started and that still run."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def test_it_serves_one_event_loop_after_another_and_ends_its_processes() -> None:
    before = children()
    worker = ProcessTemplateWorker(processes=1)
    assert asyncio.run(worker.render("{{ a }}", {"a": "1"}, limit=10)) == "1"
    assert asyncio.run(worker.render("{{ a }}", {"a": "2"}, limit=10)) == "2"
    assert len(children() - before) == 1
    worker.close()
    assert children() == before


def test_its_processes_see_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOMWORK_MASTER_KEY", "hunter2")
    before = children()
    worker = ProcessTemplateWorker(processes=1)
    asyncio.run(worker.render("{{ a }}", {"a": "1"}, limit=10))
    (child,) = children() - before
    assert b"hunter2" not in Path(f"/proc/{child}/environ").read_bytes()
    worker.close()


def test_a_process_that_was_killed_is_replaced() -> None:
    before = children()
    worker = ProcessTemplateWorker(processes=1)
    asyncio.run(worker.render("{{ a }}", {"a": "1"}, limit=10))
    (child,) = children() - before
    os.kill(child, 9)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert asyncio.run(worker.render("{{ a }}", {"a": "2"}, limit=10)) == "2"
    worker.close()


@pytest.mark.parametrize("line", ["", "[]", "{}", "not json"])
def test_a_child_answers_whatever_it_is_sent(line: str) -> None:
    assert set(answer(line)) == {"broke"}
