import copy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.dsl import Document, ModelReference, read_document, write_document, write_tree
from loomwork.dsl.document import MAX_PROBLEMS
from loomwork.engine.ports import EdgeSpec


def node(node_id: Any, node_type: str, **data: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "custom", "position": {"x": 1, "y": 2}, "data": {"type": node_type, **data}}


def edge(source: Any, target: Any, handle: Any = "source", **data: Any) -> dict[str, Any]:
    return {"source": source, "sourceHandle": handle, "target": target, "data": data}


def graph_app(nodes: Any, edges: Any = None, mode: str = "workflow", **body: Any) -> dict[str, Any]:
    return {
        "version": "0.6.0",
        "kind": "app",
        "app": {"name": "Sample", "mode": mode, "icon": "🤖", "icon_background": "#fff"},
        "workflow": {"graph": {"nodes": nodes, "edges": edges or []}, **body},
    }


def rich_app() -> dict[str, Any]:
    """One of most things that a reader looks at."""
    model = {"provider": "openai", "name": "gpt-4o"}
    field = {"variable": "q", "label": "Q", "type": "select", "options": ["a", "b"], "required": True}
    nodes = [
        node("s", "start", variables=[field]),
        node("b", "if-else", cases=[{"case_id": "true", "conditions": [{"variable_selector": ["s", "q"]}]}]),
        node("i", "iteration", start_node_id="is", iterator_selector=["s", "q"]),
        {**node("is", "iteration-start", iteration_id="i", isInIteration=True), "parentId": "i"},
        {**node("l", "llm", model=model, iteration_id="i", isInIteration=True), "parentId": "i"},
        node("e", "end", outputs=[{"variable": "o", "value_selector": ["i", "output"]}]),
        {"id": "n", "type": "custom-note", "data": {"type": "", "text": "note"}},
    ]
    edges = [edge("s", "b"), edge("b", "i", "true"), edge("is", "l", iteration_id="i"), edge("i", "e")]
    variables = [{"name": "key", "value_type": "secret", "value": "x"}]
    return graph_app(nodes, edges, environment_variables=variables, features={"opening_statement": "hi"})


def read(tree: dict[str, Any]) -> Document:
    return read_document(write_tree(tree))


def codes(document: Document) -> list[str]:
    return [problem.code for problem in document.problems]


def handles_of(document: Document, node_id: str) -> list[tuple[str, str]]:
    return next(list(drawn.handles) for drawn in document.drawn_nodes if drawn.id == node_id)


def test_an_app_says_what_it_is() -> None:
    document = read(rich_app())
    assert (document.name, document.mode, document.dsl_version, document.icon) == ("Sample", "workflow", "0.6.0", "🤖")
    assert (document.node_count, document.problems, document.is_chat) == (6, (), False)
    assert document.features == {"opening_statement": "hi"}
    assert document.model_references == (ModelReference("openai", "gpt-4o"),)
    assert str(document.model_references[0]) == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"app": {"mode": "chatflow"}, "workflow": {"graph": {"nodes": [node("a", "answer")]}}}, "advanced-chat"),
        ({"workflow": {"graph": {"nodes": [node("s", "start")]}}}, "workflow"),
        ({"app": {}, "model_config": {"agent_mode": {"enabled": True}}}, "agent-chat"),
        ({"model_config": {"pre_prompt": "x"}}, "chat"),
        ({"app": {"mode": 7}, "agent": {"package_ref": "x"}}, "agent"),
    ],
)
def test_a_mode_that_is_missing_or_unknown_is_told_from_the_body(changes: dict[str, Any], mode: str) -> None:
    document = read(changes)
    assert document.mode == mode
    assert codes(document) == ["unknown_mode"]


def test_a_knowledge_pipeline_is_an_app_of_its_own_mode() -> None:
    tree = {**graph_app([node("k", "knowledge-index")]), "kind": "rag_pipeline", "rag_pipeline": {"name": "Pipe"}}
    del tree["app"]
    document = read(tree)
    assert (document.mode, document.name, document.node_count) == ("rag-pipeline", "Pipe", 1)


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (0.6, None),
        ("0.1.5", None),
        ("0.7.9", None),
        ("0.8.0", "newer_version"),
        ("1.0", "newer_version"),
        ("x", "unreadable_version"),
    ],
)
def test_a_version_is_taken_as_written_and_a_newer_one_is_said(version: Any, code: str | None) -> None:
    document = read({**rich_app(), "version": version})
    assert document.dsl_version == str(version)
    assert codes(document) == ([code] if code else [])


def test_a_file_without_kind_and_version_is_read() -> None:
    tree = rich_app()
    del tree["kind"], tree["version"]
    assert read(tree).dsl_version is None


def test_ids_that_yaml_reads_as_numbers_are_text_in_the_graph_and_untouched_in_the_tree() -> None:
    text = (
        "app: {mode: workflow}\nworkflow:\n  graph:\n    nodes:\n    - {id: 1755, data: {type: start}}\n"
        "    - {id: 1756, data: {type: if-else, cases: [{case_id: true, conditions: [{variable_selector: [1755]}]}]}}\n"
        "    - {id: 1757, data: {type: variable-aggregator, variables: [[1755, q]]}}\n"
        "    edges:\n    - {source: 1755, target: 1756}\n    - {source: 1756, target: 1757, sourceHandle: true}\n"
    )
    document = read_document(text)
    graph = document.graph
    assert graph is not None
    assert [spec.id for spec in graph.nodes] == ["1755", "1756", "1757"]
    assert graph.edges == (EdgeSpec("1755", "1756"), EdgeSpec("1756", "1757", "true"))
    case = graph.nodes[1].config["cases"][0]
    assert (case["case_id"], case["conditions"][0]["variable_selector"]) == ("true", ["1755"])
    assert graph.nodes[2].config["variables"] == [["1755", "q"]]
    assert document.tree["workflow"]["graph"]["nodes"][0]["id"] == 1755


def test_constants_keep_their_types_where_selectors_become_text() -> None:
    items = [{"input_type": "constant", "value": [1, 2]}, {"input_type": "variable", "value": [1, "x"]}]
    graph = read(graph_app([node("a", "assigner", items=items)])).graph
    assert graph is not None
    assert [item["value"] for item in graph.nodes[0].config["items"]] == [[1, 2], ["1", "x"]]


def test_notes_and_drawing_aids_are_no_part_of_the_graph() -> None:
    notes = [
        {"id": "n", "type": "custom-note", "data": {"type": ""}},
        node("m", ""),
        node("p", "start-placeholder"),
        node("s", "start"),
    ]
    document = read(graph_app(notes))
    assert document.graph is not None
    assert [spec.id for spec in document.graph.nodes] == ["s"]
    assert document.problems == ()


def test_edges_to_nothing_stay_in_the_graph_and_are_not_drawn() -> None:
    document = read(graph_app([node("s", "start")], [edge("s", "gone"), edge("s", "s2"), edge("s", "s")]))
    assert document.graph is not None
    assert len(document.graph.edges) == 3
    assert [(drawn.source, drawn.target) for drawn in document.drawn_edges] == [("s", "s")]


@pytest.mark.parametrize(
    "child",
    [
        {**node("c", "llm"), "parentId": "i"},
        node("c", "llm", iteration_id="i"),
        node("c", "llm", isInIteration=True),
        {**node("c", "llm", iteration_id="i"), "parentId": "a group"},
    ],
)
def test_any_one_sign_puts_a_node_into_its_container(child: dict[str, Any]) -> None:
    document = read(graph_app([child, node("i", "iteration")]))
    assert document.graph is not None
    assert document.graph.nodes[0].container == "i"
    assert document.drawn_nodes[0].parent_id == "i"


def test_an_edge_that_lies_in_a_container_tells_where_its_ends_lie() -> None:
    nodes = [node("i", "loop"), node("j", "loop"), node("c", "llm", isInLoop=True), node("d", "end")]
    document = read(
        graph_app(nodes, [edge("c", "d", isInLoop=True, loop_id="j"), edge("j", "i", isInLoop=False, loop_id="j")])
    )
    assert document.graph is not None
    assert [spec.container for spec in document.graph.nodes] == [None, None, "j", "j"]


def test_containers_that_do_not_exist_or_hold_each_other_are_said() -> None:
    nodes = [
        {**node("a", "loop"), "parentId": "b"},
        {**node("b", "loop"), "parentId": "a"},
        {**node("c", "llm"), "parentId": "gone"},
    ]
    document = read(graph_app(nodes))
    assert document.graph is not None
    assert [spec.container for spec in document.graph.nodes] == ["b", None, None]
    assert [(problem.code, problem.place) for problem in document.problems] == [
        ("unknown_container", "workflow.graph.nodes[1]"),
        ("unknown_container", "workflow.graph.nodes[2]"),
    ]


def test_ways_out_of_a_node_have_names() -> None:
    nodes = [
        node("new", "if-else", cases=[{"case_id": "true"}, {"id": "x1"}]),
        node("old", "if-else", conditions=[], logical_operator="and"),
        node("class", "question-classifier", classes=[{"id": 1, "name": "Praise"}, {"id": "2"}]),
        node("ask", "human-input", user_actions=[{"id": "ok", "title": "Approve"}]),
        node("risky", "http-request", error_strategy="fail-branch"),
        node("end", "end"),
        node("odd", "end"),
    ]
    document = read(graph_app(nodes, [edge("odd", "end", "left")]))
    assert handles_of(document, "new") == [("true", "IF"), ("x1", "ELIF 1"), ("false", "ELSE")]
    assert handles_of(document, "old") == [("true", "IF"), ("false", "ELSE")]
    assert handles_of(document, "class") == [("1", "Praise"), ("2", "2")]
    assert handles_of(document, "ask") == [("ok", "Approve"), ("__timeout", "Timeout")]
    assert handles_of(document, "risky") == [("source", ""), ("fail-branch", "On failure")]
    assert handles_of(document, "end") == []
    assert handles_of(document, "odd") == [("left", "left")]


def test_nodes_without_a_position_are_laid_out_from_left_to_right() -> None:
    nodes: list[Any] = [{"id": name, "data": {"type": "llm"}} for name in ("s", "a", "b", "e")]
    nodes.append({**node("placed", "llm"), "position": {"x": "-5", "y": 7.5}, "width": 100})
    edges = [edge("s", "a"), edge("s", "b"), edge("a", "e"), edge("b", "e"), edge("e", "a")]
    document = read(graph_app(nodes, edges))
    places = {drawn.id: (drawn.x, drawn.y) for drawn in document.drawn_nodes}
    assert places["s"][0] < places["a"][0] == places["b"][0] < places["e"][0]
    assert places["a"][1] != places["b"][1]
    assert places["placed"] == (-5.0, 7.5)


def test_two_nodes_of_one_id_are_drawn_once() -> None:
    document = read(graph_app([node("x", "start", title="first"), node("x", "end")]))
    assert [(drawn.id, drawn.title) for drawn in document.drawn_nodes] == [("x", "first")]
    assert document.node_count == 2


def test_a_form_comes_from_the_start_node() -> None:
    fields = [
        {"variable": "q", "label": "Question", "type": "paragraph", "required": True, "max_length": "200"},
        {"variable": "lang", "type": "select", "options": ["en", {"value": "zh"}, 3], "default": "en", "hide": True},
        {"label": "without a name"},
        "words",
    ]
    document = read(graph_app([node("s", "start", variables=fields)]))
    question, language = document.form
    assert (question.label, question.type, question.required, question.max_length) == (
        "Question",
        "paragraph",
        True,
        200,
    )
    assert (language.label, language.options, language.default, language.hide) == (
        "lang",
        ("en", "zh", "3"),
        "en",
        True,
    )
    assert codes(document) == ["unreadable"]


def test_a_chat_app_has_its_form_model_and_features_in_its_model_config() -> None:
    config = {
        "model": {"provider": "openai", "name": "gpt-4o"},
        "user_input_form": [{"text-input": {"variable": "n", "label": "Name", "required": False}}, {"select": None}],
        "opening_statement": "hello",
        "pre_prompt": "x",
    }
    document = read({"app": {"mode": "chat"}, "model_config": config})
    assert [node.type for node in document.drawn_nodes] == ["start", "llm", "answer"]
    assert [(field.variable, field.type) for field in document.form] == [("n", "text-input")]
    assert document.features == {"opening_statement": "hello"}
    assert document.model_references == (ModelReference("openai", "gpt-4o"),)


def test_models_are_named_once_in_document_order() -> None:
    model: dict[str, Any] = {"provider": "p", "name": "m"}
    nodes = [
        node("1", "llm", model=model),
        node("2", "question-classifier", model={"provider": "p", "name": "n"}),
        node("3", "parameter-extractor", model=model),
        node("4", "tool", model={"provider": "p", "name": "not called"}),
        node("5", "llm", model="gpt"),
        node("6", "llm", model={"provider": "p", "name": ""}),
    ]
    assert [str(reference) for reference in read(graph_app(nodes)).model_references] == ["p/m", "p/n"]


def an_app_that_looks(*, selector: list[str] | None = None, features: Any = None, kind: str = "") -> dict[str, Any]:
    vision = {"enabled": True, "configs": {"variable_selector": selector} if selector else {}}
    fields = [{"type": "file", "variable": "x", "allowed_file_types": [kind]}] if kind else []
    nodes = [
        node("1", "start", variables=fields),
        node("2", "llm", title="Look", model={"provider": "p", "name": "m"}, vision=vision),
        node("3", "llm", title="Read", model={"provider": "p", "name": "m"}, vision={"enabled": False}),
    ]
    return graph_app(nodes, features=features or {})


@pytest.mark.parametrize(
    "tree",
    [
        an_app_that_looks(selector=["1", "x"]),
        an_app_that_looks(selector=["sys", "files"], features={"file_upload": {"enabled": True}}),
        an_app_that_looks(features={"file_upload": {"image": {"enabled": True}}}),
        an_app_that_looks(kind="image"),
    ],
)
def test_a_node_that_shows_its_model_images_is_named_with_the_model(tree: dict[str, Any]) -> None:
    [reader] = read(tree).image_readers
    assert (reader.title, str(reader.reference)) == ("Look", "p/m")


@pytest.mark.parametrize(
    "tree",
    [
        an_app_that_looks(),
        an_app_that_looks(selector=["sys", "files"], features={"file_upload": {"enabled": False, "image": None}}),
        an_app_that_looks(kind="document"),
        graph_app([node("1", "llm", vision={"enabled": True, "configs": {"variable_selector": ["a", "b"]}})]),
        graph_app([node("1", "llm", model={"name": "m"}, vision="yes")], features="none"),
    ],
)
def test_a_switch_that_no_image_can_reach_shows_nobody_anything(tree: dict[str, Any]) -> None:
    assert read(tree).image_readers == ()


def test_variables_have_the_types_they_declare() -> None:
    values = [
        ("text", "string", 5, "5"),
        ("none", "string", None, ""),
        ("whole", "number", "5", 5),
        ("part", "number", "5.5", 5.5),
        ("zero", "number", None, 0),
        ("odd", "number", "five", "five"),
        ("yes", "boolean", "true", True),
        ("map", "object", '{"a": 1}', {"a": 1}),
        ("list", "array[number]", "[1, 2]", [1, 2]),
        ("empty", "array[object]", None, []),
        ("bad", "array[string]", "words", "words"),
        ("other", "mystery", {"a": 1}, {"a": 1}),
    ]
    written = [{"name": name, "value_type": kind, "value": value} for name, kind, value, _ in values]
    document = read(graph_app([], conversation_variables=written, environment_variables=[{"value": 1}]))
    assert document.conversation_variables == {name: expected for name, _, _, expected in values}
    assert [(problem.code, problem.place) for problem in document.problems] == [
        ("variable_without_name", "workflow.environment_variables[0]")
    ]


def test_what_a_console_is_given_is_json() -> None:
    data: dict[Any, Any] = {"when": "DATE", 1: {True: None}, "big": 2**70, "odd": float("inf")}
    tree = graph_app([{"id": "s", "data": {"type": "start", **data, "nested": data}}])
    document = read_document(write_tree(tree).replace("DATE", "2024-01-02"))
    assert document.graph is not None
    config = document.graph.nodes[0].config
    assert orjson.loads(orjson.dumps(config)) == config
    assert (config["when"], config["nested"]["1"], config["big"]) == ("2024-01-02", {"true": None}, str(2**70))


def test_a_hostile_file_does_not_fill_a_page_with_warnings() -> None:
    document = read_document("app: {mode: workflow}\n" + "k: 1\n" * 5000)
    assert len(document.problems) == MAX_PROBLEMS + 1
    assert document.problems[-1].code == "more_problems"


def test_a_secret_is_not_in_the_repr_of_a_document() -> None:
    variables = [{"name": "key", "value_type": "secret", "value": "sk-very-secret"}]
    assert "sk-very-secret" not in repr(read(graph_app([node("s", "start")], environment_variables=variables)))


@pytest.mark.parametrize(
    ("workflow", "code"),
    [
        ("words", "no_body"),
        ({}, "no_graph"),
        ({"graph": "words"}, "no_graph"),
        ({"graph": {"nodes": "words", "edges": []}}, "unreadable"),
        ({"graph": {"nodes": [5], "edges": []}}, "unreadable"),
        ({"graph": {"nodes": [], "edges": {"a": 1}}}, "unreadable"),
        ({"graph": {"nodes": [{"data": {"type": "llm"}}]}}, "node_without_id"),
        ({"graph": {"nodes": [{"id": "x", "data": None}]}}, "node_without_type"),
        ({"graph": {"nodes": [], "edges": [{"source": "x"}]}}, "edge_without_end"),
    ],
)
def test_what_cannot_be_read_in_a_graph_is_a_warning_with_a_place(workflow: Any, code: str) -> None:
    document = read({"app": {"mode": "workflow"}, "workflow": workflow})
    found = next(problem for problem in document.problems if problem.code == code)
    assert found.level == "warning"
    assert found.place


ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text("a1 {}", max_size=3),
    st.dates(),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=2), st.just({}), st.just([])), max_size=3),
    st.dictionaries(st.one_of(st.text(max_size=2), st.integers()), st.one_of(st.none(), st.just([1])), max_size=2),
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in steps for found in paths(item, (*path, key)))]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    """Set what the path leads to, where an earlier change has left a way there."""
    for step in path[:-1]:
        if step not in keys(tree):
            return
        tree = tree[step]
    if path[-1] in keys(tree):
        tree[path[-1]] = value


def keys(tree: Any) -> Any:
    return range(len(tree)) if isinstance(tree, list) else tree if isinstance(tree, dict) else ()


PLACES = st.sampled_from([path for path in paths(rich_app()) if len(path) > 1])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(PLACES, ODD_VALUES), max_size=4))
def test_wrong_types_anywhere_in_a_document_never_crash_a_reader(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    tree = copy.deepcopy(rich_app())
    for path, value in changes:
        put(tree, path, value)
    document = read(tree)
    orjson.dumps([drawn.config for drawn in document.drawn_nodes])
    assert read_document(write_document(document)).name == document.name
    for drawn in document.drawn_edges:
        assert drawn.handle in dict(handles_of(document, drawn.source))
