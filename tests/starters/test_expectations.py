"""The measure that the starters are held to can find them wanting."""

from typing import Any

import pytest

from tests.starters.expectations import misshapen, regressions, shortcomings


def test_a_word_may_stand_in_the_answer_or_in_any_output_in_any_case() -> None:
    expect = {"all": [["paris", "lutetia"], ["seine"]]}
    assert shortcomings(expect, {"river": "The SEINE"}, "It is Paris.") == []


def test_each_list_of_words_must_be_met_by_one_of_its_own() -> None:
    expect = {"all": [["paris", "lutetia"], ["seine"]]}
    assert shortcomings(expect, {}, "Paris, once Lutetia") == ["none of ['seine'] is said"]


def test_an_output_must_be_one_of_the_values_allowed() -> None:
    expect = {"outputs": {"class": ["Billing"]}}
    assert shortcomings(expect, {"class": "Billing"}, None) == []
    assert shortcomings(expect, {"class": "Billing, I think"}, None)
    assert shortcomings(expect, {}, None)


def test_a_field_holds_the_words_or_is_the_number() -> None:
    expect = {"fields": {"order.seller": "nordic", "order.total": 749}}
    assert shortcomings(expect, {"order": {"seller": "Nordic Bikes", "total": 749.0}}, None) == []
    assert len(shortcomings(expect, {"order": {"seller": "Bikes", "total": "749"}}, None)) == 2
    assert len(shortcomings(expect, {"order": "no object"}, None)) == 2


def app(node: dict[str, Any], field: str) -> dict[str, Any]:
    end = {"type": "end", "outputs": [{"variable": "out", "value_selector": ["n", field]}]}
    return {"workflow": {"graph": {"nodes": [{"id": "n", "data": node}, {"id": "e", "data": end}]}}}


TEXT = app({"type": "llm"}, "text")
CLASS = app({"type": "question-classifier", "classes": [{"name": "Billing"}, {"name": "Other"}]}, "class_name")
FIELDS = app(
    {"type": "llm", "structured_output": {"schema": {"type": "object", "properties": {"total": {"type": "number"}}}}},
    "structured_output",
)
CHAT: dict[str, Any] = {"workflow": {"graph": {"nodes": [{"id": "a", "data": {"type": "answer"}}]}}}


@pytest.mark.parametrize(
    ("document", "outputs", "answer"),
    [
        (TEXT, {"out": "x"}, None),
        (CLASS, {"out": "Other"}, None),
        (FIELDS, {"out": {"total": 1}}, None),
        (CHAT, {}, "x"),
    ],
)
def test_whatever_fits_what_the_app_promises_is_in_shape(document: Any, outputs: Any, answer: str | None) -> None:
    assert misshapen(document, outputs, answer) == []


@pytest.mark.parametrize(
    ("document", "outputs", "answer"),
    [
        (TEXT, {"out": " "}, None),
        (TEXT, {}, None),
        (TEXT, {"out": "x", "more": "y"}, None),
        (CLASS, {"out": "billing"}, None),
        (FIELDS, {"out": {"total": "1"}}, None),
        (FIELDS, {"out": "text"}, None),
        (CHAT, {}, "\n"),
        (CHAT, {}, None),
    ],
)
def test_an_answer_that_is_empty_or_off_its_schema_is_out_of_shape(
    document: Any, outputs: Any, answer: str | None
) -> None:
    assert misshapen(document, outputs, answer)


def found(*wrong: int) -> dict[str, dict[str, list[str]]]:
    """Five starters with three samples, of which so many fall short."""
    return {f"s{n}": {str(i): ["no"] * (i < count) for i in range(3)} for n, count in enumerate(wrong)}


@pytest.mark.parametrize("wrong", [(0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (1, 0, 1, 0, 1)])
def test_one_unlucky_sample_of_a_starter_is_no_regression(wrong: tuple[int, ...]) -> None:
    assert regressions(found(*wrong)) == []


def test_two_samples_of_one_starter_or_four_of_all_are_a_regression() -> None:
    assert regressions(found(0, 2, 0, 0, 0)) == ["s1: 2 of 3 samples fall short (0, 1)"]
    assert regressions(found(1, 1, 1, 1, 0)) == ["4 samples of all starters fall short"]
    assert len(regressions(found(3, 3, 3, 3, 3))) == 6
