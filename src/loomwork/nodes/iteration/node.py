"""One round for each item. Inside, `[id, item]` and `[id, index]` say which; output `output` is the list of results."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response, View
from loomwork.engine.variables import MISSING, Missing, Ref
from loomwork.nodes.iteration.config import ErrorMode, IterationConfig
from loomwork.nodes.reading import shown


class IterationRounds:
    """One execution of an iteration. Results stand in the order of the items, however the rounds end."""

    def __init__(self, items: Sequence[Any], output: Ref, config: IterationConfig) -> None:
        self.length: int | None = len(items)
        self.width = config.parallel_nums if config.is_parallel else 1
        self._items = items
        self._output = output
        self._mode: ErrorMode = config.error_handle_mode
        self._flatten = config.flatten_output
        self._results: dict[int, Any] = {}

    def variables(self, index: int) -> Mapping[str, Any] | None:
        return {"item": self._items[index], "index": index} if index < len(self._items) else None

    def enter(self, index: int, view: View) -> bool:
        return True

    def end(self, index: int, view: View, failure: Mapping[str, str] | None, *, exits: bool) -> bool:
        if failure is None:
            value = view.get(self._output)
            self._results[index] = None if value is MISSING else value
        elif self._mode == "terminated":
            raise NodeError(f"Item {index + 1} failed: {failure['message']}", code=failure["code"])
        elif self._mode == "continue-on-error":
            self._results[index] = None
        return True

    def result(self) -> NodeResult:
        results = [self._results[index] for index in sorted(self._results)]
        return NodeResult({"output": _flat(results) if self._flatten else results})


class IterationNode:
    """`writable` is False: each round has its own item and nothing is shared between rounds."""

    waits: Literal[False] = False
    family: Literal["iteration"] = "iteration"
    writable = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: IterationConfig, items: Ref, output: Ref) -> None:
        self.inputs = shown([items])
        self._config = config
        self._items = items
        self._output = output

    def open(self, context: NodeContext) -> IterationRounds:
        return IterationRounds(self._list(context.get(self._items)), self._output, self._config)

    def _list(self, value: Any) -> Sequence[Any]:
        if value is None:
            return ()
        if isinstance(value, list):
            return value
        what = "nothing has set" if isinstance(value, Missing) else f"is of type {type(value).__name__}"
        name = ".".join(self._items.selector)
        raise NodeError(f"An iteration needs a list, but '{name}' {what}.", code="not_a_list", retryable=False)


class IterationType:
    """`iteration`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> IterationNode:
        config = IterationConfig.model_validate(spec.config)
        items = binder.ref(config.iterator_selector, field_name="iterator_selector")
        output = binder.inside().ref(config.output_selector, field_name="output_selector")
        return IterationNode(config, items, output)


def _flat(results: list[Any]) -> list[Any]:
    """Lists in a list become one list, where every result that is there is a list."""
    present = [result for result in results if result is not None]
    if not present or not all(isinstance(result, list) for result in present):
        return results
    return [item for result in present for item in result]
