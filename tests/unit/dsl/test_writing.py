from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.dsl import read_document, write_document, write_tree
from loomwork.dsl.loading import load_tree
from tests.corpus.comparing import same_tree

HOSTILE = " \n\t\r:#-?|>&*!%@`\"'{}[],=~<0123456789eExo.+_\x00\x85\u2028\ufeff\ufffe\x7f😀"
TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(HOSTILE)), max_size=20)
SCALARS = st.one_of(
    TEXT,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["yes", "null", "1e3", "0x1F", "012", "2024-01-01", "1:30", "=", "<<", "", ".inf", "- a", "a: b"]),
)
KEYS = st.one_of(TEXT, st.integers(), st.booleans())


def branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4))


TREES = st.recursive(SCALARS, branches, max_leaves=12)


@settings(deadline=None, max_examples=500)
@given(TREES)
def test_what_is_written_reads_as_an_equal_tree(value: Any) -> None:
    tree = {"app": {"mode": "workflow"}, "value": value}
    assert same_tree(load_tree(write_tree(tree)).tree, tree)


@pytest.mark.parametrize(
    "text",
    [
        "def main():\n    return 1\n",
        "  in\nout",
        "trailing \nspace",
        "\n\nlead",
        "tab\there\nx",
        "a\r\nb",
        "\n",
    ],
)
def test_text_of_several_lines_survives(text: str) -> None:
    assert load_tree(write_tree({"code": text})).tree == {"code": text}


def test_code_is_written_as_lines_that_people_can_read() -> None:
    assert write_tree({"code": "def main():\n    return 1\n", "icon": "🤖"}) == (
        "code: |\n  def main():\n      return 1\nicon: 🤖\n"
    )


def test_unknown_keys_their_order_and_scalar_types_come_back() -> None:
    text = (
        "zeta: 1\nx-loomwork: {on: 2024-01-02, at: 2024-01-02 03:04:05Z}\n"
        "app: {name: '17', mode: workflow, n: 17, f: 1.0, s: '1.0', b: 'yes', c: yes}\n1755: {true: ~}\n"
    )
    document = read_document(text)
    again = read_document(write_document(document))
    assert same_tree(again.tree, document.tree)
    assert list(again.tree) == ["zeta", "x-loomwork", "app", 1755]
    assert again.tree["x-loomwork"] == {True: date(2024, 1, 2), "at": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)}


def test_what_a_wrapper_holds_is_what_is_written() -> None:
    document = read_document('{"data": "app:\\n  mode: chat\\nmodel_config: {x: 1}\\n"}')
    assert load_tree(write_document(document)).tree == {"app": {"mode": "chat"}, "model_config": {"x": 1}}


def test_shared_parts_are_written_once() -> None:
    document = read_document("app: {mode: chat}\na: &a {k: [1, 2]}\nb: *a\n")
    written = write_document(document)
    assert written.count("k:") == 1
    assert read_document(written).tree == document.tree
