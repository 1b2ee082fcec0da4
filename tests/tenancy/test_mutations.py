"""The matrix is worth something: with a hole in one table's walls, it finds something; and each wall holds alone."""

import pytest

from loomwork.adapters.storage.sql.tables import metadata
from tests.tenancy.matrix import findings
from tests.tenancy.mutations import without_the_wall_of
from tests.tenancy.tenants import Installation

AT_THE_DOOR = (
    "api_keys",
    "apps",
    "audit_entries",
    "budgets",
    "conversations",
    "limits",
    "grants",
    "members",
    "invitations",
    "knowledge_bases",
    "model_credentials",
    "model_entries",
    "model_routes",
    "roles",
    "runs",
    "tool_apis",
    "tool_outputs",
    "tool_servers",
)
"""Tables whose rows are reached by what a request says."""

BEHIND = {
    "aliases": "what a word of another surface means is the same for everybody",
    "annotations": "of an app, which is named with them",
    "app_promotions": "of an app, which is looked for first",
    "app_versions": "of an app, which is looked for first",
    "budget_counters": "of a budget",
    "budget_reservations": "of a budget",
    "files": "named in the inputs of a run, of whose app they have to be",
    "idempotency_keys": "kept by who asked, too, whom no other workspace has",
    "knowledge_chunks": "of a document",
    "knowledge_documents": "of a knowledge base, which is named with them",
    "knowledge_grants": "of a member and a knowledge base",
    "knowledge_indexes": "of a knowledge base",
    "knowledge_vectors": "of chunks",
    "message_feedback": "of a message",
    "messages": "of a conversation",
    "retention_rules": "named by no request: the rule of an app, which is looked for first, or of who asks",
    "run_commands": "of a run",
    "run_events": "of a run",
    "run_leases": "of a run",
    "request_counts": "named by no request: what is counted is counted for who asks",
    "enabled_plugins": "named by no request: what is on is on for who asks",
    "tool_switches": "named by no request: what is off is off for who asks",
    "workspace_keys": "reached by no request",
}
"""Tables whose rows are reached through a row of another. What stands behind two walls, no request can show by a hole
in the inner one; their own suites, at the stores, do.
"""


def test_each_table_is_known_to_stand_at_the_door_or_behind_another() -> None:
    known = {*AT_THE_DOOR, *BEHIND}
    assert {table.name for table in metadata.sorted_tables if "workspace_id" in table.c} == known


@pytest.mark.parametrize("name", AT_THE_DOOR)
async def test_a_table_that_is_not_asked_whose_its_rows_are_is_found_out(opened: Installation, name: str) -> None:
    await opened.rows.open_to_all(name)
    with without_the_wall_of(metadata.tables[name]) as torn:
        found = await anext(findings(opened), None)
    assert torn, "this tears nothing, so it shows nothing"
    assert found is not None


@pytest.mark.parametrize("opened", ["postgres"], indirect=True)
async def test_where_no_statement_asks_whose_its_rows_are_the_second_wall_holds_alone(opened: Installation) -> None:
    walled = [table for table in metadata.sorted_tables if "workspace_id" in table.c]
    with without_the_wall_of(*walled) as torn:
        found = [each async for each in findings(opened)]
    assert torn, "this tears nothing, so it shows nothing"
    assert "\n".join(found) == ""
