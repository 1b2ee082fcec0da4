"""The schema as the stores see it. What makes it is `migrations/`; a test holds the two together.

The tables of `INSTALLATION_WIDE` belong to no workspace: people, who may be members of many, and what hangs on a
person. Every other table's primary key begins with the workspace, and every foreign key to another such table carries
it, so that a row cannot point into another workspace.

Most are `(workspace_id, id)`. `run_events` is `(workspace_id, run_id, first_seq)`: one row holds all events of one
batch and what the run's core was told with them, is found by run and sequence only, and needs no name of its own.
`run_leases` is `(workspace_id, run_id)`: a run has one lease, ever. `aliases` is `(workspace_id, surface,
external_id)`: `id` there is the id of the thing that is also known by that other name.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from loomwork.adapters.storage.sql.column_types import Json, UtcTime, Words

metadata = MetaData()

INSTALLATION_WIDE = frozenset(
    {
        "workspaces",
        "people",
        "sessions",
        "one_time_tokens",
        "second_factors",
        "person_identities",
        "sign_in_failures",
    }
)
"""Tables without a workspace of their own."""

_WAKES = text("wakes_at IS NOT NULL")
_UNUSED = text("used_at IS NULL")


def _workspace(*, of: str) -> Column[str]:
    return Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE", name=f"fk_{of}_workspace"),
        nullable=False,
    )


def _belongs_to(parent: str, column: str, *, of: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{parent}.workspace_id", f"{parent}.id"],
        ondelete="CASCADE",
        name=f"fk_{of}_{column}",
    )


def _table(name: str, *parts: Any) -> Table:
    """A table with the ordinary key: `(workspace_id, id)`."""
    key = PrimaryKeyConstraint("workspace_id", "id", name=f"pk_{name}")
    return Table(name, metadata, _workspace(of=name), Column("id", Words, nullable=False), *parts, key)


def _of_person(*, of: str) -> Column[str]:
    person = ForeignKey("people.id", ondelete="CASCADE", name=f"fk_{of}_person")
    return Column("person_id", Text, person, nullable=False)


def _wide_table(name: str, *parts: Any) -> Table:
    """A table of the installation, keyed by `id` alone."""
    return Table(
        name, metadata, Column("id", Text, nullable=False), *parts, PrimaryKeyConstraint("id", name=f"pk_{name}")
    )


workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("id", name="pk_workspaces"),
    UniqueConstraint("slug", name="uq_workspaces_slug"),
)

people = _wide_table(
    "people",
    Column("email", Words),
    Column("name", Words, nullable=False),
    Column("password_hash", Text),
    Column("password_set_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    UniqueConstraint("email", name="uq_people_email"),
)

members = _table(
    "members",
    _of_person(of="members"),
    Column("role", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "person_id", name="uq_members_person"),
    Index("ix_members_person", "person_id"),
)

sessions = _wide_table(
    "sessions",
    _of_person(of="sessions"),
    Column("token_hash", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("address", Words),
    Column("agent", Words),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    Index("ix_sessions_person", "person_id"),
)

one_time_tokens = _wide_table(
    "one_time_tokens",
    _of_person(of="one_time_tokens"),
    Column("purpose", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("spent_at", UtcTime),
    UniqueConstraint("token_hash", name="uq_one_time_tokens_token_hash"),
    Index("ix_one_time_tokens_person", "person_id"),
)

second_factors = _wide_table(
    "second_factors",
    _of_person(of="second_factors"),
    Column("wrapped_by", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("recovery", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("person_id", name="uq_second_factors_person"),
)

person_identities = _wide_table(
    "person_identities",
    _of_person(of="person_identities"),
    Column("issuer", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_person_identities_subject"),
    Index("ix_person_identities_person", "person_id"),
)

invitations = _table(
    "invitations",
    Column("email", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("invited_by", Words, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("revoked_at", UtcTime),
    UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
    Index("ix_invitations_email", "email"),
)

apps = _table(
    "apps",
    Column("name", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("icon", Words, nullable=False),
    Column("icon_background", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column("node_count", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("bindings", Json, nullable=False),
    Column("published_version", Integer),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    # Each on a line of its own, with a line end before the first too, so that one is found by its whole name.
    Column("tags", Words, nullable=False, server_default=""),
)

app_versions = _table(
    "app_versions",
    Column("app_id", Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("document", Words, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", Words, nullable=False),
    Column("notes", Words, nullable=False, server_default=""),
    _belongs_to("apps", "app_id", of="app_versions"),
    UniqueConstraint("workspace_id", "app_id", "number", name="uq_app_versions_number"),
)

# The newest of an environment says what stands there; the others, what stood there before.
app_promotions = _table(
    "app_promotions",
    Column("app_id", Words, nullable=False),
    Column("environment", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("promoted_at", UtcTime, nullable=False),
    Column("promoted_by", Words, nullable=False),
    _belongs_to("apps", "app_id", of="app_promotions"),
    Index("ix_app_promotions_app", "workspace_id", "app_id", "environment", "id"),
)

api_keys = _table(
    "api_keys",
    Column("kind", Text, nullable=False),
    Column("app_id", Words),
    Column("dataset_id", Words),
    Column("key_hash", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("name", Words, nullable=False, server_default=""),
    # NULL gives all that a key of its kind may do.
    Column("scopes", Json),
    Column("expires_at", UtcTime),
    Column("last_used_at", UtcTime),
    # No foreign key: a key of somebody who has left stays written down, and opens nothing.
    Column("member_id", Words),
    _belongs_to("apps", "app_id", of="api_keys"),
    UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    Index("ix_api_keys_app", "workspace_id", "app_id"),
)

roles = _table(
    "roles",
    Column("name", Words, nullable=False),
    Column("permissions", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "name", name="uq_roles_name"),
)

# A role is one of those that come with Loomwork, by name, or one of `roles`, by id; so there is no foreign key.
grants = _table(
    "grants",
    Column("member_id", Words, nullable=False),
    Column("app_id", Words, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    _belongs_to("members", "member_id", of="grants"),
    _belongs_to("apps", "app_id", of="grants"),
    UniqueConstraint("workspace_id", "member_id", "app_id", name="uq_grants_app"),
    Index("ix_grants_app", "workspace_id", "app_id"),
)

conversations = _table(
    "conversations",
    Column("app_id", Words, nullable=False),
    Column("end_user", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("variables", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    _belongs_to("apps", "app_id", of="conversations"),
    Index("ix_conversations_app", "workspace_id", "app_id", "end_user", "id"),
)

runs = _table(
    "runs",
    # NULL for a run in somebody's own process, which has a journal but no app.
    Column("app_id", Words),
    Column("version", Integer),
    Column("status", Text, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("query", Words),
    Column("source", Words, nullable=False),
    Column("end_user", Words, nullable=False),
    Column("document", Words),
    Column("conversation_id", Words),
    # No foreign key: a message points at its run, and a circle could not be written down in order.
    Column("message_id", Words),
    Column("outputs", Json, nullable=False),
    Column("answer", Words),
    Column("error", Json),
    Column("nodes", Json, nullable=False),
    Column("usage", Json, nullable=False),
    Column("notices", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("elapsed_ms", Float(53)),
    # No foreign keys: what was made from a run outlives it.
    Column("origin_id", Words),
    Column("origin_node_id", Words),
    Column("parent_id", Words),
    Column("key_id", Words),
    Column("wakes_at", UtcTime),
    Column("environment", Text),
    _belongs_to("apps", "app_id", of="runs"),
    _belongs_to("conversations", "conversation_id", of="runs"),
    Index("ix_runs_app", "workspace_id", "app_id", "id"),
    Index("ix_runs_conversation", "workspace_id", "conversation_id"),
    Index("ix_runs_status", "status"),
    Index("ix_runs_wakes_at", "wakes_at", sqlite_where=_WAKES, postgresql_where=_WAKES),
)

run_events = Table(
    "run_events",
    metadata,
    _workspace(of="run_events"),
    Column("run_id", Words, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    # Text, because the writer encodes before it queues: what cannot be stored must fail its own caller only.
    Column("events", Text, nullable=False),
    Column("records", Text),
    Column("epoch", Integer),
    PrimaryKeyConstraint("workspace_id", "run_id", "first_seq", name="pk_run_events"),
    _belongs_to("runs", "run_id", of="run_events"),
)

run_leases = Table(
    "run_leases",
    metadata,
    _workspace(of="run_leases"),
    Column("run_id", Words, nullable=False),
    # NULL once it was let go of. The row stays as long as its run, so that epochs only ever grow.
    Column("owner", Words),
    Column("epoch", Integer, nullable=False),
    Column("until", UtcTime, nullable=False),
    # Processes that died over the run, and how far it had come when that was last looked at.
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("progress", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("workspace_id", "run_id", name="pk_run_leases"),
    _belongs_to("runs", "run_id", of="run_leases"),
)

run_commands = _table(
    "run_commands",
    Column("run_id", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    _belongs_to("runs", "run_id", of="run_commands"),
    Index("ix_run_commands_run", "workspace_id", "run_id"),
)

messages = _table(
    "messages",
    Column("conversation_id", Words, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("parent_id", Words),
    Column("query", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Column("status", Text, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("usage", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    _belongs_to("conversations", "conversation_id", of="messages"),
    _belongs_to("runs", "run_id", of="messages"),
    _belongs_to("messages", "parent_id", of="messages"),
    Index("ix_messages_conversation", "workspace_id", "conversation_id", "id"),
    Index("ix_messages_run", "workspace_id", "run_id"),
    Index("ix_messages_parent", "workspace_id", "parent_id"),
)

message_feedback = _table(
    "message_feedback",
    Column("message_id", Words, nullable=False),
    # Whose name `author` is: that of an end user, or the id of a member or a key.
    Column("source", Text, nullable=False),
    Column("author", Words, nullable=False),
    Column("rating", Text, nullable=False),
    Column("content", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    _belongs_to("messages", "message_id", of="message_feedback"),
    UniqueConstraint("workspace_id", "message_id", "source", "author", name="uq_message_feedback_author"),
)

annotations = _table(
    "annotations",
    Column("app_id", Words, nullable=False),
    Column("question", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    _belongs_to("apps", "app_id", of="annotations"),
    Index("ix_annotations_app", "workspace_id", "app_id", "id"),
)

files = _table(
    "files",
    Column("app_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("size", Integer, nullable=False),
    Column("uploaded_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # NULL until a run takes it.
    Column("used_at", UtcTime),
    # Last, as large values are read past.
    Column("content", LargeBinary, nullable=False),
    _belongs_to("apps", "app_id", of="files"),
    Index("ix_files_app", "workspace_id", "app_id", "used_at"),
    Index("ix_files_unused", "created_at", sqlite_where=_UNUSED, postgresql_where=_UNUSED),
)

# What of tools was too much to hand on, in full. NULL: no run asked for it, or one of which nothing is kept.
tool_outputs = _table(
    "tool_outputs",
    Column("run_id", Words),
    Column("created_at", UtcTime, nullable=False),
    Column("content", LargeBinary, nullable=False),
    _belongs_to("runs", "run_id", of="tool_outputs"),
    Index("ix_tool_outputs_run", "workspace_id", "run_id"),
)

retention_rules = _table(
    "retention_rules",
    # NULL for the rule of all apps that have none of their own.
    Column("app_id", Words),
    Column("days", Integer, nullable=False),
    _belongs_to("apps", "app_id", of="retention_rules"),
    Index("ix_retention_rules_app", "workspace_id", "app_id"),
)

aliases = Table(
    "aliases",
    metadata,
    _workspace(of="aliases"),
    Column("surface", Text, nullable=False),
    Column("external_id", Words, nullable=False),
    Column("id", Words, nullable=False),
    PrimaryKeyConstraint("workspace_id", "surface", "external_id", name="pk_aliases"),
    UniqueConstraint("workspace_id", "surface", "id", name="uq_aliases_id"),
)

idempotency_keys = _table(
    "idempotency_keys",
    Column("actor", Words, nullable=False),
    Column("operation", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer),
    Column("content_type", Text),
    Column("body", LargeBinary),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "actor", "operation", "key", name="uq_idempotency_keys_key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

workspace_keys = _table(
    "workspace_keys",
    # Which key-encryption key opens it.
    Column("wrapped_by", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

model_credentials = _table(
    "model_credentials",
    Column("provider", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("endpoint", Words),
    Column("weight", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("hint", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("verified_at", UtcTime),
    _belongs_to("workspace_keys", "key_id", of="model_credentials"),
    UniqueConstraint("workspace_id", "provider", "name", name="uq_model_credentials_name"),
    Index("ix_model_credentials_key", "workspace_id", "key_id"),
)

model_routes = _table(
    "model_routes",
    Column("name", Words, nullable=False),
    Column("route", Json, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "name", name="uq_model_routes_name"),
)

# No foreign keys to apps, runs or keys: what was spent stays written down when they go.
model_entries = _table(
    "model_entries",
    Column("at", UtcTime, nullable=False),
    Column("type", Text, nullable=False),
    Column("model", Words, nullable=False),
    Column("asked", Words, nullable=False),
    Column("prompt_tokens", BigInteger),
    Column("completion_tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("characters", BigInteger),
    Column("seconds", Float(53)),
    Column("images", BigInteger),
    Column("searches", BigInteger),
    # In billionths; NULL where the price is not known.
    Column("cost", BigInteger),
    Column("currency", Text, nullable=False),
    Column("app_id", Words),
    Column("run_id", Words),
    Column("node_id", Words),
    Column("key_id", Words),
    Column("end_user", Words),
    Column("elapsed", Float(53), nullable=False),
    Column("first_piece", Float(53)),
    Column("attempts", Integer, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("failure", Text),
    Index("ix_model_entries_at", "workspace_id", "at", "id"),
    Index("ix_model_entries_run", "workspace_id", "run_id"),
)

budgets = _table(
    "budgets",
    Column("subject", Text, nullable=False),
    Column("subject_id", Words, nullable=False),
    Column("measure", Text, nullable=False),
    Column("period", Text, nullable=False),
    # In whole units, as `domain.budgets` counts them.
    Column("most", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Index("ix_budgets_subject", "workspace_id", "subject", "subject_id"),
)

budget_counters = _table(
    "budget_counters",
    Column("budget_id", Words, nullable=False),
    # Who it is that a budget for each counts; "" of any other.
    Column("whose", Words, nullable=False),
    Column("begins", UtcTime, nullable=False),
    Column("spent", BigInteger, nullable=False),
    _belongs_to("budgets", "budget_id", of="budget_counters"),
    UniqueConstraint("workspace_id", "budget_id", "whose", "begins", name="uq_budget_counters_period"),
)

budget_reservations = _table(
    "budget_reservations",
    # What the gateway calls it; it holds something in several counters.
    Column("call_id", Words, nullable=False),
    Column("counter_id", Words, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("lapses_at", UtcTime, nullable=False),
    _belongs_to("budget_counters", "counter_id", of="budget_reservations"),
    UniqueConstraint("workspace_id", "call_id", "counter_id", name="uq_budget_reservations_call"),
    Index("ix_budget_reservations_counter", "workspace_id", "counter_id"),
)

# Written by `audit_rows.record` alone. Triggers of the database refuse to change or remove a row while its workspace
# stands. No foreign keys: what was done to a thing stays written down when the thing goes.
audit_entries = _table(
    "audit_entries",
    # From 1, without a gap.
    Column("number", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Words, nullable=False),
    Column("via", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Words, nullable=False),
    # The very text that is sealed, so that no parser stands between it and its proof.
    Column("details", Words, nullable=False),
    Column("previous", Text, nullable=False),
    Column("seal", Text, nullable=False),
    UniqueConstraint("workspace_id", "number", name="uq_audit_entries_number"),
    Index("ix_audit_entries_object", "workspace_id", "object_kind", "object_id", "number"),
    Index("ix_audit_entries_actor", "workspace_id", "actor_id", "number"),
)

# No foreign keys: a limit may be set before what it is for exists, and an end user is only a word.
# `id` is a digest of the limit and of whom it is counted for, so that nobody's name is kept here.
request_counts = _table("request_counts", Column("due", Float(53), nullable=False))

# `id` is a digest of the account and of where the attempts came from.
sign_in_failures = _wide_table(
    "sign_in_failures",
    Column("count", Integer, nullable=False),
    Column("wait_until", UtcTime, nullable=False),
    Index("ix_sign_in_failures_wait_until", "wait_until"),
)

limits = _table(
    "limits",
    Column("subject", Text, nullable=False),
    Column("subject_id", Words, nullable=False),
    Column("measure", Text, nullable=False),
    Column("most", BigInteger, nullable=False),
)

# A row says that a toolset, or a tool of one, is switched off. Not by foreign keys: tools are no rows.
tool_switches = _table(
    "tool_switches",
    Column("name", Words, nullable=False),
    UniqueConstraint("workspace_id", "name", name="uq_tool_switches_name"),
)

# An API that was imported: what its document says of its operations, and what whoever imported it says beside. `state`
# is another after each change.
tool_apis = _table(
    "tool_apis",
    Column("slug", Text, nullable=False),
    Column("label", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("definition", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "slug", name="uq_tool_apis_slug"),
)

# Servers of MCP. `offers` is what they offered last, `settings` what of it was approved.
tool_servers = _table(
    "tool_servers",
    Column("slug", Text, nullable=False),
    Column("label", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("offers", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("workspace_id", "slug", name="uq_tool_servers_slug"),
)

# A row says that a plugin is switched on. Not by foreign keys: plugins are the installation's, and no rows. `grant_id`
# is what of it is on: another one where it asks for more since.
enabled_plugins = _table(
    "enabled_plugins",
    Column("plugin", Text, nullable=False),
    Column("grant_id", Text, nullable=False),
    UniqueConstraint("workspace_id", "plugin", name="uq_enabled_plugins_plugin"),
)

# `state` is another after each change of the settings. `index_id` names the index that answers, where there is one; no
# foreign key, as the index points here.
knowledge_bases = _table(
    "knowledge_bases",
    Column("name", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("index_id", Words),
    Column("state", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # Since when it is gone for everybody but those who clean up.
    Column("removed_at", UtcTime),
    UniqueConstraint("workspace_id", "name", name="uq_knowledge_bases_name"),
)

knowledge_indexes = _table(
    "knowledge_indexes",
    Column("knowledge_id", Words, nullable=False),
    Column("store", Text, nullable=False),
    Column("model", Words, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("copied", Words, nullable=False),
    Column("problem", Words, nullable=False),
    # Who fills it, and until when nobody else may.
    Column("owner", Words),
    Column("until", UtcTime),
    _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_indexes"),
    Index("ix_knowledge_indexes_base", "workspace_id", "knowledge_id"),
)

knowledge_documents = _table(
    "knowledge_documents",
    Column("knowledge_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("source", Words, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Words, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("fields", Json, nullable=False),
    # NULL: everybody.
    Column("readers", Json),
    Column("chunks", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("added_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # From when on it may be worked on; who does so, and until when nobody else may.
    Column("due_at", UtcTime, nullable=False),
    Column("owner", Words),
    Column("until", UtcTime),
    Column("content", LargeBinary, nullable=False),
    _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_documents"),
    Index("ix_knowledge_documents_base", "workspace_id", "knowledge_id", "id"),
    Index("ix_knowledge_documents_due", "state", "due_at"),
)

knowledge_chunks = _table(
    "knowledge_chunks",
    Column("knowledge_id", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_id", Words),
    Column("text", Words, nullable=False),
    Column("found_by", Words, nullable=False),
    # Of `found_by`.
    Column("digest", Text, nullable=False),
    Column("answer", Words, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("headings", Json, nullable=False),
    Column("page", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("edited", Boolean, nullable=False),
    # Whether the indexes have it.
    Column("embedded", Boolean, nullable=False),
    Column("hits", BigInteger, nullable=False),
    _belongs_to("knowledge_documents", "document_id", of="knowledge_chunks"),
    Index("ix_knowledge_chunks_document", "workspace_id", "document_id", "number"),
    Index("ix_knowledge_chunks_base", "workspace_id", "knowledge_id", "id"),
    Index("ix_knowledge_chunks_digest", "workspace_id", "knowledge_id", "digest"),
)

# `id` is a digest of the base, the model and the text, `digest` of the text alone. Each is made once, however many
# chunks say the same.
knowledge_vectors = _table(
    "knowledge_vectors",
    Column("knowledge_id", Words, nullable=False),
    Column("digest", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_vectors"),
    Index("ix_knowledge_vectors_base", "workspace_id", "knowledge_id"),
)

knowledge_grants = _table(
    "knowledge_grants",
    Column("member_id", Words, nullable=False),
    Column("knowledge_id", Words, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    _belongs_to("members", "member_id", of="knowledge_grants"),
    _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_grants"),
    UniqueConstraint("workspace_id", "member_id", "knowledge_id", name="uq_knowledge_grants_base"),
    Index("ix_knowledge_grants_base", "workspace_id", "knowledge_id"),
)
