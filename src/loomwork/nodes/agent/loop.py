"""The agent's loop: it asks the model, has the calls made that the model asks for, and tells the model what came of
them, until the model asks for none or the budget ends it.

Each turn and each call is a step of the node: a run that is taken up after a crash makes none of them twice.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from loomwork.engine.ports import NodeContext, NodeError, Question, Step
from loomwork.engine.variables import File
from loomwork.model_gateway.api import (
    AUTO,
    UNKNOWN_COST,
    Cost,
    Message,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolChoice,
    Usage,
)
from loomwork.nodes.agent import react
from loomwork.nodes.agent.budget import Budget, End, Spent, last_words
from loomwork.nodes.agent.toolbelt import Outcome, Toolbelt, arguments_of
from loomwork.nodes.approval import REFUSED, Approval, approval_of
from loomwork.nodes.llm.reasoning import Piece, ThoughtSplitter
from loomwork.nodes.model_call import BoundModel, usage_spent
from loomwork.tools.api import Mark, key_of_call

MOST_CALLS = 16
"""Calls of one turn that are made; the model is told of those that were not."""
BETWEEN_TURNS = "\n\n"


@dataclass(frozen=True, slots=True)
class Thought:
    """One turn of the model. `written` is all of it, `answer` what of it is for the user."""

    written: str
    answer: str
    calls: Sequence[ToolCall]
    usage: Usage
    end: End | None = None
    carried: Mapping[str, Any] | None = None
    cost: Cost = UNKNOWN_COST

    def kept(self) -> dict[str, Any]:
        """As it is kept in a step."""
        return {
            "written": self.written,
            "answer": self.answer,
            "calls": [[call.id, call.name, call.arguments] for call in self.calls],
            "usage": [self.usage.prompt_tokens, self.usage.completion_tokens],
            "end": self.end,
            "carried": self.carried,
            "cost": [None if self.cost.amount is None else str(self.cost.amount), self.cost.currency],
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Thought":
        """What was kept."""
        calls = tuple(ToolCall(*each) for each in kept["calls"])
        # Runs that began before costs were kept have none.
        amount, currency = kept.get("cost") or (None, UNKNOWN_COST.currency)
        cost = Cost(None if amount is None else Decimal(amount), currency)
        return cls(kept["written"], kept["answer"], calls, Usage(*kept["usage"]), kept["end"], kept["carried"], cost)


@dataclass(slots=True)
class Work:
    """What an agent leaves. `ended_by` is what of the budget was used up."""

    text: str = ""
    files: list[File] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    spent: Spent = field(default_factory=Spent)
    ended_by: End | None = None


class AgentLoop:
    """One execution. `marks` say whose words the model is told at the beginning; with `must_call` its first turn
    calls some tool.
    """

    def __init__(
        self,
        context: NodeContext,
        model: BoundModel,
        belt: Toolbelt,
        budget: Budget,
        messages: Sequence[Message],
        *,
        marks: frozenset[Mark],
        in_words: bool,
        must_call: bool = False,
    ) -> None:
        self._context = context
        self._model = model
        self._belt = belt
        self._budget = budget
        self._messages = list(messages)
        self._marks = marks
        self._in_words = in_words
        self._must_call = must_call
        self._done = {step.name: step for step in context.steps}
        self._began = asyncio.get_running_loop().time()
        self._turns = 0
        self._calls = 0
        self.work = Work()

    async def run(self) -> Work | Question:
        """The work, or what a person is asked before it goes on. Raises `NodeError`, which knows what was used before,
        where the model cannot be asked.
        """
        while True:
            try:
                thought = await self._think()
            except NodeError as error:
                error.usage = usage_spent(self.work.usage) or error.usage
                raise
            self._turns += 1
            self.work.usage = self.work.usage.plus(thought.usage)
            self.work.spent = self.work.spent.plus(thought.cost.amount, thought.cost.currency)
            if not thought.calls or thought.end is not None:
                self.work.ended_by = thought.end
                return self.work
            self._messages.append(
                Message("assistant", thought.written, tool_calls=thought.calls, carried=thought.carried)
            )
            asked = self._to_approve(thought.calls)
            if asked is not None:
                return asked
            await self._act(thought.calls)

    async def _think(self) -> Thought:
        name = f"thought {self._turns + 1}"
        done = self._done.get(name)
        if done is not None:
            thought = Thought.of(done.kept)
            self._say_again(thought.answer)
            return thought
        thought = await self._asked(self._ended())
        shown = [{"tool": self._belt.name_of(call.name), "input": arguments_of(call)} for call in thought.calls]
        used: dict[str, Any] = {"usage": usage_spent(thought.usage)}
        if thought.cost.amount is not None:
            used["usage"] |= {"total_price": str(thought.cost.amount), "currency": thought.cost.currency}
        output = {"text": thought.written, "calls": shown, "ended_by": thought.end, **used}
        await self._context.finish_step(Step(name, "thought", output=output, kept=thought.kept()))
        return thought

    def _ended(self) -> End | None:
        tokens = self.work.usage.total_tokens or 0
        return self._budget.ended_by(turns=self._turns, tokens=tokens, spent=self.work.spent, seconds=self._spent)

    @property
    def _spent(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def _asked(self, end: End | None) -> Thought:
        """A turn of the model; with `end` its last one, whatever it still asks for."""
        last = [] if end is None else [Message("user", last_words(end))]
        messages = [*self._messages, *last]
        ear = _Ear(self._context, in_words=self._in_words, follows=bool(self.work.text))
        thought = await (self._in_text(messages, ear, end) if self._in_words else self._by_calls(messages, ear, end))
        self.work.text += thought.answer
        return thought

    async def _by_calls(self, messages: Sequence[Message], ear: "_Ear", end: End | None) -> Thought:
        tools = self._belt.offered
        choice = self._choice(end) if tools else AUTO
        finished = await self._model.ask(self._context, messages, hear=ear.hear, tools=tools, tool_choice=choice)
        ear.finish()
        calls = finished.tool_calls if end is None else ()
        return Thought(ear.written, ear.said, calls, finished.usage, end, finished.carried, finished.cost)

    def _choice(self, end: End | None) -> ToolChoice:
        if end is not None:
            return ToolChoice("none")
        return ToolChoice("required") if self._must_call and self._turns == 0 else AUTO

    async def _in_text(self, messages: Sequence[Message], ear: "_Ear", end: End | None) -> Thought:
        finished = await self._model.ask(self._context, react.as_text(messages), hear=ear.hear, stop=(react.STOP,))
        ear.finish()
        found = react.read(ear.written, f"call_{self._turns + 1}")
        calls = [found.call] if found.call is not None and end is None else []
        if not calls:
            ear.say_rest(found.answer or ear.written)
        return Thought(ear.written, ear.said, calls, finished.usage, end, cost=finished.cost)

    def _say_again(self, answer: str) -> None:
        self._context.say(answer)
        self.work.text += answer

    async def _act(self, calls: Sequence[ToolCall]) -> None:
        """All at once; the model is told in the order in which it asked."""
        first, self._calls = self._calls + 1, self._calls + len(calls)
        made = calls[:MOST_CALLS]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._called(call, first + place)) for place, call in enumerate(made)]
        outcomes = [task.result() for task in tasks]
        outcomes += [Outcome(f"Not called: at most {MOST_CALLS} at once.", failed=True)] * (len(calls) - len(made))
        for call, outcome in zip(calls, outcomes, strict=True):
            self._take_in(call, outcome)

    def _to_approve(self, calls: Sequence[ToolCall]) -> Question | None:
        """The question about the first of these calls that a person has to decide on and has not; none of them is
        made before all are decided.
        """
        for number, call in enumerate(calls[:MOST_CALLS], self._calls + 1):
            name = f"call {number}"
            if name not in self._done and approval_of(self._context.steps, name) is None:
                question = self._belt.question(name, call, self._marks)
                if question is not None:
                    return question
        return None

    def _take_in(self, call: ToolCall, outcome: Outcome) -> None:
        self._messages.append(Message("tool", outcome.text, tool_call_id=call.id))
        self._marks |= outcome.marks
        self.work.files += outcome.files
        name, given = self._belt.name_of(call.name), arguments_of(call)
        self.work.calls.append({"tool": name, "input": given, "output": outcome.text, "failed": outcome.failed})

    async def _called(self, call: ToolCall, number: int) -> Outcome:
        done = self._done.get(f"call {number}")
        if done is not None:
            kept = done.kept
            return Outcome(kept["text"], frozenset(kept["marks"]), tuple(kept["files"]), failed=kept["failed"])
        outcome = await self._decided(call, number, approval_of(self._context.steps, f"call {number}"))
        await self._context.finish_step(self._step(call, number, outcome))
        return outcome

    async def _decided(self, call: ToolCall, number: int, decided: Approval | None) -> Outcome:
        """The call as a person has decided on it, where somebody had to."""
        if decided is None:
            return await self._made(call, number)
        if not decided.approved:
            return Outcome(REFUSED, failed=True)
        if not decided.edits(self._belt.whole_arguments(call) or {}):
            return await self._made(call, number)
        edited = replace(call, arguments=json.dumps(decided.arguments, ensure_ascii=False))
        outcome = await self._made(edited, number, all_given=True)
        return replace(outcome, text=f"(A person changed the arguments to {edited.arguments}.)\n{outcome.text}")

    async def _made(self, call: ToolCall, number: int, *, all_given: bool = False) -> Outcome:
        key = key_of_call(self._context.idempotency_key(), number)
        left = self._budget.left(self._spent)
        return await self._belt.call(self._context, call, key=key, marks=self._marks, seconds=left, all_given=all_given)

    def _step(self, call: ToolCall, number: int, outcome: Outcome) -> Step:
        kept = {
            "text": outcome.text,
            "marks": sorted(outcome.marks),
            "files": list(outcome.files),
            "failed": outcome.failed,
        }
        shown = {"text": outcome.text, "failed": outcome.failed}
        tool = self._belt.name_of(call.name)
        return Step(f"call {number}", "tool", tool, arguments_of(call) or call.arguments, shown, kept)


class _Ear:
    """One turn as it comes: passes on what is for the user, and keeps all of it."""

    def __init__(self, context: NodeContext, *, in_words: bool, follows: bool) -> None:
        self._context = context
        self._splitter = ThoughtSplitter()
        self._final = react.FinalAnswer() if in_words else None
        self._follows = follows
        self.written = ""
        self.said = ""

    def hear(self, delta: TextDelta | ReasoningDelta) -> None:
        if isinstance(delta, ReasoningDelta):
            self._context.reason(delta.text)
            return
        for piece in self._splitter.feed(delta.text):
            self._pass_on(piece)
        self._context.say("")

    def finish(self) -> None:
        """What was held back, as it may have become a tag."""
        for piece in self._splitter.finish():
            self._pass_on(piece)

    def say_rest(self, answer: str) -> None:
        """The answer of a turn that kept to no form, so that nothing of it was passed on."""
        if not self.said:
            self._say(answer)

    def _pass_on(self, piece: Piece) -> None:
        if piece.kind == "reasoning":
            self._context.reason(piece.text)
            return
        self.written += piece.text
        self._say(piece.text if self._final is None else self._final.feed(piece.text))

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._follows and not self.said:
            text = BETWEEN_TURNS + text
        self.said += text
        self._context.say(text)
