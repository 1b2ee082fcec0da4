"""The shapes as app files, for the engines that read them. JSON is YAML, and spares the runners a dependency."""

import json
from typing import Any

from benchmarks.runners.shapes import GREETING, Branches, Iteration, Loop, Shape, Straight

Node = dict[str, Any]
Edge = tuple[str, str, str]
"""From, the handle left by, to."""


def app_file(made: Shape, *, last_type: str | None = None) -> str:
    """A workflow app that runs the shape. The items of an iteration are a variable of the conversation. `last_type`
    makes the last node before the end one of another type.
    """
    nodes, edges = _graph(made)
    if last_type is not None:
        nodes[-2]["data"]["type"] = last_type
    items = [_conversation_variable("items", made.items)] if isinstance(made, Iteration) else []
    graph = {"nodes": nodes, "edges": [_edge(*edge) for edge in edges]}
    workflow = {"conversation_variables": items, "graph": graph}
    app = {"name": made.name, "mode": "workflow"}
    return json.dumps({"version": "0.6.0", "kind": "app", "app": app, "workflow": workflow})


def model_app_file() -> str:
    """A workflow app that asks the model `openai-compatible/fixed` and streams its answer."""
    model = {"provider": "openai-compatible", "name": "fixed", "mode": "chat", "completion_params": {}}
    prompt = [{"id": "user", "role": "user", "text": "{{#start.n#}}"}]
    asked = _node("ask", type="llm", model=model, prompt_template=prompt)
    nodes = [_start(), asked, _end(("ask", "text"), "string")]
    edges = [_edge("start", "source", "ask"), _edge("ask", "source", "end")]
    graph = {"nodes": nodes, "edges": edges}
    app = {"name": "model", "mode": "workflow"}
    return json.dumps({"version": "0.6.0", "kind": "app", "app": app, "workflow": {"graph": graph}})


def _graph(made: Shape) -> tuple[list[Node], list[Edge]]:
    match made:
        case Straight():
            return _straight(made)
        case Branches():
            return _branches(made)
        case Iteration():
            return _around(_iteration(), ("rounds", "output"), "array[string]")
        case Loop():
            return _around(_loop(made), ("rounds", "loop_round"), "number")


def _straight(made: Straight) -> tuple[list[Node], list[Edge]]:
    templates = [_template(node, _output_of(made.first_predecessor(node))) for node in made.nodes]
    end = _end(_output_of(made.first_predecessor("end")), "string")
    return [_start(), *templates, end], [(source, "source", target) for source, target in made.edges]


def _branches(made: Branches) -> tuple[list[Node], list[Edge]]:
    nodes, edges, before = [_start()], list[Edge](), "start"
    for index in range(made.size):
        nodes += _branch(index, _output_of(before), holds=made.holds(index))
        edges.append((before, "source", f"if{index}"))
        for handle, way in (("true", "yes"), ("false", "no")):
            edges += [(f"if{index}", handle, f"{way}{index}"), (f"{way}{index}", "source", f"join{index}")]
        before = f"join{index}"
    return [*nodes, _end(_output_of(before), "string")], [*edges, (before, "source", "end")]


def _branch(index: int, reads: tuple[str, str], *, holds: bool) -> list[Node]:
    condition = {
        "id": "c",
        "varType": "string",
        "variable_selector": ["start", "n"],
        "comparison_operator": "is",
        "value": GREETING if holds else "something else",
    }
    case = {"case_id": "true", "id": "true", "logical_operator": "and", "conditions": [condition]}
    ways = [[f"yes{index}", "output"], [f"no{index}", "output"]]
    return [
        _node(f"if{index}", type="if-else", cases=[case]),
        _template(f"yes{index}", reads, "{{ x }}+"),
        _template(f"no{index}", reads, "{{ x }}-"),
        _node(f"join{index}", type="variable-aggregator", output_type="string", variables=ways),
    ]


def _around(inside: list[Node], result: tuple[str, str], kind: str) -> tuple[list[Node], list[Edge]]:
    edges = [("start", "source", "rounds"), ("entry", "source", "body"), ("rounds", "source", "end")]
    return [_start(), *inside, _end(result, kind)], edges


def _iteration() -> list[Node]:
    rounds = _node(
        "rounds",
        type="iteration",
        start_node_id="entry",
        iterator_selector=["conversation", "items"],
        output_selector=["body", "output"],
        output_type="array[string]",
        is_parallel=False,
        parallel_nums=10,
        error_handle_mode="terminated",
        flatten_output=False,
    )
    return [rounds, *_inside("iteration", "item")]


def _loop(made: Loop) -> list[Node]:
    variable = {"id": "v", "label": "x", "var_type": "string", "value_type": "constant", "value": GREETING}
    rounds = _node(
        "rounds",
        type="loop",
        start_node_id="entry",
        loop_count=made.size,
        break_conditions=[],
        logical_operator="and",
        loop_variables=[variable],
    )
    return [rounds, *_inside("loop", "x")]


def _inside(family: str, reads: str) -> list[Node]:
    """The entry of a round and the one node that it holds."""
    nodes = [_node("entry", type=f"{family}-start"), _template("body", ("rounds", reads))]
    return [{**node, "parentId": "rounds", "data": {**node["data"], f"{family}_id": "rounds"}} for node in nodes]


def _start() -> Node:
    field = {"variable": "n", "label": "n", "type": "text-input", "required": True}
    return _node("start", type="start", variables=[field])


def _template(name: str, reads: tuple[str, str], text: str = "{{ x }}") -> Node:
    variable = {"variable": "x", "value_selector": list(reads)}
    return _node(name, type="template-transform", template=text, variables=[variable])


def _end(result: tuple[str, str], kind: str) -> Node:
    return _node("end", type="end", outputs=[{"variable": "r", "value_selector": list(result), "value_type": kind}])


def _output_of(node: str) -> tuple[str, str]:
    return (node, "n" if node == "start" else "output")


def _node(name: str, **data: object) -> Node:
    return {"id": name, "type": "custom", "position": {"x": 0, "y": 0}, "data": {"title": name, **data}}


def _edge(source: str, handle: str, target: str) -> dict[str, Any]:
    return {
        "id": f"{source}-{handle}-{target}",
        "source": source,
        "target": target,
        "sourceHandle": handle,
        "targetHandle": "target",
        "type": "custom",
        "data": {},
    }


def _conversation_variable(name: str, value: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "value_type": "array[string]", "value": value, "selector": ["conversation", name]}
