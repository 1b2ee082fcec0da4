"""What a run asks people, and their answers: checked first, then sent, and taken once they are in the journal."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import AnswerNotStored, OpenQuestion, PersonAnswer
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.pause_run import going_run
from loomwork.apps.application.run_flow import flow_of, reading_context
from loomwork.apps.domain import ENDED, Run
from loomwork.apps.ports import AppStore, Dispatcher, RunStore
from loomwork.engine import StandingQuestion, standing_questions
from loomwork.engine.commands import Answer
from loomwork.engine.ports import EventLog, Journal, NodeError, Question
from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.nodes.api import checked_answer

PATIENCE_SECONDS = 30.0
"""How long an answer may take to reach the journal before whoever gave it is told to look again."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Everything that asking and answering needs."""

    apps: AppStore
    runs: RunStore
    compiler: FlowCompiler
    dispatcher: Dispatcher
    journal: Journal
    log: EventLog
    patience: float = PATIENCE_SECONDS

    async def open(self, scope: Scope, run_id: RunId) -> list[OpenQuestion]:
        """In the order in which they were asked."""
        run = await self.runs.get(scope, run_id)
        return [shown_question(standing) for standing in await self._standing(scope, run)]

    async def answer(self, scope: Scope, run_id: RunId, answer: PersonAnswer) -> None:
        """Raises what `Apps.answer_run` says."""
        run = await going_run(scope, run_id, runs=self.runs)
        standing = _the_one(await self._standing(scope, run), answer)
        values = checked_values(standing.question, answer.action, answer.values)
        command = Answer(answer.node_id, standing.frame, answer.action, values)
        await self.dispatcher.send(scope, run_id, command)
        await self._stored(scope, run_id, standing, command)

    async def _standing(self, scope: Scope, run: Run) -> Sequence[StandingQuestion]:
        if run.status in ENDED:
            return ()
        flow = await flow_of(scope, run, apps=self.apps, compiler=self.compiler)
        if flow.plan is None or not flow.asks:
            return ()
        records = await self.journal.records(scope, run.id)
        # In a thread: the records of a long run take a while to tell again.
        return await asyncio.to_thread(standing_questions, flow.plan, reading_context(scope, run, flow), records)

    async def _stored(self, scope: Scope, run_id: RunId, standing: StandingQuestion, command: Answer) -> None:
        """Wait until the journal says what became of the question."""
        try:
            async with asyncio.timeout(self.patience):
                received = await self._received(scope, run_id, standing)
        except TimeoutError:
            received = None
        if received is not None:
            _check_taken(received, command)
            return
        await going_run(scope, run_id, runs=self.runs)
        raise AnswerNotStored("The answer is not stored yet. Look at the run, and answer again if it still asks.")

    async def _received(self, scope: Scope, run_id: RunId, standing: StandingQuestion) -> Mapping[str, Any] | None:
        """What was received to the question, as its event says; None where the run is not advanced any more."""
        place = (standing.node_id, [list(step) for step in standing.frame])
        async with aclosing(self.log.follow(scope, run_id, after=standing.seq)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                for event in batch:
                    if event["type"] == "input_received" and (event["node_id"], event["frame"]) == place:
                        data: Mapping[str, Any] = event["data"]
                        return data
        return None


def checked_values(question: Question, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form's fields as they were sent, but for what texts may not hold. Raises `InvalidInput` that
    names the field.
    """
    try:
        checked = checked_answer(question, action, values)
    except NodeError as error:
        raise InvalidInput(error.message, field=error.details.get("field", "values")) from error
    return {name: value if isinstance(value, str) else values[name] for name, value in checked.items()}


def _the_one(standing: Sequence[StandingQuestion], answer: PersonAnswer) -> StandingQuestion:
    for question in standing:
        if (question.node_id, question.frame) == (answer.node_id, answer.frame):
            return question
    where = "".join(f" in round {index} of '{container[:50]}'" for container, index in answer.frame)
    raise Conflict(
        f"The run asks nothing at node '{answer.node_id[:50]}'{where} now: the question was answered or its time is "
        "over, or there is no such node.",
        node_id=answer.node_id[:50],
    )


def _check_taken(received: Mapping[str, Any], command: Answer) -> None:
    """Whether what was received is what was sent. Raises `Conflict` where somebody else was quicker."""
    if received["action"] is None:
        raise Conflict("The time to answer was over before this answer came.")
    if (received["action"], received["values"]) != (command.action, command.values):
        raise Conflict("Somebody else has answered this question meanwhile.")


def shown_question(standing: StandingQuestion) -> OpenQuestion:
    question = standing.question
    return OpenQuestion(
        standing.node_id, standing.title, standing.frame, question.form, question.actions, standing.expires_at
    )
