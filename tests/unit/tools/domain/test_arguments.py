"""Arguments are mended where the schema makes it certain what is meant, and refused where it does not."""

from typing import Any

import pytest

from loomwork.engine.variables import File
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.arguments import fitted
from loomwork.tools.domain.tool import ToolCard

PROPERTIES: dict[str, Any] = {
    "text": {"type": "string"},
    "count": {"type": "integer", "default": 5},
    "ratio": {"type": "number"},
    "on": {"type": "boolean"},
    "names": {"type": "array", "items": {"type": "string"}},
    "more": {"type": "object"},
    "picture": {"type": "object", "format": "file"},
    "pictures": {"type": "array", "items": {"type": "object", "format": "file"}},
    "either": {"type": ["integer", "null"]},
}
CARD = ToolCard(
    "t", "", {"type": "object", "properties": PROPERTIES, "required": ["text"]}, parameter_aliases={"query": "text"}
)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("count", "7", 7),
        ("count", 7.0, 7),
        ("count", "", 5),
        ("count", None, 5),
        ("ratio", "0.5", 0.5),
        ("on", "true", True),
        ("on", "0", False),
        ("on", 1, True),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "a", ["a"]),
        ("more", '{"a": 1}', {"a": 1}),
        ("text", 12, "12"),
        ("text", {"a": [1, "é"]}, '{"a": [1, "é"]}'),
        ("text", True, "true"),
        ("either", None, None),
    ],
)
def test_a_value_becomes_what_the_schema_names(name: str, given: Any, expected: Any) -> None:
    assert fitted(CARD, {"text": "t", name: given})[name] == expected


@pytest.mark.parametrize(
    ("name", "given"), [("count", "many"), ("count", 1.5), ("ratio", "NaN"), ("on", "perhaps"), ("more", "[1]")]
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, given: Any) -> None:
    with pytest.raises(ToolInputInvalid, match=name):
        fitted(CARD, {"text": "t", name: given})


def test_a_parameter_is_known_by_its_former_name_and_others_are_left_out() -> None:
    assert fitted(CARD, {"query": "q", "strange": 1}) == {"text": "q", "count": 5}


def test_what_is_required_has_to_be_there() -> None:
    with pytest.raises(ToolInputInvalid, match="text"):
        fitted(CARD, {})


def test_files_arrive_as_files() -> None:
    file = File("image", "remote_url", url="https://example.com/a.png")
    fit = fitted(CARD, {"text": "t", "picture": [file.wire()], "pictures": [file, file.wire()]})
    assert (fit["picture"], fit["pictures"]) == (file, [file, file])
