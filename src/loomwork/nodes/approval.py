"""A person's word on a tool call before it is made: how it is asked for, and how it is kept.

The question is a form with the call's arguments as JSON, to be approved as they are, edited, or refused. What was
decided becomes a step of the node, which finds it when it runs again.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.engine.ports import NodeError, Question, Step
from loomwork.nodes.config import NodeConfig
from loomwork.nodes.human_input.answers import JSON_OBJECT, checked
from loomwork.tools.api import OUTWARD, UNTRUSTED, ApprovalPolicy, Effect, Mark

APPROVE = "approve"
REFUSE = "refuse"
ARGUMENTS = "arguments"
REFUSED = "A person has refused this call. It was not made; do not ask for it again."
_ACTIONS = (
    {"id": APPROVE, "title": "Approve", "style": "primary"},
    {"id": REFUSE, "title": "Refuse", "style": "default"},
)
_ALL_EFFECTS = frozenset({"read"}) | OUTWARD
_EFFECTS: Mapping[Effect, str] = {
    "read": "It only reads.",
    "write": "It changes something.",
    "egress": "It sends data to a place that the call names.",
    "spend": "It costs money.",
}
_ORIGINS: Mapping[Mark, str] = {"retrieved": "documents", "web": "web pages", "tool": "results of tools"}


def _words(value: Any) -> frozenset[str]:
    return (
        frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else frozenset()
    )


Words = Annotated[frozenset[str], BeforeValidator(_words)]


class ApprovalConfig(NodeConfig):
    """Which calls wait for a person: of these effects, and outward ones that were decided under these origins."""

    effects: Words = frozenset()
    under: Words = frozenset()

    @property
    def policy(self) -> ApprovalPolicy:
        effects = frozenset(each for each in _ALL_EFFECTS if each in self.effects)
        marks = frozenset(each for each in UNTRUSTED | {"user"} if each in self.under)
        return ApprovalPolicy(effects, marks)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Approval:
    """What was decided; `arguments` as the person left them."""

    approved: bool
    arguments: Mapping[str, Any]

    def edits(self, asked: Mapping[str, Any]) -> bool:
        """Whether the person has changed what was asked for. Files, which no JSON holds, only stay where nothing is."""
        return bool(self.arguments != json.loads(_written(asked)))

    def applied(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The arguments to call with. Raises `NodeError` where the person has refused the call."""
        if not self.approved:
            raise NodeError("A person has refused this call, so it was not made.", code="call_refused", retryable=False)
        return dict(self.arguments) if self.edits(asked) else asked


def marks_of_inputs(inputs: Sequence[Any]) -> frozenset[Mark]:
    """Whose words a node is given. What flows into it may not be its author's own, so it counts as anybody's."""
    return UNTRUSTED | {"user"} if inputs else frozenset()


def approval_question(
    name: str, tool: str, arguments: Mapping[str, Any], effect: Effect, marks: Collection[Mark]
) -> Question:
    """`name` tells the call from the node's others. The run waits for the answer as long as it takes."""
    sources = [words for mark, words in _ORIGINS.items() if mark in marks]
    origin = f" It was decided after reading {', '.join(sources)}." if sources else ""
    written = _written(arguments)
    field = {
        "name": ARGUMENTS,
        "type": "paragraph",
        "label": "Arguments (JSON)",
        "format": JSON_OBJECT,
        "default": written,
    }
    content = f"May the tool `{tool}` be called? {_EFFECTS[effect]}{origin}"
    return Question({"content": content, "fields": [field], "call": name, "tool": tool}, _ACTIONS)


def approval_step(question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
    """The answer, as it is kept. Raises `NodeError` with code `invalid_input` for one that does not fit."""
    said = checked(question, action, values)
    tool = str(question.form.get("tool") or "")
    arguments = _arguments(question, said[ARGUMENTS]) if action == APPROVE else {}
    shown = {"approved": action == APPROVE}
    name = _named(str(question.form["call"]))
    return Step(name, "approval", tool, arguments or None, shown, {**shown, ARGUMENTS: arguments})


def approval_of(steps: Sequence[Step], name: str) -> Approval | None:
    """What was decided about a call; None where nobody was asked yet."""
    kept = next((step.kept for step in steps if step.name == _named(name)), None)
    return None if kept is None else Approval(kept["approved"], kept[ARGUMENTS])


def _named(call: str) -> str:
    return f"approval of {call}"


def _written(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False, indent=2, default=str)


def _arguments(question: Question, written: str) -> dict[str, Any]:
    """As the person left them; those that were asked for, where nothing is written."""
    found: dict[str, Any] = json.loads(written if written.strip() else question.form["fields"][0]["default"])
    return found
