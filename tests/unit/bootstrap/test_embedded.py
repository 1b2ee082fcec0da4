"""Workflows in somebody's own process: any event loop, several, or none."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from loomwork import DslError, Workflow
from loomwork.bootstrap import embedded
from loomwork.bootstrap.embedded import EmbeddedHost
from loomwork.bootstrap.settings import read_settings
from loomwork.kernel.errors import Conflict, InvalidInput
from tests.unit.interface.cli.conftest import document, end, field, llm, start

GREETING = document(
    [start(field("name", required=True)), llm("Hello {{#start.name#}}"), end(text=["llm", "text"])], name="Greeting"
)
CHAT = document(
    [
        start(),
        {**llm("{{#sys.query#}}"), "memory": {"window": {"enabled": False}}},
        {"type": "answer", "title": "Answer", "answer": "{{#llm.text#}}"},
    ],
    mode="advanced-chat",
)


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedHost]:
    """What flows run on, with no provider configured and a cache of its own."""
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})
    made = EmbeddedHost(settings)
    monkeypatch.setattr(embedded, "_host_of", lambda _process: made)
    yield made
    made.thread.close()


def flow(text: str = GREETING, model: str = "debug/echo", **options: object) -> Workflow:
    return Workflow.from_dsl(text, model=model, **options)  # type: ignore[arg-type]  # passed through as given


def test_a_flow_runs_without_a_loop() -> None:
    result = flow().run_sync({"name": "World"})
    assert (result.status, result.outputs, result.error) == ("succeeded", {"text": "Hello World"}, None)


def test_a_flow_runs_in_one_loop_after_another() -> None:
    made = flow()
    answers = [asyncio.run(made.run({"name": name})).outputs["text"] for name in ("A", "B")]
    assert answers == ["Hello A", "Hello B"]


async def test_a_flow_runs_many_times_at_once() -> None:
    made = flow(model="debug/slow")
    results = await asyncio.gather(*(made.run({"name": str(number)}) for number in range(20)))
    assert [result.outputs["text"] for result in results] == [f"Hello {number}" for number in range(20)]


async def test_run_sync_works_inside_a_running_loop() -> None:
    assert flow().run_sync({"name": "inside"}).outputs == {"text": "Hello inside"}


def test_a_flow_runs_in_any_thread() -> None:
    made, answers = flow(), []
    threads = [
        threading.Thread(target=lambda name=name: answers.append(made.run_sync({"name": name}).outputs["text"]))
        for name in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["Hello a", "Hello b", "Hello c"]


async def test_events_stream_in_order() -> None:
    events = [event async for event in flow().stream({"name": "World"})]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].type == "run_succeeded"
    assert "".join(event.data["text"] for event in events if event.type == "text_chunk") == "Hello World"


def test_a_number_that_json_does_not_know_is_refused_by_name() -> None:
    text = document([start(field("facts", "json_object")), end(text=["start", "facts"])])
    with pytest.raises(InvalidInput, match="'facts' must not hold NaN or Infinity"):
        flow(text).run_sync({"facts": {"a": [float("nan")]}})


async def test_what_keeps_a_run_from_starting_is_raised_where_it_was_asked_for() -> None:
    made = flow()
    with pytest.raises(InvalidInput, match="required"):
        await made.run({})
    with pytest.raises(InvalidInput, match="required"):
        made.run_sync({})
    with pytest.raises(InvalidInput, match="required"):
        _ = [event async for event in made.stream({})]


async def test_a_cancelled_call_ends_its_run(host: EmbeddedHost) -> None:
    call = asyncio.create_task(flow(model="debug/slow").run({"name": "word " * 1000}))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.to_thread(_comes_to_rest, host)


async def test_a_reader_that_leaves_ends_the_run(host: EmbeddedHost) -> None:
    async with aclosing(flow(model="debug/slow").stream({"name": "word " * 1000})) as events:
        async for event in events:
            if event.type == "text_chunk":
                break
    assert await asyncio.to_thread(_comes_to_rest, host)


async def tasks_going() -> int:
    return len(asyncio.all_tasks()) - 1


def _comes_to_rest(host: EmbeddedHost) -> bool:
    """Whether the loop of the flows is left with nothing to do; the test's own time limit is the only one."""
    while host.thread.wait(tasks_going()):
        pass
    return True


def test_a_chat_flow_takes_a_query_and_what_was_said_before() -> None:
    made = flow(CHAT)
    assert made.run_sync(query="again", history=[{"query": "a", "answer": "b"}, ("c", "d")]).answer == "again"
    with pytest.raises(InvalidInput, match="earlier turn"):
        made.run_sync(query="again", history=["nonsense"])  # type: ignore[list-item]  # what a user may do


def test_a_flow_tells_its_form_and_its_problems() -> None:
    made = flow()
    assert (made.name, made.mode) == ("Greeting", "workflow")
    assert [item.variable for item in made.form] == ["name"]
    assert made.problems == []


def test_a_bad_document_is_refused_with_its_problems(tmp_path: Path) -> None:
    with pytest.raises(DslError) as refused:
        Workflow.from_dsl("a: [")
    assert refused.value.problems[0].code == "invalid_yaml"
    file = tmp_path / "app.yml"
    file.write_text(GREETING)
    assert Workflow.from_file(file).name == "Greeting"


def test_mocks_stand_in_for_nodes() -> None:
    assert flow(mocks={"llm": {"text": "mocked"}}).run_sync({"name": "x"}).outputs == {"text": "mocked"}
    assert flow(model="debug/fail", mock_outside=True).run_sync({"name": "x"}).status == "succeeded"


def test_a_journal_keeps_every_run(host: EmbeddedHost, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    for name in ("a", "b"):
        flow(journal=url).run_sync({"name": name})
    host.thread.close()
    with closing(sqlite3.connect(tmp_path / "runs.db")) as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("succeeded",), ("succeeded",)]


def test_a_journal_that_cannot_be_opened_is_refused_when_the_flow_is_made() -> None:
    with pytest.raises(InvalidInput):
        flow(journal="nonsense")


def test_waiting_inside_the_loop_of_the_flows_is_refused(host: EmbeddedHost) -> None:
    async def wait_inside() -> None:
        flow().run_sync({"name": "x"})

    with pytest.raises(Conflict):
        host.thread.wait(wait_inside())


def test_a_process_that_used_flows_ends_without_a_word() -> None:
    script = f"""
import asyncio, warnings
from loomwork import Workflow
flow = Workflow.from_dsl({GREETING!r}, model="debug/slow")
print(flow.run_sync({{"name": "sync"}}).outputs["text"])
print(asyncio.run(flow.run({{"name": "async"}})).outputs["text"])
async def leave():
    async for event in flow.stream({{"name": "left " * 100}}):
        return
asyncio.run(leave())
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", script], capture_output=True, text=True, timeout=60
    )
    complaints = [line for line in ended.stderr.splitlines() if not line.startswith("Executing <")]
    assert (ended.returncode, ended.stdout, complaints) == (0, "Hello sync\nHello async\n", [])
