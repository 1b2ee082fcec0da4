"""The node that asks a person: the form it draws, and what it leaves for an answer."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from loomwork.engine.ports import AskingNode, NodeError, NodeResult, NodeSpec, Question
from loomwork.engine.variables import File
from loomwork.nodes.catalog import NodeCatalog
from loomwork.nodes.human_input import checked
from tests.unit.nodes.bench import Bench, run_node

ACTIONS = [
    {"id": "ok", "title": "Looks good", "button_style": "primary"},
    {"id": "no", "title": "Try again", "button_style": "default"},
]
CONFIG = {
    "form_content": "# {{#up.title#}}\n{{#$output.note#}} by {{#$output.who#}}",
    "inputs": [
        {"type": "paragraph", "output_variable_name": "note", "default": {"type": "variable", "selector": ["up", "n"]}},
        {
            "type": "select",
            "output_variable_name": "who",
            "option_source": {"type": "constant", "selector": [], "value": ["Ann", "Bo"]},
        },
    ],
    "user_actions": ACTIONS,
    "timeout": 3,
    "timeout_unit": "day",
    "delivery_methods": [{"type": "webapp", "enabled": True}],
}
VALUES = {"up": {"title": ["a", "b"], "n": "as it was"}}
PDF = File("document", "local_file", related_id="7", name="a.pdf", extension=".pdf", mime_type="application/pdf")


def asking(bench: Bench, config: Mapping[str, Any]) -> AskingNode:
    node = bench.compile("human-input", config)
    assert isinstance(node, AskingNode)
    return node


def ask(bench: Bench, config: Mapping[str, Any], values: Any = VALUES) -> Question:
    return asking(bench, config).ask(bench.context(values))


def answer(bench: Bench, config: Mapping[str, Any], action: str | None, values: Mapping[str, Any]) -> NodeResult:
    node = asking(bench, config)
    context = bench.context(VALUES)
    return node.answer(context, node.ask(context), action, values)


def taking(**field: Any) -> Question:
    """A question with one field, named `f`."""
    return Question({"content": "", "fields": [{"name": "f", **field}]}, [{"id": "ok", "title": "OK"}])


def test_a_person_is_asked_with_the_values_of_the_run(bench: Bench) -> None:
    question = ask(bench, CONFIG)
    assert question.form == {
        "content": "# - a\n- b\n{{#$output.note#}} by {{#$output.who#}}",
        "fields": [
            {"name": "note", "type": "paragraph", "default": "as it was"},
            {"name": "who", "type": "select", "default": "", "options": ["Ann", "Bo"]},
        ],
    }
    assert list(question.actions) == [
        {"id": "ok", "title": "Looks good", "style": "primary"},
        {"id": "no", "title": "Try again", "style": "default"},
    ]
    assert question.timeout == 3 * 24 * 3600
    assert bench.binder.problems == []


def test_the_node_leaves_the_fields_and_goes_by_the_action(bench: Bench) -> None:
    result = answer(bench, CONFIG, "no", {"note": "too long", "who": "Bo", "other": "dropped"})
    assert (result.handle, result.outputs) == (
        "no",
        {
            "note": "too long",
            "who": "Bo",
            "__action_id": "no",
            "__action_value": "Try again",
            "__rendered_content": "# - a\n- b\ntoo long by Bo",
        },
    )


def test_when_the_time_is_over_the_node_goes_by_its_own_handle(bench: Bench) -> None:
    result = answer(bench, CONFIG, None, {"note": "too late", "who": "Bo"})
    content = "# - a\n- b\n{{#$output.note#}} by {{#$output.who#}}"
    assert (result.handle, result.outputs) == (
        "__timeout",
        {"__action_id": "", "__action_value": "", "__rendered_content": content},
    )


def test_an_answer_that_writes_a_place_of_a_field_does_not_fill_it(bench: Bench) -> None:
    values = {"note": "{{#$output.who#}}", "who": "Bo"}
    result = answer(bench, CONFIG, "ok", values)
    assert result.outputs["__rendered_content"].endswith("{{#$output.who#}} by Bo")


@pytest.mark.parametrize(
    ("action", "values", "field"),
    [
        ("maybe", {"note": "", "who": "Bo"}, "action"),
        ("", {"note": "", "who": "Bo"}, "action"),
        ("__timeout", {"note": "", "who": "Bo"}, "action"),
        ("ok", {"who": "Bo"}, "note"),
        ("ok", {"note": 5, "who": "Bo"}, "note"),
        ("ok", {"note": "x" * 1_000_001, "who": "Bo"}, "note"),
        ("ok", {"note": "", "who": "Cy"}, "who"),
        ("ok", {"note": "", "who": ["Bo"]}, "who"),
        ("ok", {"note": "", "who": {}}, "who"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(bench: Bench, action: str, values: Any, field: str) -> None:
    with pytest.raises(NodeError) as refused:
        checked(ask(bench, CONFIG), action, values)
    assert (refused.value.code, refused.value.details["field"]) == ("invalid_input", field)
    with pytest.raises(NodeError):
        answer(bench, CONFIG, action, values)


def test_a_file_is_taken_in_wire_form_and_counted_in_the_text(bench: Bench) -> None:
    config = {
        "form_content": "{{#$output.f#}}, {{#$output.l#}}, {{#$output.gone#}}.",
        "inputs": [
            {"type": "file", "output_variable_name": "f", "allowed_file_types": ["document"]},
            {"type": "file-list", "output_variable_name": "l", "number_limits": 2},
        ],
        "user_actions": ACTIONS,
    }
    wire = {"type": "document", "transfer_method": "local_file", "upload_file_id": "7"}
    result = answer(bench, config, "ok", {"f": wire, "l": [PDF, wire]})
    file = File("document", "local_file", related_id="7")
    assert (result.outputs["f"], result.outputs["l"]) == (file, [PDF, file])
    assert result.outputs["__rendered_content"] == "[file], [2 files], ."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "file"}, None),
        ({"type": "file"}, "a.pdf"),
        ({"type": "file"}, {"type": "document"}),
        ({"type": "file", "allowed_file_types": ["image"]}, PDF),
        ({"type": "file", "allowed_file_upload_methods": ["remote_url"]}, PDF),
        ({"type": "file", "allowed_file_types": ["custom"], "allowed_file_extensions": [".TXT"]}, PDF),
        ({"type": "file-list"}, PDF),
        ({"type": "file-list", "number_limits": 1}, [PDF, PDF]),
        ({"type": "file-list"}, [PDF, None]),
    ],
)
def test_files_of_other_kinds_are_refused(field: Any, value: Any) -> None:
    with pytest.raises(NodeError) as refused:
        checked(taking(**field), "ok", {"f": value})
    assert refused.value.code == "invalid_input"


@pytest.mark.parametrize(
    "field",
    [
        {},
        {"allowed_file_types": ["document"]},
        {"allowed_file_types": ["custom"], "allowed_file_extensions": ["PDF"]},
        {"allowed_file_types": ["image", "custom"]},
        {"allowed_file_upload_methods": ["local_file"]},
    ],
)
def test_files_of_a_kind_that_is_listed_are_taken(field: Any) -> None:
    assert checked(taking(type="file", **field), "ok", {"f": PDF}) == {"f": PDF}


@pytest.mark.parametrize(
    ("value", "options"),
    [(["x", "y"], ["x", "y"]), (None, ["spare"])],
)
def test_options_may_come_from_a_variable(bench: Bench, value: Any, options: list[str]) -> None:
    source = {"type": "variable", "selector": ["up", "o"], "value": ["spare"]}
    field = {"type": "select", "output_variable_name": "who", "option_source": source}
    question = ask(bench, {**CONFIG, "inputs": [field]}, {"up": {"o": value}})
    assert question.form["fields"][0]["options"] == options


@pytest.mark.parametrize("value", ["x", [1], {"x": 1}])
def test_options_that_are_no_list_of_texts_fail_the_node(bench: Bench, value: Any) -> None:
    field = {
        "type": "select",
        "output_variable_name": "who",
        "option_source": {"type": "variable", "selector": ["up", "o"]},
    }
    with pytest.raises(NodeError, match="list of texts") as failed:
        ask(bench, {**CONFIG, "inputs": [field]}, {"up": {"o": value}})
    assert failed.value.code == "invalid_options"


def test_an_older_file_calls_the_default_a_placeholder(bench: Bench) -> None:
    row = {"type": "text-input", "output_variable_name": "note", "placeholder": {"type": "constant", "value": "hm"}}
    assert ask(bench, {**CONFIG, "inputs": [row]}).form["fields"] == [
        {"name": "note", "type": "text-input", "default": "hm"}
    ]


@pytest.mark.parametrize(
    ("timeout", "unit", "seconds"),
    [
        (1, "hour", 3600),
        ("2", "day", 2 * 24 * 3600),
        (0.5, "hour", 1800),
        (None, None, 36 * 3600),
        (-1, "hour", 36 * 3600),
        ("soon", "hour", 36 * 3600),
        (1e300, "day", 10 * 365 * 24 * 3600),
    ],
)
def test_the_timeout_is_in_hours_or_days(bench: Bench, timeout: Any, unit: Any, seconds: float) -> None:
    assert ask(bench, {**CONFIG, "timeout": timeout, "timeout_unit": unit}).timeout == seconds


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"delivery_methods": [{"type": "webapp", "enabled": True}, {"type": "email", "enabled": True}]},
            ("not_delivered_yet", "delivery_methods[1]"),
        ),
        ({"user_actions": []}, ("no_action", "user_actions")),
        (
            {"inputs": [{"type": "slider", "output_variable_name": "n"}]},
            ("unknown_field_type", "inputs[0].type"),
        ),
    ],
)
def test_what_will_not_work_as_written_is_a_warning(bench: Bench, change: Any, problem: tuple[str, str]) -> None:
    asking(bench, {**CONFIG, **change})
    assert bench.binder.problems == [problem]


def test_a_delivery_that_is_switched_off_is_no_problem(bench: Bench) -> None:
    asking(bench, {**CONFIG, "delivery_methods": [{"type": "email", "enabled": False}]})
    assert bench.binder.problems == []


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": [{"output_variable_name": "a"}, {"output_variable_name": "a"}]},
        {"inputs": [{"type": "paragraph"}]},
        {"user_actions": [{"id": "ok"}, {"id": "ok"}]},
        {"user_actions": [{"title": "OK"}]},
        {"timeout_unit": "week"},
    ],
)
def test_a_form_that_cannot_be_answered_cannot_be_used(bench: Bench, change: Any) -> None:
    with pytest.raises(ValidationError):
        asking(bench, {**CONFIG, **change})


async def test_with_everything_outside_mocked_the_first_action_is_taken(bench: Bench) -> None:
    types = {"human-input": bench.type_named("human-input")}
    spec = NodeSpec("n", "human-input", "The node", {**CONFIG, "delivery_methods": [{"type": "email"}]})
    node = NodeCatalog(types, mock_outside=True).resolve_type(spec).compile(spec, bench.binder)
    assert node.branches
    result = await run_node(node, bench.context())
    assert (result.handle, result.outputs["note"], result.outputs["who"]) == ("ok", "sample text", "Ann")
    assert bench.binder.problems == []
