"""Sorting a text into classes with a model."""

from typing import Any

import pytest

from loomwork.engine.ports import NodeError, Turn
from tests.unit.nodes.bench import Bench, ScriptedModels, answer

CLASSES = [
    {"id": "1711", "name": "Billing of {{#v.shop#}}", "label": "B"},
    {"id": "1712", "name": "Shipping"},
    {"id": 1713, "name": "Other"},
]
CONFIG: dict[str, Any] = {
    "model": {"provider": "p", "name": "m"},
    "query_variable_selector": ["sys", "query"],
    "classes": CLASSES,
    "instruction": "Prefer {{#v.shop#}}.",
}
VALUES = {"sys": {"query": "where is my parcel"}, "v": {"shop": "ACME"}}


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ('{"category": "Shipping"}', "1712"),
        ('{"category": "billing of acme"}', "1711"),
        ('```json\n{"category_name": "Other"}\n```', "1713"),
        ('{"class_id": "1712"}', "1712"),
        ('<think>Billing?</think>{"category": "Shipping"}', "1712"),
        ('{"category": "Weather"}', "1711"),
        ('["Shipping"]', "1711"),
        ('{"category": 5}', "1711"),
        ("Shipping", "1711"),
        ("", "1711"),
    ],
)
async def test_the_class_that_the_model_names_is_the_way_out_and_the_first_where_it_names_none(
    bench: Bench, models: ScriptedModels, said: str, handle: str
) -> None:
    models.script = answer(said)
    result = await bench.run("question-classifier", CONFIG, VALUES)
    assert result.handle == result.outputs["class_id"] == handle


async def test_it_leaves_the_class_with_its_rendered_name(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer('{"category": "Billing of ACME"}')
    result = await bench.run("question-classifier", CONFIG, VALUES)
    assert result.outputs == {
        "class_name": "Billing of ACME",
        "class_id": "1711",
        "class_label": "B",
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }


async def test_an_answer_that_names_no_class_is_asked_for_once_more_and_paid_for(
    bench: Bench, models: ScriptedModels
) -> None:
    models.script, models.next_scripts = answer("Weather."), [answer('{"category": "Shipping"}')]
    result = await bench.run("question-classifier", CONFIG, VALUES)
    assert (result.handle, result.usage) == ("1712", {"prompt_tokens": 6, "completion_tokens": 10, "total_tokens": 16})
    first, again = (request.messages for request in models.requests)
    assert [(one.role, one.text) for one in again[len(first) : -1]] == [("assistant", "Weather.")]
    assert "names none of the categories" in again[-1].text


async def test_the_model_is_asked_twice_at_most(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer("Weather.")
    result = await bench.run("question-classifier", CONFIG, VALUES)
    assert (result.handle, len(models.requests)) == ("1711", 2)


async def test_the_model_may_only_answer_with_a_class(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer('{"category": "Shipping"}')
    await bench.run("question-classifier", CONFIG, VALUES)
    request = models.requests[-1]
    assert request.json_schema is not None
    assert request.json_schema["properties"]["category"]["enum"] == ["Billing of ACME", "Shipping", "Other"]
    assert request.messages[-1].text == "where is my parcel"
    assert "Prefer ACME." in request.messages[0].text


async def test_classes_of_one_name_are_told_apart(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer('{"category": "class 2"}')
    config = {**CONFIG, "classes": [{"id": "a", "name": ""}, {"id": "b", "name": ""}]}
    assert (await bench.run("question-classifier", config, VALUES)).handle == "b"


async def test_it_may_remember_the_conversation(bench: Bench, models: ScriptedModels) -> None:
    bench.history = [Turn("q1", "a1")]
    models.script = answer('{"category": "Shipping"}')
    await bench.run("question-classifier", {**CONFIG, "memory": {"window": {"enabled": True, "size": 5}}}, VALUES)
    assert [message.text for message in models.requests[-1].messages[1:]] == ["q1", "a1", "where is my parcel"]
    await bench.run("question-classifier", CONFIG, VALUES)
    assert len(models.requests[-1].messages) == 2


@pytest.mark.parametrize("classes", [None, [], "none"])
def test_without_classes_it_cannot_be_compiled(bench: Bench, classes: Any) -> None:
    with pytest.raises(NodeError, match="no classes"):
        bench.compile("question-classifier", {**CONFIG, "classes": classes})
