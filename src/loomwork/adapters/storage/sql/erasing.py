"""Taking away what tells of one end user, in SQL."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.holdings import KINDS, runs_of
from loomwork.adapters.storage.sql.tables import (
    budget_counters,
    budgets,
    conversations,
    files,
    idempotency_keys,
    knowledge_documents,
    limits,
    message_feedback,
    messages,
    model_entries,
    runs,
)
from loomwork.adapters.storage.sql.workspace_rows import this, within
from loomwork.kernel.errors import Conflict
from loomwork.kernel.scope import Scope

AT_ONCE = 200
"""Runs of one transaction."""

_GOING = ("queued", "running")
_SHOWN_IDS = 10
_AN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def erase_some(connection: Connection, scope: Scope, end_user: str, erasure_id: str, at: datetime) -> Mapping[str, int]:
    """Take away some of it, written down in the trail without the name of the end user: how many rows of each kind;
    none once nothing is left. Raises `Conflict` while a run of theirs goes.
    """
    end_user = words(end_user)
    gone = _erase_runs(connection, scope, end_user) or _erase_the_rest(connection, scope, end_user)
    counts = {kind: count for kind, count in gone.items() if count}
    if counts:
        record(connection, scope, "end_user.erased", "erasure", erasure_id, counts, at=at)
    return counts


def _erase_runs(connection: Connection, scope: Scope, end_user: str) -> Mapping[str, int]:
    """With their messages and all else that is kept of them, by the foreign keys."""
    found = select(runs.c.id).where(within(runs, scope), runs_of(scope, end_user)).order_by(runs.c.id)
    ids = _with_what_came_of(connection, scope, connection.execute(found.limit(AT_ONCE)).scalars().all())
    if not ids:
        return {}
    _refuse_while_going(connection, scope, ids)
    turns = _ids(connection, messages, [within(messages, scope), messages.c.run_id.in_(ids)])
    answers = _forget_answers(connection, scope, {*ids, *turns})
    for part in _parts(turns):
        # A turn of somebody else outlives the one that it answers to.
        answering = (within(messages, scope), messages.c.parent_id.in_(part))
        connection.execute(update(messages).where(*answering).values(parent_id=None))
    for part in _parts(ids):
        connection.execute(delete(runs).where(within(runs, scope), runs.c.id.in_(part)))
    return {"runs": len(ids), "messages": len(turns), "answers": answers}


def _erase_the_rest(connection: Connection, scope: Scope, end_user: str) -> Mapping[str, int]:
    talks = and_(within(conversations, scope), conversations.c.end_user == end_user)
    answers = _forget_answers(connection, scope, set(_ids(connection, conversations, [talks])))
    given = and_(message_feedback.c.source == "end_user", message_feedback.c.author == end_user)
    spent = update(model_entries).where(within(model_entries, scope), model_entries.c.end_user == end_user)
    return {
        "knowledge_documents": _take_from_readers(connection, scope, end_user),
        "conversations": connection.execute(delete(conversations).where(talks)).rowcount,
        "feedback": _delete(connection, message_feedback, scope, given),
        "files": _delete_of(connection, "files", files, scope, end_user),
        "limits": _delete_of(connection, "limits", limits, scope, end_user),
        "budgets": _delete_of(connection, "budgets", budgets, scope, end_user),
        "budget_counters": _delete_of(connection, "budget_counters", budget_counters, scope, end_user),
        # What was used stays written down, for the numbers; by whom does not.
        "usage": connection.execute(spent.values(end_user=None)).rowcount,
        "answers": answers,
    }


def _take_from_readers(connection: Connection, scope: Scope, end_user: str) -> int:
    """Documents that named them among who may read them. One that nobody else may read, nobody reads from then on."""
    named = select(knowledge_documents.c.id, knowledge_documents.c.readers).where(
        within(knowledge_documents, scope), knowledge_documents.c.readers.is_not(None)
    )
    rows = [row for row in connection.execute(named) if row.readers is not None and end_user in row.readers]
    for row in rows:
        left = [each for each in row.readers if each != end_user]
        connection.execute(
            update(knowledge_documents).where(this(knowledge_documents, scope, row.id)).values(readers=left)
        )
    return len(rows)


def _delete_of(connection: Connection, kind: str, table: Table, scope: Scope, end_user: str) -> int:
    theirs = KINDS[kind].of_end_user
    assert theirs is not None
    return _delete(connection, table, scope, theirs(scope, end_user))


def _delete(connection: Connection, table: Table, scope: Scope, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(within(table, scope), which)).rowcount


def _with_what_came_of(connection: Connection, scope: Scope, ids: Collection[str]) -> list[str]:
    """These runs, those that repeated them and those that were their steps, however far."""
    known, newest = set(ids), list(ids)
    while newest:
        found: list[str] = []
        for part in _parts(newest):
            from_these = runs.c.origin_id.in_(part) | runs.c.parent_id.in_(part)
            found += _ids(connection, runs, [within(runs, scope), from_these])
        newest = [each for each in found if each not in known]
        known.update(newest)
    return sorted(known)


def _refuse_while_going(connection: Connection, scope: Scope, ids: Sequence[str]) -> None:
    for part in _parts(ids):
        going = _ids(connection, runs, [within(runs, scope), runs.c.id.in_(part), runs.c.status.in_(_GOING)])
        if going:
            raise Conflict(
                f"Runs of this end user still go ({len(going)}), and would write down more. Stop them, or wait for "
                "their end, then erase again.",
                run_ids=going[:_SHOWN_IDS],
            )


def _forget_answers(connection: Connection, scope: Scope, ids: Set[str]) -> int:
    """Take away the answers that are kept to be given again and speak of one of these."""
    if not ids:
        return 0
    keys = idempotency_keys.c
    kept = select(keys.id, keys.body).where(within(idempotency_keys, scope), keys.body.is_not(None))
    rows = connection.execute(kept, execution_options={"yield_per": 20})
    found = [row.id for row in rows if not ids.isdisjoint(_AN_ID.findall(bytes(row.body).decode(errors="replace")))]
    for part in _parts(found):
        connection.execute(delete(idempotency_keys).where(within(idempotency_keys, scope), keys.id.in_(part)))
    return len(found)


def _ids(connection: Connection, table: Table, which: Sequence[ColumnElement[bool]]) -> list[str]:
    return [str(each) for each in connection.execute(select(table.c.id).where(*which)).scalars()]


def _parts(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """In numbers that a statement takes."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
