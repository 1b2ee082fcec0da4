"""What is different between two documents, by meaning."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from loomwork.apps.domain import Difference, EdgeChange, FieldChange, NodeChange, difference, difference_lines
from loomwork.dsl import read_document

NODES: list[dict[str, Any]] = [
    {"id": "s", "data": {"type": "start", "title": "Start", "variables": [
        {"variable": "a", "type": "text-input", "label": "A"}, {"variable": "b", "type": "number", "label": "B"},
    ]}},
    {"id": "m", "data": {"type": "llm", "title": "Model", "prompt_template": [
        {"role": "system", "text": "Be kind."}, {"role": "user", "text": "{{#s.a#}}"},
    ]}},
    {"id": "e", "data": {"type": "end", "title": "End", "outputs": []}},
]  # fmt: skip
TREE: dict[str, Any] = {
    "app": {"name": "Demo", "mode": "workflow"},
    "kind": "app",
    "version": "0.6.0",
    "workflow": {
        "environment_variables": [
            {"id": "1", "name": "TOKEN", "value": "hush", "value_type": "secret"},
            {"id": "2", "name": "PLACE", "value": "here", "value_type": "string"},
        ],
        "features": {"opening_statement": ""},
        "graph": {"nodes": NODES, "edges": [{"source": "s", "target": "m"}, {"source": "m", "target": "e"}]},
    },
}


def changed(change: Any) -> Difference:
    """The difference that a change of the tree makes."""
    tree = copy.deepcopy(TREE)
    change(tree)
    return difference(read_document(yaml.safe_dump(TREE)), read_document(yaml.safe_dump(tree)))


def node(tree: Mapping[str, Any], place: int) -> dict[str, Any]:
    found: dict[str, Any] = tree["workflow"]["graph"]["nodes"][place]
    return found


def fields(found: Difference) -> list[FieldChange]:
    [only] = found.nodes
    return list(only.fields)


def test_what_only_moved_on_the_canvas_is_no_difference() -> None:
    def move(tree: dict[str, Any]) -> None:
        node(tree, 1)["position"] = {"x": 900, "y": -3}
        node(tree, 1)["data"]["selected"] = True
        node(tree, 1)["data"]["_connected"] = ["x"]
        tree["workflow"]["graph"]["viewport"] = {"zoom": 2}
        tree["workflow"]["graph"]["nodes"].reverse()

    found = changed(move)
    assert found.is_empty
    assert list(difference_lines(found)) == []


def test_a_field_is_told_with_its_place_and_both_values() -> None:
    found = changed(lambda tree: node(tree, 1)["data"]["prompt_template"][0].update(text="Be brief."))
    assert fields(found) == [FieldChange("prompt_template[0].text", "changed", "Be kind.", "Be brief.")]
    assert list(difference_lines(found)) == [
        "~ node m 'Model' (llm)",
        '    ~ prompt_template[0].text: "Be kind." -> "Be brief."',
    ]


def test_an_item_put_before_others_is_one_change() -> None:
    first = {"role": "system", "text": "First."}
    found = changed(lambda tree: node(tree, 1)["data"]["prompt_template"].insert(0, first))
    assert fields(found) == [FieldChange("prompt_template[0]", "added", None, first)]


def test_items_with_names_are_found_by_them_and_their_order_is_a_change_of_its_own() -> None:
    def swap(tree: dict[str, Any]) -> None:
        variables = node(tree, 0)["data"]["variables"]
        variables.reverse()
        variables[1]["label"] = "Other"
        variables.append({"variable": "c", "type": "number", "label": "C"})

    assert fields(changed(swap)) == [
        FieldChange("variables[a].label", "changed", "A", "Other"),
        FieldChange("variables[c]", "added", None, {"variable": "c", "type": "number", "label": "C"}),
        FieldChange("variables[]", "changed", ["a", "b"], ["b", "a"]),
    ]


def test_nodes_and_edges_that_come_and_go_are_told() -> None:
    def replace_model(tree: dict[str, Any]) -> None:
        tree["workflow"]["graph"]["nodes"][1] = {"id": "c", "data": {"type": "code", "title": "Code", "code": "x"}}
        tree["workflow"]["graph"]["edges"] = [{"source": "s", "target": "c"}, {"source": "c", "target": "e"}]

    found = changed(replace_model)
    assert found.nodes == [NodeChange("c", "added", "code", "Code"), NodeChange("m", "removed", "llm", "Model")]
    assert found.edges == [
        EdgeChange("added", "s", "source", "c"),
        EdgeChange("added", "c", "source", "e"),
        EdgeChange("removed", "s", "source", "m"),
        EdgeChange("removed", "m", "source", "e"),
    ]
    assert list(difference_lines(found))[2:4] == ["+ edge s -> c", "+ edge c -> e"]


def test_settings_outside_the_graph_are_told() -> None:
    def rename(tree: dict[str, Any]) -> None:
        tree["app"]["name"] = "New"
        tree["workflow"]["features"] = {"suggested_questions": ["Why?"]}
        tree["x-loomwork"] = {"durability": "off"}

    assert changed(rename).settings == [
        FieldChange("app.name", "changed", "Demo", "New"),
        FieldChange("workflow.features.opening_statement", "removed", "", None),
        FieldChange("workflow.features.suggested_questions", "added", None, ["Why?"]),
        FieldChange("x-loomwork", "added", None, {"durability": "off"}),
    ]


def test_secrets_are_compared_and_never_told() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["workflow"]["environment_variables"][0]["value"] = "louder"
        tree["workflow"]["environment_variables"][1]["value"] = "there"
        tree["workflow"]["environment_variables"].append(
            {"id": "3", "name": "NEW", "value": "quiet", "value_type": "secret"}
        )

    found = changed(change)
    told = repr(found) + "\n".join(difference_lines(found))
    assert [change.path for change in found.settings] == [
        "workflow.environment_variables[1].value",
        "workflow.environment_variables[2].value",
        "workflow.environment_variables[3]",
    ]
    assert all(word not in told for word in ("hush", "louder", "quiet"))
    assert "there" in told


def test_a_secret_that_stays_is_no_change_and_one_that_becomes_a_text_is_hidden_still() -> None:
    assert changed(lambda tree: tree["workflow"]["environment_variables"].reverse()).settings == [
        FieldChange("workflow.environment_variables[]", "changed", ["1", "2"], ["2", "1"])
    ]
    found = changed(lambda tree: tree["workflow"].update(environment_variables=[]))
    assert "hush" not in repr(found)


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ([1], [True]), ({"k": 0}, {"k": False}), (None, "")])
def test_values_of_another_kind_are_another_value(old: Any, new: Any) -> None:
    trees = [{**TREE, "x-loomwork": {"v": value}} for value in (old, new)]
    before, after = (read_document(yaml.safe_dump(tree)) for tree in trees)
    assert not difference(before, after).is_empty
    assert difference(before, before).is_empty


def test_long_texts_are_shown_from_where_they_differ() -> None:
    text = "lorem ipsum " * 50
    found = changed(lambda tree: tree["app"].update(description=text + "old"))
    assert max(map(len, difference_lines(found))) < 250
    trees = [{**TREE, "app": {**TREE["app"], "description": text + end}} for end in ("old", "new")]
    [line] = difference_lines(difference(*(read_document(yaml.safe_dump(tree)) for tree in trees)))
    assert line.count("lorem") <= 6
    assert "old" in line
    assert "new" in line


def test_documents_as_large_as_they_get_are_compared_to_the_end() -> None:
    trees = [{**TREE, "x-loomwork": {"list": [{"v": number + shift} for number in range(3000)]}} for shift in (0, 1)]
    found = difference(*(read_document(yaml.safe_dump(tree)) for tree in trees))
    assert len(found.settings) == 3000


def test_settings_as_deep_as_documents_go_are_compared() -> None:
    def nested(leaf: int) -> dict[str, Any]:
        value: Any = leaf
        for _ in range(60):
            value = {"k": value}
        return {**TREE, "x-loomwork": value}

    old, new = (read_document(yaml.safe_dump(nested(leaf))) for leaf in (1, 2))
    [change] = difference(old, new).settings
    assert change.path.startswith("x-loomwork.k.k")
