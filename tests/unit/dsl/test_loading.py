import contextlib
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.dsl import DslError, read_document
from loomwork.dsl.loading import MAX_BYTES, load_tree

APP = "app: {name: Demo, mode: workflow}\n"


def refused(text: str | bytes) -> DslError:
    with pytest.raises(DslError) as caught:
        read_document(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_document"),
        ("# only a comment\n", "empty_document"),
        ("- a\n- b\n", "not_a_mapping"),
        ("just words", "not_a_mapping"),
        ("openapi: 3.1.0\npaths: {}\n", "no_app"),
        ("app: words\n", "no_app"),
        ("app: [\n", "invalid_yaml"),
        ("app:\n\tname: x\n", "invalid_yaml"),
        (APP + "x: *nowhere\n", "invalid_yaml"),
        (APP + "? [a, b]\n: c\n", "invalid_yaml"),
        (APP + "x: \x00\n", "invalid_yaml"),
        (APP + "---\n" + APP, "several_documents"),
        (APP + "x: !!python/object/apply:os.system [id]\n", "forbidden_tag"),
        (APP + "x: !!binary aGVsbG8=\n", "forbidden_tag"),
        (APP + "x: !Ref y\n", "forbidden_tag"),
        (APP + "x: &a [*a]\n", "recursive_alias"),
        (APP + "x: &a {k: {deep: *a}}\n", "recursive_alias"),
        (b"app: {name: \xff\xfe}\n", "invalid_encoding"),
        (b"\xff\xfea", "invalid_encoding"),
        ("app: {name: \ud800}\n", "invalid_encoding"),
        ('{"app": {"name": "\\ud800"}}', "invalid_encoding"),
    ],
)
def test_a_file_that_is_no_app_file_is_refused_with_a_code(text: str | bytes, code: str) -> None:
    error = refused(text)
    assert (error.code, error.problems[0].code, error.problems[0].level) == ("document_refused", code, "error")
    assert error.message.startswith(error.problems[0].message)


def test_a_refusal_names_line_and_column() -> None:
    error = refused(APP + "workflow:\n  x: !!python/name:os.system ''\n")
    assert error.problems[0].place == "line 3, column 6"
    assert str(error).endswith("(line 3, column 6)")


@pytest.mark.parametrize("text", [b"app:\n  name: caf\xe9\n", b"app:\n  name: a\x01b\n", 'app:\n  name: "\ud800"\n'])
def test_a_bad_character_is_found_on_its_line(text: str | bytes) -> None:
    place = refused(text).problems[0].place
    assert place is not None
    assert place.startswith("line 2, column ")


def test_a_document_deeper_than_a_hundred_levels_is_refused_not_recursed_into() -> None:
    for text in ("[" * 100_000, APP + "x: " + "[" * 101 + "]" * 101, APP + "x: " + '{"a":' * 50_000):
        assert refused(text).problems[0].code == "too_deep"


def test_depth_is_counted_through_aliases() -> None:
    deep = "".join(f"x{step}: &a{step} {'[' * 60}*a{step - 1}{']' * 60}\n" for step in range(1, 40))
    assert refused(APP + "x0: &a0 [1]\n" + deep).problems[0].code == "too_deep"


def test_aliases_that_grow_without_bound_are_refused() -> None:
    laughs = "".join(f"x{step}: &a{step} [{', '.join([f'*a{step - 1}'] * 10)}]\n" for step in range(1, 12))
    assert refused(APP + "x0: &a0 ha\n" + laughs).problems[0].code == "too_large"
    merges = "".join(f"x{step}: &a{step} {{<<: [{', '.join([f'*a{step - 1}'] * 10)}]}}\n" for step in range(1, 12))
    assert refused(APP + "x0: &a0 {k: v}\n" + merges).problems[0].code == "too_large"


def test_a_file_over_the_size_limit_is_refused_before_it_is_parsed() -> None:
    assert refused(APP + "#" * MAX_BYTES).problems[0].code == "too_large"
    assert refused(b"\x00" * (MAX_BYTES + 1)).problems[0].code == "too_large"


def test_thousands_of_number_keys_are_refused() -> None:
    colliding = "".join(f"  {step * (2**61 - 1)}: 0\n" for step in range(3000))
    assert refused(APP + "x:\n" + colliding).problems[0].code == "too_large"


@pytest.mark.parametrize("text", ["2024-13-45", "0x_", "0b_", "9" * 5000, "=", "<<", "2001-01-01 00:00:00 +99:99"])
def test_text_that_only_looks_like_a_number_or_a_date_stays_text(text: str) -> None:
    assert load_tree(f"x: {text}\n").tree == {"x": text}


def test_plain_scalars_are_read_as_the_format_always_did() -> None:
    tree = load_tree("a: 1\nb: 1e3\nc: 1.0e+3\nd: 2024-01-02\ne: yes\nf: ~\ng: '1'\n").tree
    assert tree == {"a": 1, "b": "1e3", "c": 1000.0, "d": date(2024, 1, 2), "e": True, "f": None, "g": "1"}


def test_aliases_and_merge_keys_of_a_modest_file_are_followed() -> None:
    tree = load_tree("a: &a {k: 1}\nb: {<<: *a, l: 2}\nc: *a\n").tree
    assert tree == {"a": {"k": 1}, "b": {"k": 1, "l": 2}, "c": {"k": 1}}


def test_a_key_that_stands_twice_is_a_warning_and_the_last_one_counts() -> None:
    loaded = load_tree("a: 1\nb: 2\na: 3\n")
    assert loaded.tree == {"a": 3, "b": 2}
    assert [(problem.code, problem.place) for problem in loaded.warnings] == [("duplicate_key", "line 3, column 1")]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + APP.encode(),
        APP.encode("utf-16"),
        APP.replace("\n", "\r\n").encode(),
        ("\ufeff" + APP).encode(),
        b'{"app": {"name": "Demo", "mode": "workflow"}}',
        b'\n\t{"app":\n\t{"name": "Demo", "mode": "workflow"}}',
        json.dumps({"data": APP}).encode(),
        json.dumps({"mode": "yaml-content", "yaml_content": APP}).encode(),
        json.dumps({"data": {"app": {"name": "Demo", "mode": "workflow"}}}).encode(),
        json.dumps({"data": json.dumps({"app": {"name": "Demo", "mode": "workflow"}})}).encode(),
    ],
)
def test_an_app_file_is_read_however_it_was_saved(data: bytes) -> None:
    assert load_tree(data).tree == {"app": {"name": "Demo", "mode": "workflow"}}


def test_json_with_escaped_emoji_is_read() -> None:
    assert read_document('{"app": {"name": "\\ud83d\\ude00", "mode": "workflow"}}').name == "😀"


def test_a_wrapper_is_opened_once_only() -> None:
    inner = json.dumps({"data": json.dumps({"data": APP})})
    assert refused(inner).problems[0].code == "no_app"


def test_the_message_of_a_refusal_does_not_repeat_the_file() -> None:
    secret = "sk-" + "a" * 40
    assert secret not in str(refused(f"app: {{name: x\nkey: {secret}\n- ["))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


WORDS = (
    "app workflow graph nodes edges data true .nan 1e999 0x 1:2.5 2024-99-99 \\ud800 --- ... !! !!int !!bool !!float"
)
MARKS = ": - ? & * ! | > ' \" { } [ ] , # % @ ` ~ << = &a *a !!timestamp \x00 \x85 \ufeff"
YAML_PIECES = st.sampled_from([*WORDS.split(" "), *MARKS.split(" "), " ", "\t", "\n", "\n  ", "\n    ", ": "])


@settings(deadline=None, max_examples=500)
@given(st.lists(YAML_PIECES, max_size=40).map("".join))
def test_any_yaml_like_text_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


def read_or_refuse(text: str | bytes) -> None:
    with contextlib.suppress(DslError):
        read_document(text)
