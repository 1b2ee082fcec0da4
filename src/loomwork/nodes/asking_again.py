"""Asks a model for an answer that has to hold to something, and once more, saying why, where it does not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from loomwork.engine.ports import NodeContext, NodeError
from loomwork.model_gateway.api import Finished, Message, ReasoningDelta, TextDelta, Usage
from loomwork.nodes.model_call import BoundModel, usage_spent

ASKED = 2
"""How often a model is asked at most."""
LONGEST_ANSWER = 4000
"""Characters of a bad answer that the model is shown again."""


class Ear(Protocol):
    """Takes one answer in."""

    def hear(self, delta: TextDelta | ReasoningDelta) -> None: ...

    def finish(self) -> None: ...

    @property
    def text(self) -> str: ...


class QuietEar:
    """Keeps the text to itself, and says only that there is some."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._heard: list[str] = []

    def hear(self, delta: TextDelta | ReasoningDelta) -> None:
        self._context.say("")
        if isinstance(delta, TextDelta):
            self._heard.append(delta.text)

    def finish(self) -> None:
        """Nothing is held back."""

    @property
    def text(self) -> str:
        return "".join(self._heard)


E = TypeVar("E", bound=Ear)


@dataclass(frozen=True, slots=True)
class Answer(Generic[E]):
    """The last answer, what all of them used (in `finished`), and what is wrong with it, if anything still is."""

    ear: E
    finished: Finished
    problem: str | None


async def ask_until_good(
    model: BoundModel,
    context: NodeContext,
    messages: Sequence[Message],
    *,
    json_schema: Mapping[str, Any],
    ear: Callable[[], E],
    problem_of: Callable[[str], str | None],
) -> Answer[E]:
    """`problem_of` says, in a sentence for the model, what is wrong with a text. Raises `NodeError` that knows what the
    answers before it used.
    """
    asked, used, times = list(messages), Usage(), 0
    while True:
        listening = ear()
        try:
            finished = await model.ask(context, asked, hear=listening.hear, json_schema=json_schema)
        except NodeError as error:
            error.usage = usage_spent(used) or error.usage
            raise
        listening.finish()
        used, times = used.plus(finished.usage), times + 1
        problem = problem_of(listening.text)
        if problem is None or times == ASKED:
            return Answer(listening, replace(finished, usage=used), problem)
        said = listening.text[:LONGEST_ANSWER] or "(nothing)"
        asked = [*messages, Message("assistant", said), Message("user", _again(problem))]


def _again(problem: str) -> str:
    return (
        f"That answer cannot be used: {problem} Answer the same question again, with JSON that fits and nothing else."
    )
