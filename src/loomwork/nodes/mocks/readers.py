"""Who reads what in a graph, as far as it says what is plausible of a value that is made up."""

from collections.abc import Iterable, Mapping
from typing import Any

from loomwork.engine.ports import NodeSpec
from loomwork.nodes.known import canonical
from loomwork.nodes.mocks.wanted import Shape, Wanted, wanted_of, wanted_of_script

Wants = dict[tuple[str, ...], Shape]
"""What is known of values, by their selectors."""

FAR = 4
"""Through how many nodes a value is followed that only pass it on."""


def wanted_in(nodes: Iterable[NodeSpec]) -> Wants:
    """What the code of a graph expects of what it reads, and so of where that comes from."""
    wants: Wants = {}
    by_id = {node.id: node for node in nodes}
    code = {node.id: _wanted_by(node.config) for node in by_id.values() if canonical(node.type) == "code"}
    for _ in range(FAR):
        for name, wanted in code.items():
            _look_up(wanted, by_id[name].config, by_id)
            _note(wanted, by_id[name].config, wants)
        for selector, shape in list(wants.items()):
            if selector[0] in code:
                for left in code[selector[0]].outputs.get(selector[1], ()):
                    left.absorb(shape)
            for source, wanted_there in _sources(by_id.get(selector[0]), selector[1:], shape):
                wants.setdefault(source, Shape()).absorb(wanted_there)
    return wants


def _wanted_by(config: Mapping[str, Any]) -> Wanted:
    source = config.get("code")
    if not isinstance(source, str):
        return Wanted()
    if str(config.get("code_language") or "python3").startswith("python"):
        return wanted_of(source, _declared_types(config.get("outputs")))
    return wanted_of_script(source)


def _note(wanted: Wanted, config: Mapping[str, Any], wants: Wants) -> None:
    for row in _rows(config.get("variables")):
        selector, shape = _selector(row.get("value_selector")), wanted.inputs.get(str(row.get("variable")))
        if selector and shape is not None and shape.known:
            wants.setdefault(selector, Shape()).absorb(shape)


def _look_up(wanted: Wanted, config: Mapping[str, Any], by_id: Mapping[str, NodeSpec]) -> None:
    """Objects that are asked for a key which a form lets people choose have all that can be chosen."""
    for holder, name, found in wanted.lookups:
        for row in _rows(config.get("variables")):
            if wanted.inputs.get(str(row.get("variable"))) is name:
                for option in _options(_selector(row.get("value_selector")), by_id):
                    holder.key(option).absorb(found)


def _options(selector: tuple[str, ...], by_id: Mapping[str, NodeSpec]) -> list[str]:
    """What a form offers for a variable."""
    node = by_id.get(selector[0]) if selector else None
    fields = _rows(node.config.get("variables")) if node is not None and canonical(node.type) == "start" else []
    field = next((each for each in fields if each.get("variable") == selector[1]), {})
    options = field.get("options")
    return [str(option) for option in options] if isinstance(options, list) else []


def _declared_types(outputs: Any) -> dict[str, str | None]:
    if not isinstance(outputs, Mapping):
        return {}
    return {str(name): str(row.get("type")) for name, row in outputs.items() if isinstance(row, Mapping)}


def _sources(node: NodeSpec | None, path: tuple[str, ...], shape: Shape) -> list[tuple[tuple[str, ...], Shape]]:
    """Where a value comes from that a node passes on, and what is then known there."""
    if node is None or not path:
        return []
    config = node.config
    match canonical(node.type), path[0]:
        case "iteration", "item":
            source = _selector(config.get("iterator_selector"))
            return [(source, Shape(item=shape))] if source else []
        case "iteration", "output":
            source = _selector(config.get("output_selector"))
            return [(source, shape.item)] if source and shape.item is not None else []
        case "variable-aggregator", "output":
            variables = config.get("variables")
            found = [_selector(each) for each in variables] if isinstance(variables, list) else []
            return [(source, shape) for source in found if source]
        case _:
            return []


def _selector(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) and len(value) > 1 else ()


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
