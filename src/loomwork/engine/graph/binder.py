"""What a node type is given to compile one node with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from loomwork.engine.graph.scopes import NameScope
from loomwork.engine.ports import NodeError, NodeSpec, Problem
from loomwork.engine.variables import Ref, Template, parse_template
from loomwork.engine.variables.refs import NO_SLOT


@dataclass(slots=True)
class PlanBinder:
    """Fits `engine.ports.Binder`. `body` gives the scope of the node's own rounds, if it is a container."""

    spec: NodeSpec
    scope: NameScope
    body: Callable[[], NameScope]
    problems: list[Problem]
    _reported: set[tuple[str, ...]] = field(default_factory=set)

    def ref(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        return self._checked(self.scope.resolve(selector), field_name)

    def target(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        ref = self.ref(selector, field_name=field_name)
        if not self.scope.is_writable(ref):
            written = ".".join(ref.selector)
            message = f"'{written}' cannot be written: only variables of the conversation, and of loops around it, can"
            raise NodeError(message, code="not_writable", retryable=False)
        return ref

    def kind(self, ref: Ref) -> str:
        return self.scope.kind(ref)

    def inside(self) -> "PlanBinder":
        return PlanBinder(self.spec, self.body(), self.body, self.problems)

    def template(self, text: str, *, field_name: str = "") -> Template:
        return parse_template(text, lambda parts: self.ref(parts, field_name=field_name))

    def problem(self, level: Literal["error", "warning"], code: str, message: str, *, field_name: str = "") -> None:
        self.problems.append(Problem(level, code, message, self.spec.id, field_name or None))

    def _checked(self, ref: Ref, field_name: str) -> Ref:
        if ref.slot == NO_SLOT and ref.selector not in self._reported:
            self._reported.add(ref.selector)
            written = ".".join(ref.selector)
            message = f"Node '{self.spec.title}' reads '{written}', which nothing in the graph sets."
            self.problem("warning", "unset_selector", message, field_name=field_name)
        return ref
