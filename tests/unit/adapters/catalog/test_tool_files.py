"""Tools as files: read as they are at that moment, laid over each other, and refused in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from loomwork.adapters.catalog.card_files import UnusableFile, card_of
from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.adapters.tools.cards import ToolsetCard
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import ToolInputInvalid
from scripts.generate_tool_schema import FILE, schema_text
from tests.contracts.tools.exchanging import OtherSide, SaidResponse, shipped_tools

OURS = embedded_scope()
SHIPPED = sorted((catalog_dir() / "tools").glob("*/tool.yml"))


def tool_file(**given: Any) -> dict[str, Any]:
    tool = {"name": "look", "description": "Looks.", "effect": "read", "request": {"url": "https://example.com/x"}}
    return {"id": "own", "label": "Own", "tools": [tool], **given}


def put(folder: Path, document: Any, name: str = "own") -> Path:
    file = folder / name / "tool.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
    return file


class Watch:
    """A clock that a test sets."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_file_that_is_dropped_in_changed_or_taken_away_counts_within_two_seconds(tmp_path: Path) -> None:
    watch = Watch()
    reader = ToolFileReader([tmp_path], clock=watch)
    assert not reader.read().cards
    file = put(tmp_path, tool_file())
    watch.time += 1.5
    assert reader.read().cards["own"].label == "Own"
    assert reader.read() is reader.read()
    put(tmp_path, tool_file(label="Another name"))
    watch.time += 1.5
    assert reader.read().cards["own"].label == "Another name"
    file.unlink()
    watch.time += 1.5
    assert not reader.read().cards


def test_files_of_a_later_folder_go_before_those_of_an_earlier_one(tmp_path: Path) -> None:
    put(tmp_path / "shipped", tool_file())
    put(tmp_path / "own", tool_file(label="Mine"))
    cards = ToolFileReader([tmp_path / "shipped", tmp_path / "own"]).read().cards
    assert cards["own"].label == "Mine"


@pytest.mark.parametrize(
    "document",
    [
        "id: [",
        "just words",
        "a: &x 1\nb: *x",
        tool_file(id="other"),
        tool_file(id="Own"),
        tool_file(tools=[]),
        tool_file(colour="red"),
        tool_file(tools=[{"name": "look", "description": "x", "effect": "read"}]),
        tool_file(tools=[{**tool_file()["tools"][0], "entry": "clock:current_time"}]),
        tool_file(tools=[{**tool_file()["tools"][0], "effect": "none"}]),
        tool_file(tools=[{**tool_file()["tools"][0], "answer": {"text": "a["}}]),
        tool_file(tools=[tool_file()["tools"][0]] * 2),
        tool_file(tools=[{"name": "run", "description": "x", "effect": "read", "entry": "os.path:join"}]),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence_and_takes_nothing_from_the_others(
    tmp_path: Path, document: Any
) -> None:
    put(tmp_path, document)
    put(tmp_path, tool_file(id="good"), "good")
    files = ToolFileReader([tmp_path]).read()
    assert list(files.cards) == ["good"]
    assert "own" in files.problems["own"]


async def test_an_entry_reaches_only_what_is_there_to_be_named(tmp_path: Path) -> None:
    entries = ["clock:no_such", "no_such:now", "files:file_name", "clock:datetime"]
    tools = [
        {"name": f"t{number}", "description": "x", "effect": "read", "entry": entry}
        for number, entry in enumerate(entries)
    ]
    put(tmp_path, tool_file(tools=tools))
    described = await shipped_tools(OtherSide(), folders=[tmp_path]).toolset(OURS, "own")
    assert described.tools == []
    assert len(described.problems) == len(entries)


async def test_what_is_put_into_an_address_stays_in_its_place(tmp_path: Path) -> None:
    tool = {
        **tool_file()["tools"][0],
        "parameters": {"name": {"type": "string"}, "more": {"type": "array", "items": {"type": "string"}}},
        "request": {"url": "https://example.com/things/{name}/x", "query": {"q": "{name}", "m": "{more}", "n": "1"}},
    }
    put(tmp_path, tool_file(tools=[tool]))
    other_side = OtherSide([SaidResponse(json={})])
    tools = shipped_tools(other_side, folders=[tmp_path])
    await tools.call(OURS, "own/look", {"name": "a/../b?c=d#e&f", "more": ["1", "2"]}, key="k")
    assert other_side.asked[0].url == (
        "https://example.com/things/a%2F..%2Fb%3Fc%3Dd%23e%26f/x?q=a%2F..%2Fb%3Fc%3Dd%23e%26f&m=1&m=2&n=1"
    )
    with pytest.raises(ToolInputInvalid):
        await tools.call(OURS, "own/look", {"name": ".."}, key="k")


async def test_pages_are_gone_through_up_to_their_cap(tmp_path: Path) -> None:
    pages = {"next": "next", "into": "page", "items": "items", "most": 3}
    tool = {**tool_file()["tools"][0], "request": {"url": "https://example.com/x?page=1", "pages": pages}}
    put(tmp_path, tool_file(tools=[{**tool, "answer": {"json": "items"}}]))
    answers = [SaidResponse(json={"items": [number], "next": number + 1}) for number in range(1, 9)]
    other_side = OtherSide(answers)
    result = await shipped_tools(other_side, folders=[tmp_path]).call(OURS, "own/look", {}, key="k")
    assert list(result.json) == [1, 2, 3]
    assert [request.url.rpartition("page=")[2] for request in other_side.asked] == ["1", "2", "3"]


async def test_a_key_of_the_operators_environment_serves_and_is_not_shown(tmp_path: Path) -> None:
    given = {
        "credentials": {"api_key": {"env": "OWN_API_KEY"}},
        "auth": [{"name": "X-Key", "value": "{credentials.api_key}"}],
    }
    put(tmp_path, tool_file(**given))
    other_side = OtherSide([SaidResponse(json={})])
    tools = shipped_tools(other_side, folders=[tmp_path], environment={"OWN_API_KEY": "the-operators"})
    await tools.call(OURS, "own/look", {}, key="k")
    assert dict(other_side.asked[0].headers)["X-Key"] == "the-operators"
    assert other_side.asked[0].secret_headers == {"X-Key"}
    assert "the-operators" not in repr(await tools.toolset(OURS, "own"))


def test_the_schema_of_the_format_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), "call `python -m scripts.generate_tool_schema`"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_every_shipped_file_fits_the_schema_and_says_where_it_was_read(file: Path) -> None:
    document = json.loads(json.dumps(yaml.safe_load(file.read_text()), default=str))
    assert list(Draft202012Validator(json.loads(FILE.read_text())).iter_errors(document)) == []
    try:
        card = card_of(file, ToolsetCard)
    except UnusableFile as problem:
        pytest.fail(str(problem))
    assert card.sources or not any(tool.request for tool in card.tools)
    for tool in card.tools:
        assert tool.description
        assert all(each.description for each in tool.parameters.values())
