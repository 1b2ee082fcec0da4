"""The graphs that are measured, as app files, and as plain names and edges for engines that read no app files.

Every node between start and end renders one small template, so each engine does the same visible work.
"""

import json
from dataclasses import dataclass
from itertools import pairwise

SHAPES = ("chain-5", "chain-50", "fan-50")


@dataclass(frozen=True)
class Shape:
    """`nodes` render a template over their first predecessor's output; edges lead from `start` to `end`."""

    name: str
    nodes: list[str]
    edges: list[tuple[str, str]]

    @property
    def count(self) -> int:
        """Nodes that run, start and end included."""
        return len(self.nodes) + 2


def shape(name: str) -> Shape:
    """The shape of this name."""
    kind, _, size = name.partition("-")
    nodes = [f"n{index}" for index in range(int(size))]
    if kind == "chain":
        path = ["start", *nodes, "end"]
        return Shape(name, nodes, list(pairwise(path)))
    fan = [("start", node) for node in nodes]
    return Shape(name, [*nodes, "join"], [*fan, *((node, "join") for node in nodes), ("join", "end")])


def first_predecessor(made: Shape, node: str) -> str:
    """Whose output a node renders."""
    return next(source for source, target in made.edges if target == node)


def app_file(made: Shape) -> str:
    """The shape as an app file. JSON is YAML, and spares the runners a dependency."""
    nodes = [
        _node(
            "start", type="start", variables=[{"variable": "n", "label": "n", "type": "text-input", "required": True}]
        ),
        *(_template(made, node) for node in made.nodes),
        _node("end", type="end", outputs=[_variable("r", *_read(first_predecessor(made, "end")), "string")]),
    ]
    edges = [
        {
            "id": f"{source}-{target}",
            "source": source,
            "target": target,
            "sourceHandle": "source",
            "targetHandle": "target",
            "type": "custom",
            "data": {},
        }
        for source, target in made.edges
    ]
    workflow = {"graph": {"nodes": nodes, "edges": edges}}
    return json.dumps(
        {"version": "0.6.0", "kind": "app", "app": {"name": made.name, "mode": "workflow"}, "workflow": workflow}
    )


def _template(made: Shape, node: str) -> dict[str, object]:
    variable = {"variable": "x", "value_selector": list(_read(first_predecessor(made, node)))}
    return _node(node, type="template-transform", template="{{ x }}", variables=[variable])


def _read(node: str) -> tuple[str, str]:
    return (node, "n" if node == "start" else "output")


def _variable(name: str, node: str, output: str, kind: str) -> dict[str, object]:
    return {"variable": name, "value_selector": [node, output], "value_type": kind}


def _node(name: str, **data: object) -> dict[str, object]:
    return {"id": name, "type": "custom", "position": {"x": 0, "y": 0}, "data": {"title": name, **data}}
