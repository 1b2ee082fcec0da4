"""What each table holds of a workspace and of an end user: what is taken out of it, and what never is.

A table with a workspace stands in `KINDS` or in `NOT_TAKEN_OUT`; a test says which is missing. Whoever adds a table
that tells of an end user says by `of_end_user` which of its rows do, and has `erasing` take them away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select

from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.tables import (
    aliases,
    annotations,
    api_keys,
    app_promotions,
    app_versions,
    apps,
    audit_entries,
    budget_counters,
    budgets,
    conversations,
    enabled_plugins,
    files,
    grants,
    invitations,
    knowledge_bases,
    knowledge_chunks,
    knowledge_documents,
    knowledge_grants,
    limits,
    members,
    message_feedback,
    messages,
    model_credentials,
    model_entries,
    model_routes,
    people,
    retention_rules,
    roles,
    run_events,
    runs,
    tool_apis,
    tool_outputs,
    tool_servers,
    tool_switches,
    workspaces,
)
from loomwork.adapters.storage.sql.workspace_rows import within
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.metering import EACH

_REPEATS = 3
"""How far is looked from a run of somebody's to those that came of it: a step of a repeat of a repeat."""

OfEndUser = Callable[[Scope, str], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Holding:
    """What is taken out of one table. `secrets`: columns that never are. `document`: the column whose text is a file of
    its own, and the name of that file, made of other columns. `text_as_json`: columns of text that hold JSON.
    """

    table: Table
    secrets: frozenset[str] = frozenset()
    of_end_user: OfEndUser | None = None
    document: str | None = None
    file: str = ""
    text_as_json: frozenset[str] = frozenset()
    with_person: bool = False

    def rows(self, scope: Scope, end_user: str | None) -> Select[tuple[object, ...]]:
        """Its rows of the workspace, or those of one of its end users."""
        columns = [column for column in self.table.columns if column.name not in self.left_out]
        if self.with_person:
            joined = self.table.join(people, self.table.c.person_id == people.c.id)
            statement = select(*columns, people.c.name, people.c.email).select_from(joined)
        else:
            statement = select(*columns)
        statement = statement.where(self._ours(scope))
        if end_user is not None:
            assert self.of_end_user is not None, "nothing of this kind is an end user's"
            statement = statement.where(self.of_end_user(scope, words(end_user)))
        return statement

    def documents(self, scope: Scope) -> Select[tuple[object, ...]]:
        """Its rows with the text that is a file of its own."""
        assert self.document is not None, "no file is made of this kind"
        return select(*self.table.primary_key.columns, *self._named_by, self.table.c[self.document]).where(
            self._ours(scope)
        )

    @property
    def left_out(self) -> frozenset[str]:
        """Columns that no record shows. Whose a record is, all of them would say alike."""
        return self.secrets | {"workspace_id"} | ({self.document} if self.document is not None else frozenset())

    @property
    def key(self) -> list[ColumnElement[str]]:
        """What tells its rows apart within a workspace, and what they are ordered by."""
        return [column for column in self.table.primary_key.columns if column.name != "workspace_id"]

    @property
    def _named_by(self) -> list[ColumnElement[object]]:
        known = {column.name for column in self.table.primary_key.columns}
        return [
            column for column in self.table.columns if f"{{{column.name}}}" in self.file and column.name not in known
        ]

    def _ours(self, scope: Scope) -> ColumnElement[bool]:
        if self.table is workspaces:
            return workspaces.c.id == scope.workspace_id
        return within(self.table, scope)


def _named(table: Table) -> OfEndUser:
    return lambda _, end_user: table.c.end_user == end_user


def _subject(table: Table) -> OfEndUser:
    """What is set for each (`*`) is nobody's, though somebody be called so."""
    return lambda _, end_user: and_(
        table.c.subject == "end_user", table.c.subject_id == end_user, table.c.subject_id != EACH
    )


def _counted(scope: Scope, end_user: str) -> ColumnElement[bool]:
    """What budgets for each end user count of this one."""
    for_each = select(budgets.c.id).where(
        within(budgets, scope), budgets.c.subject == "end_user", budgets.c.subject_id == EACH
    )
    return and_(budget_counters.c.whose == end_user, budget_counters.c.budget_id.in_(for_each.correlate(None)))


def runs_of(scope: Scope, end_user: str) -> ColumnElement[bool]:
    """Their own; those in which somebody repeated one of theirs, since what they gave it stands there too; and those
    that were steps of such a one.
    """
    theirs = runs.c.end_user == end_user
    for _ in range(_REPEATS):
        before = select(runs.c.id).where(within(runs, scope), theirs).correlate(None)
        theirs = or_(runs.c.end_user == end_user, runs.c.origin_id.in_(before), runs.c.parent_id.in_(before))
    return theirs


def _of_runs(column: ColumnElement[str]) -> OfEndUser:
    def of(scope: Scope, end_user: str) -> ColumnElement[bool]:
        return column.in_(select(runs.c.id).where(within(runs, scope), runs_of(scope, end_user)).correlate(None))

    return of


def _of_talks(column: ColumnElement[str]) -> OfEndUser:
    def of(scope: Scope, end_user: str) -> ColumnElement[bool]:
        theirs = select(conversations.c.id).where(within(conversations, scope), conversations.c.end_user == end_user)
        return column.in_(theirs.correlate(None))

    return of


def _feedback(scope: Scope, end_user: str) -> ColumnElement[bool]:
    talks = _of_talks(messages.c.conversation_id)(scope, end_user)
    theirs = select(messages.c.id).where(within(messages, scope), talks).correlate(None)
    given = and_(message_feedback.c.source == "end_user", message_feedback.c.author == end_user)
    return or_(given, message_feedback.c.message_id.in_(theirs))


def _uploaded(_: Scope, end_user: str) -> ColumnElement[bool]:
    return files.c.uploaded_by == end_user


def _spent(_: Scope, end_user: str) -> ColumnElement[bool]:
    return model_entries.c.end_user == end_user


KINDS: Mapping[str, Holding] = {
    "workspace": Holding(workspaces),
    "members": Holding(members, with_person=True),
    "roles": Holding(roles),
    "invitations": Holding(invitations, frozenset({"token_hash"})),
    "apps": Holding(apps, document="document", file="apps/{id}/draft.yml"),
    "app_versions": Holding(app_versions, document="document", file="apps/{app_id}/versions/{number}.yml"),
    "app_promotions": Holding(app_promotions),
    "grants": Holding(grants),
    "keys": Holding(api_keys, frozenset({"key_hash"})),
    "annotations": Holding(annotations),
    "files": Holding(files, of_end_user=_uploaded),
    "retention_rules": Holding(retention_rules),
    "limits": Holding(limits, of_end_user=_subject(limits)),
    "budgets": Holding(budgets, of_end_user=_subject(budgets)),
    "budget_counters": Holding(budget_counters, of_end_user=_counted),
    "aliases": Holding(aliases),
    "tool_apis": Holding(tool_apis, text_as_json=frozenset({"definition", "settings"})),
    "tool_servers": Holding(tool_servers, text_as_json=frozenset({"offers", "settings"})),
    "tool_switches": Holding(tool_switches),
    "enabled_plugins": Holding(enabled_plugins),
    "credentials": Holding(model_credentials, frozenset({"sealed", "key_id"})),
    "model_routes": Holding(model_routes),
    "knowledge_bases": Holding(knowledge_bases, text_as_json=frozenset({"settings"})),
    "knowledge_documents": Holding(knowledge_documents, text_as_json=frozenset({"source"})),
    "knowledge_chunks": Holding(knowledge_chunks),
    "knowledge_grants": Holding(knowledge_grants),
    "conversations": Holding(conversations, of_end_user=_named(conversations)),
    "runs": Holding(runs, of_end_user=runs_of),
    "messages": Holding(messages, of_end_user=_of_talks(messages.c.conversation_id)),
    "tool_outputs": Holding(tool_outputs, of_end_user=_of_runs(tool_outputs.c.run_id)),
    "feedback": Holding(message_feedback, of_end_user=_feedback),
    "run_events": Holding(
        run_events, of_end_user=_of_runs(run_events.c.run_id), text_as_json=frozenset({"events", "records"})
    ),
    "usage": Holding(model_entries, of_end_user=_spent),
    "audit": Holding(audit_entries),
}
"""By the name that a kind has outside, what others point at first."""

NOT_TAKEN_OUT: Mapping[str, str] = {
    "budget_reservations": "what calls under way hold of budgets, for as long as they go",
    "idempotency_keys": "answers that are kept for a day, to be given again; what they tell of stands elsewhere",
    "knowledge_indexes": "where vectors lie in stores; they are made of the chunks",
    "knowledge_vectors": "made of the chunks by a model, and made again where there are none",
    "request_counts": "how far limits of requests are used in this very minute",
    "run_commands": "what is asked of runs under way, until they hear it",
    "run_leases": "which process goes on with a run",
    "workspace_keys": "what seals the credentials, which are secrets",
}
"""Tables of which nothing is taken out, with the reason."""
