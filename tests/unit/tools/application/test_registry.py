"""Tools of a workspace: found, switched, let in and called, as they are at that moment."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import RunId, WorkspaceId, new_id
from loomwork.kernel.scope import SYSTEM, Scope, embedded_scope
from loomwork.tools.api import (
    Caller,
    ToolCredentialsMissing,
    ToolDisabled,
    ToolFailed,
    ToolInputInvalid,
    ToolNotFound,
    ToolRefused,
    ToolTimeout,
    ToolUnavailable,
)
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import CredentialField
from loomwork.tools.ports import Toolset
from tests.unit.tools.toolbox import Box, Shelf, boxed, tool

OURS = embedded_scope()
THEIRS = Scope(WorkspaceId(new_id()), SYSTEM)
KEY = {"api_key": CredentialField(label="Key")}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return boxed()


def failing(*failures: ToolFailed) -> "Failing":
    return Failing(list(failures))


class Failing:
    """Fails in these ways, one a call, and then does it."""

    def __init__(self, failures: list[ToolFailed]) -> None:
        self.failures = failures

    async def __call__(self, call: ToolCall) -> ToolResult:
        if self.failures:
            raise self.failures.pop(0)
        return ToolResult("done")


async def test_a_tool_is_called_with_what_fits_it_and_marks_what_it_left(box: Box) -> None:
    echo = tool()
    box.shelf.put(echo)
    result = await box.tools.call(OURS, "words/echo", {"text": "hello", "unknown": 1}, key="k")
    assert (result.text, list(result.json)) == ("hello", [{"text": "hello"}])
    assert result.marks == {"tool"}
    assert echo.calls[0].key == "k"


async def test_what_is_added_or_removed_counts_for_the_next_call(box: Box) -> None:
    with pytest.raises(ToolNotFound):
        await box.tools.call(OURS, "words/echo", {}, key="k")
    box.shelf.put(tool())
    await box.tools.call(OURS, "words/echo", {}, key="k")
    box.shelf.sets.clear()
    with pytest.raises(ToolNotFound):
        await box.tools.call(OURS, "words/echo", {}, key="k")
    assert await box.tools.toolsets(OURS) == []


async def test_what_one_workspace_switches_off_stays_on_in_another(box: Box) -> None:
    box.shelf.put(tool())
    for name in ("words", "words/echo"):
        await box.tools.switch(OURS, name, on=False)
        with pytest.raises(ToolDisabled):
            await box.tools.call(OURS, "words/echo", {}, key="k")
        assert not (await box.tools.find(OURS, "words/echo")).enabled
        assert (await box.tools.find(THEIRS, "words/echo")).enabled
        await box.tools.switch(OURS, name, on=True)
        await box.tools.call(OURS, "words/echo", {}, key="k")
    with pytest.raises(ToolNotFound):
        await box.tools.switch(OURS, "words/none", on=False)


async def test_a_tool_is_found_by_what_another_product_calls_it(box: Box) -> None:
    echo = tool()
    echo.card = replace(echo.card, aliases=("say_again",))
    box.shelf.put(echo)
    assert (await box.tools.find(OURS, "ACME/words/words/say_again")).name == "words/echo"


async def test_no_source_takes_a_name_that_is_anothers(tmp_path: Path) -> None:
    thief = Shelf(kind="mcp")
    box = boxed(thief)
    box.shelf.put(tool(description="the real one"))
    thief.put(tool(description="the false one"))
    thief.put(tool(description="my own"), toolset="mcp.words")
    described = {each.id: each.tools[0].description for each in await box.tools.toolsets(OURS)}
    assert described == {"words": "the real one", "mcp.words": "my own"}
    assert (await box.tools.find(OURS, "words/echo")).description == "the real one"


async def test_a_place_that_fails_takes_nothing_from_the_others(tmp_path: Path) -> None:
    class Broken(Shelf):
        async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
            raise OSError("no disk")

    box = boxed(Broken(kind="api"))
    box.shelf.put(tool())
    assert [each.id for each in await box.tools.toolsets(OURS)] == ["words"]


async def test_credentials_reach_the_tool_and_nobody_else(box: Box) -> None:
    echo = tool()
    box.shelf.put(echo, credentials=KEY)
    with pytest.raises(ToolCredentialsMissing):
        await box.tools.call(OURS, "words/echo", {}, key="k")
    saved = await box.tools.save_credential(OURS, "words", {"api_key": "sk-very-secret-0001"})
    await box.tools.call(OURS, "words/echo", {}, key="k")
    assert echo.calls[0].credentials == {"api_key": "sk-very-secret-0001"}
    described = await box.tools.toolset(OURS, "words")
    assert (described.configured, saved.hint) == (True, "0001")
    assert "very-secret" not in repr(described) + repr(saved) + repr(echo.calls[0])
    with pytest.raises(ToolCredentialsMissing):
        await box.tools.call(THEIRS, "words/echo", {}, key="k")


async def test_what_the_operator_gives_serves_until_a_workspace_has_its_own(box: Box) -> None:
    echo = tool()
    box.shelf.put(echo, credentials=KEY)
    box.shelf.sets["words"] = replace(box.shelf.sets["words"], given={"api_key": "the-operators"})
    assert (await box.tools.toolset(OURS, "words")).configured
    await box.tools.call(OURS, "words/echo", {}, key="k")
    await box.tools.save_credential(OURS, "words", {"api_key": "our-own"})
    await box.tools.call(OURS, "words/echo", {}, key="k")
    assert [call.credentials["api_key"] for call in echo.calls] == ["the-operators", "our-own"]
    assert "operators" not in repr(await box.tools.toolset(OURS, "words"))


async def test_a_credential_is_replaced_under_its_name_and_removed(box: Box) -> None:
    echo = tool()
    box.shelf.put(echo, credentials=KEY)
    first = await box.tools.save_credential(OURS, "words", {"api_key": "one"})
    again = await box.tools.save_credential(OURS, "words", {"api_key": "two"})
    other = await box.tools.save_credential(OURS, "words", {"api_key": "three"}, name="other")
    assert again.id == first.id
    for wanted, expected in ((None, "two"), ("other", "three"), (other.id, "three"), ("of-elsewhere", "two")):
        await box.tools.call(OURS, "words/echo", {}, key="k", credential=wanted)
        assert echo.calls[-1].credentials == {"api_key": expected}
    with pytest.raises(NotFound):
        await box.tools.remove_credential(THEIRS, "words", first.id)
    await box.tools.remove_credential(OURS, "words", first.id)
    with pytest.raises(NotFound):
        await box.tools.remove_credential(OURS, "words", first.id)


async def test_values_that_no_field_takes_are_refused_without_being_repeated(box: Box) -> None:
    box.shelf.put(tool(), credentials=KEY)
    box.shelf.put(tool(), toolset="open")
    for toolset, values in (("words", {"wrong": "sk-secret"}), ("words", {}), ("open", {"api_key": "sk-secret"})):
        with pytest.raises(InvalidInput) as refused:
            await box.tools.save_credential(OURS, toolset, values)
        assert "sk-secret" not in str(refused.value)


async def test_what_only_looks_is_asked_again_and_what_changes_something_is_not(box: Box) -> None:
    box.shelf.put(tool("look", failing(ToolUnavailable("busy"), ToolUnavailable("busy"))))
    assert (await box.tools.call(OURS, "words/look", {}, key="k")).text == "done"
    assert box.naps.taken == [0.5, 1.0]
    change = tool("change", failing(ToolUnavailable("busy")), effect="write")
    box.shelf.put(change)
    with pytest.raises(ToolUnavailable):
        await box.tools.call(OURS, "words/change", {}, key="k")
    assert len(change.calls) == 1


async def test_what_certainly_had_no_effect_is_asked_again_with_the_same_key(box: Box) -> None:
    change = tool("change", failing(ToolUnavailable("no connection", unsent=True)), effect="write")
    box.shelf.put(change)
    await box.tools.call(OURS, "words/change", {}, key="the-key")
    assert [(call.key, call.attempt) for call in change.calls] == [("the-key", 1), ("the-key", 2)]


async def test_a_refusal_is_not_asked_again(box: Box) -> None:
    look = tool("look", failing(ToolRefused("no")))
    box.shelf.put(look)
    with pytest.raises(ToolRefused):
        await box.tools.call(OURS, "words/look", {}, key="k")
    assert len(look.calls) == 1


async def test_a_tool_that_takes_too_long_is_ended(box: Box) -> None:
    async def never(call: ToolCall) -> ToolResult:
        await asyncio.Event().wait()
        raise AssertionError

    box.shelf.put(tool("never", never))
    with pytest.raises(ToolTimeout):
        await box.tools.call(OURS, "words/never", {}, key="k", seconds=0.01)
    assert box.diary.entries[-1].outcome == "tool_timeout"


async def test_a_tool_that_breaks_tells_nothing_of_how(box: Box) -> None:
    async def breaks(call: ToolCall) -> ToolResult:
        raise RuntimeError("sk-secret")

    box.shelf.put(tool("breaks", breaks))
    with pytest.raises(ToolFailed) as failed:
        await box.tools.call(OURS, "words/breaks", {}, key="k")
    assert "sk-secret" not in str(failed.value)


async def test_a_call_is_written_down_without_what_was_said(box: Box) -> None:
    box.shelf.put(tool())
    caller = Caller(run_id=RunId("r1"), app_id="a1", node_id="n1", marks=frozenset({"web"}))
    await box.tools.call(OURS, "words/echo", {"text": "private words"}, key="k", caller=caller)
    entry = box.diary.entries[0]
    assert (entry.tool, entry.effect, entry.outcome, entry.tries, entry.caller) == (
        "words/echo",
        "read",
        "ok",
        1,
        caller,
    )
    assert "private" not in repr(entry)


async def test_what_is_too_large_is_cut_and_kept_in_full_for_its_workspace(box: Box) -> None:
    async def talks(call: ToolCall) -> ToolResult:
        return ToolResult("x" * 5000, json=[{"page": "y" * 400}] * 3)

    box.shelf.put(tool("talks", talks))
    result = await box.tools.call(OURS, "words/talks", {}, key="k", most=1000)
    assert result.cut
    assert len(result.text) < 1100
    assert result.full is not None
    kept = json.loads(await box.tools.output(OURS, result.full))
    assert (len(kept["text"]), len(kept["json"])) == (5000, 3)
    for scope, output_id in ((THEIRS, result.full), (OURS, "../../etc/passwd"), (OURS, new_id())):
        with pytest.raises(NotFound):
            await box.tools.output(scope, output_id)


async def test_arguments_that_cannot_be_meant_are_refused_before_the_call(box: Box) -> None:
    wants = tool(input_schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    box.shelf.put(wants)
    for arguments in ({}, {"n": "many"}, {"n": None}):
        with pytest.raises(ToolInputInvalid):
            await box.tools.call(OURS, "words/echo", arguments, key="k")
    assert wants.calls == []
