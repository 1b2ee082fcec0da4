"""Reading typed values out of a text with a model."""

from typing import Any

import pytest

from loomwork.engine.ports import NodeError, Turn
from loomwork.model_gateway.api import ModelUnavailable
from tests.unit.nodes.bench import Bench, ScriptedModels, answer

PARAMETERS = [
    {"name": "city", "type": "string", "description": "where to", "required": True},
    {"name": "days", "type": "number"},
    {"name": "business", "type": "bool"},
    {"name": "seat", "type": "select", "options": ["window", "aisle"]},
    {"name": "stops", "type": "array[string]"},
]
CONFIG: dict[str, Any] = {
    "model": {"provider": "p", "name": "m"},
    "query": ["sys", "query"],
    "parameters": PARAMETERS,
    "instruction": "Trips of {{#v.shop#}}.",
    "reasoning_mode": "prompt",
}
VALUES = {"sys": {"query": "to Rome for 3 days"}, "v": {"shop": "ACME"}}
EMPTY = {"city": "", "days": 0, "business": False, "seat": "", "stops": []}


async def extracted(bench: Bench, models: ScriptedModels, said: str, config: Any = None) -> Any:
    models.script = answer(said)
    return (await bench.run("parameter-extractor", {**CONFIG, **(config or {})}, VALUES)).outputs


async def test_it_leaves_what_the_model_found_each_of_its_type(bench: Bench, models: ScriptedModels) -> None:
    said = '{"city": "Rome", "days": 3, "business": true, "seat": "aisle", "stops": ["Pisa", "Bari"]}'
    assert await extracted(bench, models, said) == {
        "city": "Rome",
        "days": 3,
        "business": True,
        "seat": "aisle",
        "stops": ["Pisa", "Bari"],
        "__is_success": 1,
        "__reason": None,
        "__usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }


async def test_what_an_optional_parameter_does_not_find_is_empty_and_no_failure(
    bench: Bench, models: ScriptedModels
) -> None:
    outputs = await extracted(bench, models, '{"city": "Rome", "days": null}')
    assert {name: value for name, value in outputs.items() if name != "__usage"} == {
        **EMPTY,
        "city": "Rome",
        "__is_success": 1,
        "__reason": None,
    }


async def test_values_that_do_not_fit_are_asked_for_once_more_saying_why(bench: Bench, models: ScriptedModels) -> None:
    models.next_scripts = [answer('{"city": "Rome", "days": 3}')]
    outputs = await extracted(bench, models, '{"city": "Rome", "days": "many"}')
    assert (outputs["days"], outputs["__is_success"], outputs["__usage"]["total_tokens"]) == (3, 1, 16)
    assert "'days' is not of type number" in models.requests[1].messages[-1].text


async def test_a_value_that_the_text_does_not_hold_is_not_asked_for_again(bench: Bench, models: ScriptedModels) -> None:
    outputs = await extracted(bench, models, '{"city": null}')
    assert (outputs["__is_success"], len(models.requests)) == (0, 1)


@pytest.mark.parametrize("said", ["I do not know.", "", '["Rome"]', "{" * 5000, "null"])
async def test_an_answer_that_cannot_be_read_succeeds_with_typed_empty_values(
    bench: Bench, models: ScriptedModels, said: str
) -> None:
    outputs = await extracted(bench, models, said)
    assert outputs["__is_success"] == 0
    assert "no JSON object" in outputs["__reason"]
    assert {name: outputs[name] for name in EMPTY} == EMPTY


@pytest.mark.parametrize(
    ("said", "named", "kept"),
    [
        ('{"days": 3}', "'city' was not found", {"city": "", "days": 3}),
        ('{"city": "Rome", "days": "many"}', "'days' is not of type number", {"city": "Rome", "days": 0}),
        ('{"city": "Rome", "seat": "roof"}', "'seat' is not one of its options", {"seat": ""}),
        ('{"city": {"a": 1}}', "'city' is not of type string", {"city": ""}),
        ('{"city": "Rome", "stops": "Pisa"}', "'stops' is not of type array", {"stops": []}),
        ('{"city": "Rome", "days": Infinity}', "'days' is not of type number", {"days": 0}),
    ],
)
async def test_what_does_not_fit_is_named_and_the_rest_is_kept(
    bench: Bench, models: ScriptedModels, said: str, named: str, kept: Any
) -> None:
    outputs = await extracted(bench, models, said)
    assert outputs["__is_success"] == 0
    assert named in outputs["__reason"]
    assert {name: outputs[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("string", "5", "5"),
        ("number", '"3.5"', 3.5),
        ("number", '" 12 "', 12),
        ("boolean", '"Yes"', True),
        ("bool", "0", False),
        ("array[number]", '[1, "2", "x"]', [1, 2]),
        ("array[object]", '[{"a": 1}, 5]', [{"a": 1}]),
        ("array[boolean]", "[true, 5]", [True]),
        ("object", '{"a": []}', {"a": []}),
        ("select", '"sample"', "sample"),
    ],
)
async def test_values_are_read_as_their_types(
    bench: Bench, models: ScriptedModels, kind: str, said: str, value: Any
) -> None:
    config = {"parameters": [{"name": "x", "type": kind, "required": True}]}
    outputs = await extracted(bench, models, f'Sure: {{"x": {said}}}', config)
    assert (outputs["x"], outputs["__is_success"]) == (value, 1)


async def test_the_model_may_only_answer_with_the_parameters(bench: Bench, models: ScriptedModels) -> None:
    await extracted(bench, models, "{}")
    request = models.requests[-1]
    assert request.json_schema == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "where to"},
            "days": {"type": ["number", "null"]},
            "business": {"type": ["boolean", "null"]},
            "seat": {"type": ["string", "null"], "enum": ["window", "aisle", None]},
            "stops": {"type": ["array", "null"], "items": {"type": "string"}},
        },
        "required": ["city", "days", "business", "seat", "stops"],
        "additionalProperties": False,
    }
    assert request.messages[-1].text == "to Rome for 3 days"
    assert "Trips of ACME." in request.messages[0].text


@pytest.mark.parametrize("mode", ["prompt", "function_call", None])
async def test_both_reasoning_modes_ask_the_same(bench: Bench, models: ScriptedModels, mode: str | None) -> None:
    await extracted(bench, models, "{}", {"reasoning_mode": mode})
    await extracted(bench, models, "{}")
    assert models.requests[0] == models.requests[1]


async def test_it_may_remember_the_conversation(bench: Bench, models: ScriptedModels) -> None:
    bench.history = [Turn("q1", "a1")]
    await extracted(bench, models, "{}", {"memory": {"window": {"enabled": False}}})
    assert [message.text for message in models.requests[-1].messages[1:]] == ["q1", "a1", "to Rome for 3 days"]


async def test_a_model_that_cannot_be_reached_fails_the_node(bench: Bench, models: ScriptedModels) -> None:
    models.script = [ModelUnavailable("p/m is not there.")]
    with pytest.raises(NodeError, match="is not there"):
        await bench.run("parameter-extractor", CONFIG, VALUES)


async def test_some_files_name_the_query_as_a_classifier_does(bench: Bench, models: ScriptedModels) -> None:
    config = {key: value for key, value in CONFIG.items() if key != "query"}
    models.script = answer("{}")
    await bench.run("parameter-extractor", {**config, "query_variable_selector": ["sys", "query"]}, VALUES)
    assert models.requests[-1].messages[-1].text == "to Rome for 3 days"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (None, "no parameters"),
        ([], "no parameters"),
        ([{"name": "", "type": "string"}], "called ''"),
        ([{"name": "__reason", "type": "string"}], "called '__reason'"),
        ([{"name": "x", "type": "array[array]"}], "which does not exist"),
    ],
)
def test_parameters_that_cannot_be_asked_for_do_not_compile(bench: Bench, parameters: Any, said: str) -> None:
    with pytest.raises(NodeError, match=said):
        bench.compile("parameter-extractor", {**CONFIG, "parameters": parameters})
