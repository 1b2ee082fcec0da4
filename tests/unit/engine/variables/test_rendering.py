"""How values read as text, in prompts and in answers."""

from collections.abc import Callable
from typing import Any

import pytest

from loomwork.engine.variables import MISSING, File, parse_template, render_markdown, render_text
from loomwork.engine.variables.refs import Ref, walk

PHOTO = File("image", "remote_url", url="u", name="a.png", size=3)
VALUE = {"a": {"b": 1}, "l": [5, 6], "f": PHOTO}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (True, "True"),
        (1.50, "1.5"),
        (None, ""),
        (MISSING, ""),
        ({"a": "ü", "f": None}, '{"a": "ü", "f": null}'),
        (["ü", "b"], '["ü", "b"]'),
        ([1, "b"], "[1, 'b']"),
        ([{"a": 1}], "[{'a': 1}]"),
        ([], ""),
        (PHOTO, ""),
        ([PHOTO], ""),
    ],
)
def test_a_value_in_a_prompt(value: Any, text: str) -> None:
    assert render_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", {"b": 1}, None], "- a\n- {'b': 1}\n- None"),
        ([], ""),
        ({"a": [1]}, '{\n  "a": [\n    1\n  ]\n}'),
        (PHOTO, "![a.png](u)"),
        ([PHOTO, PHOTO], "![a.png](u)\n![a.png](u)"),
        (False, "False"),
    ],
)
def test_a_value_in_an_answer(value: Any, text: str) -> None:
    assert render_markdown(value) == text


def nested(levels: int, *, in_list: bool) -> Any:
    value: Any = "deepest"
    for _ in range(levels):
        value = [value] if in_list else {"a": value}
    return value


@pytest.mark.parametrize("render", [render_text, render_markdown])
@pytest.mark.parametrize("in_list", [True, False])
def test_a_value_nested_too_deep_to_be_written_is_cut(render: Callable[[Any], str], in_list: bool) -> None:
    text = render(nested(100_000, in_list=in_list))
    assert "..." in text
    assert "deepest" not in text
    assert len(text) < 100_000
    assert "deepest" in render(nested(90, in_list=in_list))


def test_cutting_keeps_what_lies_beside_the_depth() -> None:
    text = render_text({"deep": nested(100_000, in_list=True), "flat": [1, {"b": 2}]})
    assert text.endswith('"flat": [1, {"b": 2}]}')


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), VALUE),
        (("a",), {"b": 1}),
        (("a", "b"), 1),
        (("l", "1"), 6),
        (("f", "size"), 3),
        (("f", "name"), "a.png"),
        (("f", "bytes"), None),
    ],
)
def test_a_path_walks_objects_lists_and_files(path: tuple[str, ...], found: Any) -> None:
    assert walk(VALUE, path) == found


@pytest.mark.parametrize("path", [("a", "x"), ("a", "b", "c"), ("l", "2"), ("l", "x"), ("x",)])
def test_a_path_that_leads_nowhere_finds_what_is_missing(path: tuple[str, ...]) -> None:
    assert walk(VALUE, path) is MISSING


def test_what_is_no_reference_stays_as_it_is_written() -> None:
    text = "{{#context#}} {{name}} {{#a.9b#}} {{#a b.c#}} {#a.b#}"
    assert parse_template(text, lambda _: pytest.fail("there is no reference")).segments == (text,)


def test_what_nothing_set_is_left_in_place_without_its_braces() -> None:
    template = parse_template("{{#a.b.c#}}!", lambda parts: Ref(0, parts[1], tuple(parts[2:]), tuple(parts)))
    assert template.render(lambda _: MISSING, render_text) == "a.b.c!"


@pytest.mark.parametrize("hostile", [{}, {"size": "big", "type": 5, "url": [1]}, {"type": "x", "transfer_method": {}}])
def test_a_file_is_read_from_anything(hostile: dict[str, Any]) -> None:
    file = File.from_wire(hostile)
    assert (file.type, file.transfer_method, file.url, file.size) == ("custom", "remote_url", None, -1)


def test_a_file_comes_back_from_its_wire_form() -> None:
    assert File.from_wire(PHOTO.wire()) == PHOTO


@pytest.mark.parametrize("key", ["²", "9" * 5000, "-1", "2"])
def test_a_path_into_a_list_that_is_no_place_in_it_leads_nowhere(key: str) -> None:
    assert walk([5, 6], (key,)) is MISSING
