"""The measure that the starters are held to can find them wanting."""

from tests.starters.expectations import shortcomings


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
