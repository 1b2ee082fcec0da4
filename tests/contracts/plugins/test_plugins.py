"""What holds of plugins, whatever jail they are in: they do what they say, and nothing else to anybody else."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine.variables import File
from loomwork.plugins.api import PluginBroken, PluginInvalid, PluginNotFound
from loomwork.plugins.ports import Fetched, PluginTask, WorldRequest
from loomwork.tools.api import (
    ToolFailed,
    ToolNotFound,
    ToolOutputInvalid,
    ToolResult,
    ToolTimeout,
    ToolUnavailable,
)
from loomwork.tools.domain.call import file_of
from tests.contracts.plugins.conftest import House, Site
from tests.contracts.plugins.packages import HELPFUL_TOOLS, helpful, hostile, tool, written


async def until(holds: Callable[[], object]) -> None:
    """Wait for what comes in its own time."""
    async with asyncio.timeout(20):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def beginning(house: House, name: str, told: list[str], **arguments: Any) -> "asyncio.Task[ToolResult]":
    work = house.tools.call(house.ours, f"plugin.{name}", arguments, key="key", tell=told.append)
    return asyncio.ensure_future(work)


async def nowhere(_request: WorldRequest) -> Fetched:
    return Fetched(code="refused")


async def test_a_tool_of_a_plugin_is_listed_and_called_like_any_other(both: House) -> None:
    listed = await both.tools.toolsets(both.ours)
    assert [each.id for each in listed] == ["plugin.helpful", "plugin.hostile"]
    assert listed[0].source == "plugin"
    assert (await both.call("helpful/greet", name="Ada")).text == "Hello, Ada."


async def test_what_it_tells_on_its_way_comes_piece_by_piece_and_its_values_at_the_end(both: House) -> None:
    told: list[str] = []
    result = await beginning(both, "helpful/slowly", told, words=["one", "two"])
    assert told == ["one", "two"]
    assert (list(result.json), dict(result.variables)) == (["one", "two"], {"count": 2})


async def test_files_go_in_and_out_with_their_bytes(both: House) -> None:
    given = file_of(b"12345", name="five.txt")
    (left,) = (await both.call("helpful/measure", file=given)).files
    assert isinstance(left, File)
    assert (left.name, left.size) == ("size.txt", 1)


async def test_it_is_handed_its_credentials_and_no_environment(house: House) -> None:
    await house.add(helpful(house.folder, credentials={"api_key": {"label": "Key"}}))
    await house.tools.save_credential(house.ours, "plugin.helpful", {"api_key": "sk-of-ours"})
    credentials, environment, _ = (await house.call("helpful/who")).json
    assert credentials == {"api_key": "sk-of-ours"}
    assert environment == {}


async def test_calls_follow_each_other_in_one_process_and_two_workspaces_never_share_one(house: House) -> None:
    await house.add(helpful(house.folder), house.ours, house.theirs)
    await house.call("helpful/remember", word="of ours")
    assert (await house.call("helpful/remember", word="again")).json == ["of ours", "again"]
    assert (await house.call("helpful/remember", house.theirs, word="of theirs")).json == ["of theirs"]


async def test_it_is_installed_for_all_and_enabled_by_each_workspace(house: House) -> None:
    await house.add(helpful(house.folder))
    assert [each.enabled for each in await house.plugins.all(house.theirs)] == [False]
    with pytest.raises(ToolNotFound):
        await house.call("helpful/greet", house.theirs, name="Ada")
    await house.plugins.switch(house.theirs, "helpful", on=True)
    assert (await house.call("helpful/greet", house.theirs, name="Ada")).text == "Hello, Ada."
    await house.plugins.switch(house.ours, "helpful", on=False)
    with pytest.raises(ToolNotFound):
        await house.call("helpful/greet", name="Ada")
    assert (await house.call("helpful/greet", house.theirs, name="Bob")).text == "Hello, Bob."


async def test_a_release_that_asks_for_nothing_more_stays_enabled_and_one_that_does_is_not(house: House) -> None:
    await house.add(helpful(house.folder / "first", permissions={"network": ["a.example.com", "b.example.com"]}))
    fewer = {"network": ["a.example.com"]}
    again = await house.install(helpful(house.folder / "second", version="2", permissions=fewer))
    assert (again.manifest.version, again.enabled) == ("2", True)
    assert (await house.call("helpful/greet", name="Ada")).text == "Hello, Ada."
    more = {"network": ["c.example.com"]}
    wider = await house.install(helpful(house.folder / "third", permissions=more))
    assert not wider.enabled
    with pytest.raises(ToolNotFound):
        await house.call("helpful/greet", name="Ada")


async def test_one_that_was_removed_and_installed_anew_is_off(house: House) -> None:
    await house.add(helpful(house.folder))
    await house.plugins.remove(house.ours, "helpful")
    with pytest.raises(PluginNotFound):
        await house.plugins.get(house.ours, "helpful")
    assert not (await house.install(helpful(house.folder))).enabled
    assert [each.name for each in (house.folder / "plugins").glob("*.json")] == ["helpful.json"]


@pytest.mark.parametrize("name", ["crashes", "segfaults"])
async def test_a_crash_ends_its_call_with_a_sentence_and_touches_no_other(both: House, name: str) -> None:
    told: list[str] = []
    waiting = beginning(both, "helpful/wait", told)
    await until(lambda: told)
    with pytest.raises(ToolUnavailable, match="hostile"):
        await both.call(f"hostile/{name}")
    assert not waiting.done()
    waiting.cancel()
    assert (await both.call("helpful/greet", name="Ada")).text == "Hello, Ada."


async def test_after_a_crash_it_is_started_again_at_once_and_after_more_it_rests(both: House) -> None:
    for _ in range(2):
        with pytest.raises(ToolUnavailable, match="ended before"):
            await both.call("hostile/crashes")
    plugin = both.shelf.find("hostile")
    assert plugin is not None
    task = PluginTask(str(both.ours.workspace_id), "crashes", {}, "key")
    with pytest.raises(PluginBroken, match="started again in") as resting:
        await both.runner.call(plugin, task, tell=print, fetch=nowhere)
    assert resting.value.unsent
    assert (resting.value.retry_after or 0) > 0
    # The registry knows by that that it may wait and ask again.
    assert (await both.call("hostile/answers_early")).text == "mine"


async def test_a_call_that_hangs_is_ended_in_its_time_with_its_process(both: House) -> None:
    told: list[str] = []
    hanging = beginning(both, "hostile/hangs", told)
    await until(lambda: told)
    assert both.runner.count == 1
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await until(lambda: both.runner.count == 0)
    with pytest.raises(ToolTimeout):
        await both.tools.call(both.ours, "plugin.hostile/hangs", {}, key="key", seconds=0.3)


async def test_a_call_that_ends_when_it_is_told_to_keeps_its_process(both: House) -> None:
    process = (await both.call("helpful/process")).text
    told: list[str] = []
    waiting = beginning(both, "helpful/wait", told)
    await until(lambda: told)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await until(lambda: both.runner.working == 0)
    assert (await both.call("helpful/process")).text == process


@pytest.mark.parametrize(
    ("name", "failure", "said"),
    [
        ("bomb", ToolFailed, "more memory"),
        ("floods", ToolOutputInvalid, "more at once than it may"),
        ("chatters", ToolOutputInvalid, "more of its progress"),
        ("forges", ToolOutputInvalid, "cannot be understood"),
        ("garbles", ToolOutputInvalid, "cannot be understood"),
        ("boasts", ToolOutputInvalid, "more at once than it may"),
        ("invents", ToolOutputInvalid, "no result of a tool"),
    ],
)
async def test_what_it_may_not_say_or_use_is_refused(
    both: House, name: str, failure: type[ToolFailed], said: str
) -> None:
    with pytest.raises(failure, match=said):
        await both.call(f"hostile/{name}")
    assert (await both.call("helpful/greet", name="Ada")).text == "Hello, Ada."


async def test_nothing_that_was_said_before_a_call_is_taken_for_its_answer(both: House) -> None:
    assert (await both.call("hostile/answers_early")).text == "mine"
    with pytest.raises(ToolFailed) as failed:
        await both.call("hostile/raises", text="own")
    assert "of the next call" not in failed.value.message


async def test_what_it_raises_is_told_without_the_secrets_that_it_was_given(house: House) -> None:
    await house.add(hostile(house.folder, credentials={"api_key": {"label": "Key"}}))
    await house.tools.save_credential(house.ours, "plugin.hostile", {"api_key": "sk-of-ours-alone"})
    with pytest.raises(ToolFailed, match=r"ValueError: it is \*\*\*") as failed:
        await house.call("hostile/raises", text="sk-of-ours-alone")
    assert "sk-of-ours" not in failed.value.message


async def test_it_reaches_no_file_no_environment_no_network_and_no_process(both: House, site: Site) -> None:
    secret = both.folder / "plugins" / "helpful.json"
    assert secret.exists()
    (done,) = (await both.call("hostile/reaches", file=str(secret), port=site.port)).json
    # In a jail with files of its own, the way to its folder is there, and nothing beside it.
    assert "helpful" not in done.pop("folder")
    assert {name: what for name, what in done.items() if what != "refused"} == {}
    assert site.asked == []


async def test_a_request_to_a_declared_host_goes_through_the_gate(house: House, site: Site) -> None:
    await house.add(helpful(house.folder, permissions={"network": [f"127.0.0.1:{site.port}"]}))
    result = await house.call("helpful/ask", url=f"http://127.0.0.1:{site.port}/here")
    assert result.json == [200, "hi"]
    assert b"x-from: plugin" in site.asked[0].lower()


async def test_a_request_to_another_host_is_refused_before_it_is_sent(house: House, site: Site) -> None:
    await house.add(helpful(house.folder, permissions={"network": ["example.com"]}))
    with pytest.raises(ToolFailed, match="does not name this host"):
        await house.call("helpful/ask", url=f"http://127.0.0.1:{site.port}/here")
    assert site.asked == []


async def test_a_declared_host_that_the_gate_refuses_is_refused(house: House) -> None:
    await house.add(helpful(house.folder, permissions={"network": ["127.0.0.1:9"]}))
    with pytest.raises(ToolFailed, match="FetchFailed"):
        await house.call("helpful/ask", url="http://127.0.0.1:9/")


async def test_removing_it_while_a_call_runs_ends_the_call_with_a_sentence(both: House) -> None:
    told: list[str] = []
    hanging = beginning(both, "hostile/hangs", told)
    await until(lambda: told)
    await both.plugins.remove(both.ours, "hostile")
    with pytest.raises(ToolUnavailable, match="was removed"):
        await hanging
    with pytest.raises(ToolNotFound):
        await both.call("hostile/raises")
    assert (await both.call("helpful/greet", name="Ada")).text == "Hello, Ada."


async def test_calls_at_once_have_processes_of_their_own_up_to_a_number(both: House) -> None:
    words = [f"w{number}" for number in range(10)]
    results = await asyncio.gather(*(both.call("helpful/greet", name=word) for word in words))
    assert [each.text for each in results] == [f"Hello, {word}." for word in words]
    assert both.runner.count <= 4


async def test_one_whose_function_is_not_there_is_not_installed(house: House) -> None:
    broken = written(house.folder, plugin_id="broken", tools=[tool("missing", "helpful")])
    with pytest.raises(PluginInvalid, match="missing cannot be loaded"):
        await house.install(broken)
    assert list((house.folder / "plugins").iterdir()) == []


async def test_one_that_wants_what_the_operator_does_not_give_is_not_installed(house: House) -> None:
    wanting: dict[str, dict[str, Any]] = {
        "LOOMWORK_PLUGIN_FILES": {"files": ["/etc/shadow"]},
        "LOOMWORK_PLUGIN_ENVIRONMENT": {"environment": ["OPENAI_API_KEY"]},
    }
    for setting, permissions in wanting.items():
        with pytest.raises(PluginInvalid, match=setting):
            await house.install(helpful(house.folder, permissions=permissions))
    assert await house.plugins.all(house.ours) == []


async def test_the_packages_of_another_plugin_are_not_seen(both: House) -> None:
    manifest = json.loads((both.folder / "plugins" / "helpful.json").read_text(encoding="utf-8"))
    other = both.folder / "plugins" / manifest["folders"][0] / "helpful.py"
    assert "helpful.py" in {path.name for path in other.parent.iterdir()}
    (done,) = (await both.call("hostile/reaches", file=str(other), port=1)).json
    assert (done["file"], done["folder"]) == ("refused", "refused")
    assert "helpful" not in done["own environment"]


def test_the_tools_of_the_tests_have_each_a_name() -> None:
    assert len({each["name"] for each in HELPFUL_TOOLS}) == len(HELPFUL_TOOLS)
