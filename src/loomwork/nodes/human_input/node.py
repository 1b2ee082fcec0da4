"""Asks with its form; leaves each field's value, and by the handle of the action that was chosen."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Question, Response, View
from loomwork.nodes.human_input.answers import checked, title_of
from loomwork.nodes.human_input.config import HumanInputConfig
from loomwork.nodes.human_input.form import BoundForm, filled

TIMEOUT_HANDLE = "__timeout"
SHOWN_IN_THE_RUN = "webapp"
"""The one way of delivery that needs nothing to be sent."""


class HumanInputNode:
    """Outputs: the fields, `__action_id`, `__action_value` (the action's title) and `__rendered_content` (the form
    with the answers in it). When the time is over it leaves by `__timeout`, with no fields and an empty action.
    """

    waits: Literal[False] = False
    asks: Literal[True] = True
    branches = True
    ends = False
    response: Response | None = None

    def __init__(self, form: BoundForm, actions: Sequence[Mapping[str, Any]], timeout: float) -> None:
        self.inputs = form.inputs
        self._form = form
        self._actions = actions
        self._timeout = timeout

    def ask(self, context: NodeContext) -> Question:
        """Raises `NodeError` where the form cannot be drawn with the run's values."""
        return Question(self._form.drawn(context), self._actions, self._timeout)

    def answer(self, view: View, question: Question, action: str | None, values: Mapping[str, Any]) -> NodeResult:
        """Raises `NodeError` with code `invalid_input` for an answer that does not fit the question."""
        answered = checked(question, action, values)
        content = str(question.form.get("content") or "")
        if action is None:
            return NodeResult(_outputs("", "", content), TIMEOUT_HANDLE)
        rendered = filled(content, question.form.get("fields") or (), answered)
        return NodeResult({**answered, **_outputs(action, title_of(question, action), rendered)}, action)


class HumanInputType:
    """`human-input`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> HumanInputNode:
        config = HumanInputConfig.model_validate(spec.config)
        _report_delivery(config, spec, binder)
        if not config.user_actions:
            message = f"The form of '{spec.title}' has no action to answer with, so only its timeout goes on."
            binder.problem("warning", "no_action", message, field_name="user_actions")
        actions = [{"id": row.id, "title": row.title, "style": row.button_style} for row in config.user_actions]
        return HumanInputNode(BoundForm(config, binder), actions, config.timeout_seconds)


def _outputs(action: str, title: str, rendered: str) -> dict[str, str]:
    return {"__action_id": action, "__action_value": title, "__rendered_content": rendered}


def _report_delivery(config: HumanInputConfig, spec: NodeSpec, binder: Binder) -> None:
    for place, method in enumerate(config.delivery_methods):
        if method.enabled and method.type != SHOWN_IN_THE_RUN:
            message = (
                f"The form of '{spec.title}' is to be delivered by {method.type[:50] or 'unnamed means'}, "
                "which this release does not send yet; the form waits where the run is shown."
            )
            binder.problem("warning", "not_delivered_yet", message, field_name=f"delivery_methods[{place}]")
