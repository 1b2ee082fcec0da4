"""Have a model look at a question first: which base to ask, which documents of it, and in which other words."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Question
from loomwork.knowledge.domain.conditions import Where
from loomwork.knowledge.domain.records import KnowledgeBase
from loomwork.knowledge.domain.settings import RetrievalSettings
from loomwork.knowledge.domain.understanding import (
    NAME,
    choosing_schema,
    choosing_task,
    chosen_of,
    fields_of,
    filter_schema,
    filter_task,
    in_words,
    queries_of,
    rewriting_schema,
    rewriting_task,
    where_of,
)
from loomwork.knowledge.ports import DocumentStore
from loomwork.model_gateway.api import ChatRequest, Message, Models, TextDelta

logger = logging.getLogger(__name__)

PARAMS = {"temperature": 0, "max_tokens": 400}

LONGEST = 30.0
"""Seconds that a model may take: without it, the question is asked as it stands."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What is asked of which bases. `others` are other ways to ask; `notices` say what a model chose, or failed at."""

    question: Question
    bases: Sequence[KnowledgeBase]
    others: Sequence[str] = ()
    notices: Sequence[str] = ()

    @property
    def texts(self) -> Sequence[str]:
        """All ways to ask, its own first."""
        return [self.question.text, *self.others]


@dataclass(frozen=True, slots=True)
class Understander:
    """Makes of a question what is looked for. A model that fails, or talks nonsense, changes nothing."""

    documents: DocumentStore
    models: Models

    async def understood(
        self, scope: Scope, question: Question, bases: Sequence[KnowledgeBase], how: RetrievalSettings
    ) -> Understood:
        """With `how.rewrite_model`, `how.filter_model` and `question.choose_with`, as far as each is set."""
        bases, notices = await self._chosen_base(scope, question, bases)
        (others, failed), (where, told) = await asyncio.gather(
            self._others(scope, question, how), self._where(scope, question, bases, how)
        )
        asked = question if where.is_empty else replace(question, where=_both(question.where, where))
        return Understood(asked, bases, others, [*notices, *failed, *told])

    async def _chosen_base(
        self, scope: Scope, question: Question, bases: Sequence[KnowledgeBase]
    ) -> tuple[Sequence[KnowledgeBase], list[str]]:
        if question.choose_with is None or len(bases) < 2:
            return bases, []
        named = [(each.settings.name, each.settings.description) for each in bases]
        schema = choosing_schema(len(bases))
        answer = await self._said(scope, question.choose_with, choosing_task(named), question, schema)
        place = None if answer is None else chosen_of(answer, len(bases))
        if place is None:
            return bases, [f"{question.choose_with} did not choose a knowledge base; all were asked."]
        return [bases[place]], [f"{question.choose_with} chose {bases[place].settings.name}."]

    async def _others(
        self, scope: Scope, question: Question, how: RetrievalSettings
    ) -> tuple[Sequence[str], Sequence[str]]:
        if how.rewrite_model is None:
            return [], []
        answer = await self._said(scope, how.rewrite_model, rewriting_task(), question, rewriting_schema())
        if answer is None:
            return [], [f"{how.rewrite_model} did not put the question in other words; it was asked as it stands."]
        return queries_of(answer, question.text), []

    async def _where(
        self, scope: Scope, question: Question, bases: Sequence[KnowledgeBase], how: RetrievalSettings
    ) -> tuple[Where, Sequence[str]]:
        if how.filter_model is None:
            return Where(), []
        facts = [each for base in bases for each in await self.documents.facts(scope, base.id)]
        # What the asker may not read, the model is not told of: by what it chooses, the asker would be.
        described = [{NAME: each.name, **each.fields} for each in facts if each.may_be_asked_by(question.asker)]
        fields = fields_of(described)
        if not any(name != NAME for name in fields):
            return Where(), []
        answer = await self._said(scope, how.filter_model, filter_task(fields), question, filter_schema(fields))
        if answer is None:
            return Where(), [f"{how.filter_model} did not choose documents; all were asked."]
        where = where_of(answer, fields)
        if where.is_empty:
            return where, []
        if not any(where.fits(each) for each in described):
            return Where(), [f"No document fits what was chosen ({in_words(where)}); all were asked."]
        return where, [f"Asked were documents where {in_words(where)}."]

    async def _said(
        self, scope: Scope, model: str, task: str, question: Question, schema: Mapping[str, Any]
    ) -> str | None:
        """What the model answers; None where it does not."""
        request = ChatRequest(
            model,
            [Message("system", task), Message("user", question.text)],
            PARAMS,
            schema,
            spender=question.spender,
            whole=True,
        )
        try:
            async with asyncio.timeout(LONGEST):
                return "".join(
                    [event.text async for event in self.models.chat(scope, request) if isinstance(event, TextDelta)]
                )
        except (LoomworkError, TimeoutError) as problem:
            logger.info("A question was asked as it stands: %s", problem)
            return None


def _both(written: Where, chosen: Where) -> Where:
    return chosen if written.is_empty else Where(groups=(written, chosen))
