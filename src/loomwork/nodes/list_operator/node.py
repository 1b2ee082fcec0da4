"""Filter, then one item, then order, then limit: each only where it is switched on."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import MISSING, Ref, Template
from loomwork.nodes.list_operator.config import FilterCondition, ListOperatorConfig
from loomwork.nodes.list_operator.filters import item_filter, json_number
from loomwork.nodes.list_operator.items import ItemKind, attribute_of, item_kind
from loomwork.nodes.reading import joined, template_inputs


class ListOperatorNode:
    """Outputs `result`, `first_record` and `last_record`; the records of an empty result are null."""

    waits: Literal[False] = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: ListOperatorConfig, binder: Binder) -> None:
        self._variable = binder.ref(config.variable, field_name="variable")
        self._config = config
        self._filters = [_bound_value(row, binder) for row in config.filter_by.conditions if config.filter_by.enabled]
        self._serial = binder.template(config.extract_by.serial, field_name="extract_by.serial")
        values = [value for value in self._filters if isinstance(value, Template)]
        serial = [self._serial] if config.extract_by.enabled else []
        self.inputs = joined((("variable", self._variable),), template_inputs(*values, *serial))

    def run(self, context: NodeContext) -> NodeResult:
        items = _items(context.get(self._variable), self._variable)
        if items:
            items = self._operated(items, context)
        first, last = (items[0], items[-1]) if items else (None, None)
        return NodeResult({"result": items, "first_record": first, "last_record": last})

    def _operated(self, items: list[Any], context: NodeContext) -> list[Any]:
        kind = item_kind(items)
        items = self._filtered(items, kind, context)
        if self._config.extract_by.enabled:
            items = [_extracted(items, context.render(self._serial))]
        if self._config.order_by.enabled:
            items = _ordered(items, kind, self._config.order_by.key, self._config.order_by.value)
        return items[: self._config.limit.size] if self._config.limit.enabled else list(items)

    def _filtered(self, items: list[Any], kind: ItemKind, context: NodeContext) -> list[Any]:
        if not self._config.filter_by.enabled:
            return items
        keeps = [
            item_filter(kind, row.key, row.comparison_operator, _read(value, context))
            for row, value in zip(self._config.filter_by.conditions, self._filters, strict=True)
        ]
        return [item for item in items if all(keep(item) for keep in keeps)]


class ListOperatorType:
    """`list-operator`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> ListOperatorNode:
        return ListOperatorNode(ListOperatorConfig.model_validate(spec.config), binder)


def _items(value: Any, ref: Ref) -> list[Any]:
    """A list; what is empty in any other way counts as an empty one."""
    name = ".".join(ref.selector)
    if value is MISSING:
        message = f"The list '{name}' was never set."
        raise NodeError(message, code="variable_not_found", retryable=False)
    if isinstance(value, list):
        return value
    if value is None or value == "":
        return []
    raise NodeError(f"'{name}' is not a list.", code="invalid_list", retryable=False)


def _bound_value(row: FilterCondition, binder: Binder) -> Any:
    """Text is a template; with a key, a form may write one value as text where a list belongs."""
    is_template = isinstance(row.value, str) and "{{#" in row.value
    return binder.template(row.value, field_name="filter_by.conditions") if is_template else row.value


def _read(value: Any, context: NodeContext) -> Any:
    return context.render(value) if isinstance(value, Template) else value


def _extracted(items: Sequence[Any], serial: str) -> Any:
    try:
        place = json_number(serial)
    except ValueError:
        place = 0
    if place != place or place in (float("inf"), float("-inf")) or not 1 <= int(place) <= len(items):
        message = f"There is no item {serial.strip()[:40]!r}: the list has {len(items)}, and the first is 1."
        raise NodeError(message, code="invalid_serial", retryable=False)
    return items[int(place) - 1]


def _ordered(items: list[Any], kind: ItemKind, key: str, direction: str) -> list[Any]:
    read: Callable[[Any], Any] = attribute_of(kind, key)[1]
    return sorted(items, key=read, reverse=direction.strip().lower() == "desc")
