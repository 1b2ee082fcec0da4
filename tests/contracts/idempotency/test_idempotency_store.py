"""What every `tenancy.api.IdempotencyStore` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.tables import idempotency_keys
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import IdempotencyConflict, IdempotencyStore, StoredAnswer

POST = "POST /api/v1/runs"
ANSWER = StoredAnswer(201, "application/json", b'{"id": "\xff\x00"}')


@pytest.fixture
def answers(storage: Storage) -> IdempotencyStore:
    return storage.idempotency


async def test_the_same_request_gets_the_same_answer(answers: IdempotencyStore, ours: Scope) -> None:
    assert await answers.claim(ours, POST, "k", "body") is None
    await answers.store(ours, POST, "k", ANSWER)
    assert await answers.claim(ours, POST, "k", "body") == ANSWER
    assert await answers.claim(ours, POST, "k", "body") == ANSWER


async def test_of_many_at_once_one_goes_ahead(answers: IdempotencyStore, ours: Scope) -> None:
    claims = (answers.claim(ours, POST, "k", "body") for _ in range(10))
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, IdempotencyConflict) for result in results) == 9


@pytest.mark.parametrize("answered", [True, False])
async def test_another_body_with_the_same_key_is_a_conflict(
    answers: IdempotencyStore, ours: Scope, answered: bool
) -> None:
    await answers.claim(ours, POST, "k", "body")
    if answered:
        await answers.store(ours, POST, "k", ANSWER)
    with pytest.raises(IdempotencyConflict, match="another body"):
        await answers.claim(ours, POST, "k", "other body")


async def test_a_key_that_is_given_back_may_be_used_again(answers: IdempotencyStore, ours: Scope) -> None:
    await answers.claim(ours, POST, "k", "body")
    await answers.release(ours, POST, "k")
    assert await answers.claim(ours, POST, "k", "other body") is None


async def test_an_answer_is_not_given_back(answers: IdempotencyStore, ours: Scope) -> None:
    await answers.claim(ours, POST, "k", "body")
    await answers.store(ours, POST, "k", ANSWER)
    await answers.release(ours, POST, "k")
    assert await answers.claim(ours, POST, "k", "body") == ANSWER


async def test_keys_are_told_apart_by_workspace_actor_operation_and_text(
    answers: IdempotencyStore, ours: Scope, theirs: Scope
) -> None:
    uses = [
        (ours, POST, "k"),
        (theirs, POST, "k"),
        (replace(ours, actor=Actor("key", ours.actor.id)), POST, "k"),
        (replace(ours, actor=Actor("person", "another")), POST, "k"),
        (ours, "POST /v1/chat-messages", "k"),
        (ours, POST, "K"),
        (ours, POST, "k "),
    ]
    for number, (scope, operation, key) in enumerate(uses):
        assert await answers.claim(scope, operation, key, "body") is None
        await answers.store(scope, operation, key, replace(ANSWER, status=200 + number))
    for number, (scope, operation, key) in enumerate(uses):
        stored = await answers.claim(scope, operation, key, "body")
        assert stored is not None
        assert stored.status == 200 + number


@pytest.mark.parametrize(("age", "kept"), [(timedelta(hours=24, microseconds=-1), True), (timedelta(hours=24), False)])
async def test_an_answer_is_kept_for_a_day_and_then_cleared_away(
    answers: IdempotencyStore, storage: Storage, ours: Scope, clock: Any, age: timedelta, kept: bool
) -> None:
    await answers.claim(ours, POST, "k", "body")
    await answers.store(ours, POST, "k", ANSWER)
    clock.advance(age)
    await answers.claim(ours, POST, "another", "body")
    left = {row["key"] for row in await storage.database.everywhere.rows(select(idempotency_keys))}
    assert left == ({"k", "another"} if kept else {"another"})
    assert (await answers.claim(ours, POST, "k", "body") == ANSWER) is kept


async def test_a_claim_that_its_server_never_answered_lapses(
    answers: IdempotencyStore, ours: Scope, clock: Any
) -> None:
    await answers.claim(ours, POST, "k", "body")
    clock.advance(timedelta(minutes=14))
    with pytest.raises(IdempotencyConflict, match="not answered yet"):
        await answers.claim(ours, POST, "k", "body")
    clock.advance(timedelta(minutes=1))
    assert await answers.claim(ours, POST, "k", "body") is None


@pytest.mark.parametrize("key", ["", "\ud800\0", "x" * 100_000, "'; --"])
async def test_any_text_is_a_key(answers: IdempotencyStore, ours: Scope, key: str) -> None:
    assert await answers.claim(ours, POST, key, "body") is None
    await answers.store(ours, POST, key, ANSWER)
    assert await answers.claim(ours, POST, key, "body") == ANSWER


async def test_answers_are_there_after_a_restart(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope
) -> None:
    await storage.idempotency.claim(ours, POST, "k", "body")
    await storage.idempotency.store(ours, POST, "k", ANSWER)
    assert await (await reopened()).idempotency.claim(ours, POST, "k", "body") == ANSWER
