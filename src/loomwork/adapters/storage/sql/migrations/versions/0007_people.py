"""People are the installation's, members are the workspace's: each member becomes the member of a person, whom sessions
and one-time tokens now belong to.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from loomwork.kernel.ids import new_id

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Rows = Sequence[Mapping[str, Any]]
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Members are few, so their tables are read whole, dropped, and made anew."""
    members, sessions, tokens = (_taken(name) for name in ("members", "sessions", "sign_in_tokens"))
    for name in ("sign_in_tokens", "sessions", "members"):
        op.drop_table(name)
    person_of = {(row["workspace_id"], row["id"]): new_id() for row in members}
    _people(members, person_of)
    _members(members, person_of)
    _sessions([{**row, "person_id": person_of[row["workspace_id"], row["member_id"]]} for row in sessions])
    _one_time_tokens([{**row, "person_id": person_of[row["workspace_id"], row["member_id"]]} for row in tokens])


def downgrade() -> None:
    """There is no way back: one person may by now be a member of many workspaces."""
    raise NotImplementedError("a database in which people have joined workspaces cannot be taken back")


def _taken(name: str) -> Rows:
    # As text on SQLite: what it wrote of a moment is what it is given again.
    rows = op.get_bind().execute(sa.text(f"SELECT * FROM {name}")).mappings()  # noqa: S608 - our own names
    return [dict(row) for row in rows]


def _put(name: str, rows: Rows, *columns: str) -> None:
    if rows:
        places = ", ".join(f":{column}" for column in columns)
        into = sa.text(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})")  # noqa: S608 - our own names
        op.get_bind().execute(into, [{column: row[column] for column in columns} for row in rows])


def _person_id(of: str) -> sa.Column[str]:
    person = sa.ForeignKey("people.id", ondelete="CASCADE", name=f"fk_{of}_person")
    return sa.Column("person_id", sa.Text(), person, nullable=False)


def _people(members: Rows, person_of: Mapping[tuple[str, str], str]) -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
    )
    rows = [{**row, "id": person_of[row["workspace_id"], row["id"]]} for row in members]
    _put("people", rows, "id", "name", "created_at")


def _members(members: Rows, person_of: Mapping[tuple[str, str], str]) -> None:
    op.create_table(
        "members",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        _person_id("members"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_members"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_members_workspace"),
        sa.UniqueConstraint("workspace_id", "person_id", name="uq_members_person"),
    )
    op.create_index("ix_members_person", "members", ["person_id"])
    rows = [{**row, "person_id": person_of[row["workspace_id"], row["id"]]} for row in members]
    _put("members", rows, "workspace_id", "id", "person_id", "role", "created_at")


def _sessions(sessions: Rows) -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        _person_id("sessions"),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person_id"])
    rows = [{**row, "how": "link"} for row in sessions]
    _put("sessions", rows, "id", "person_id", "token_hash", "how", "created_at", "expires_at", "revoked_at")


def _one_time_tokens(tokens: Rows) -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        _person_id("one_time_tokens"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("spent_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_tokens_token_hash"),
    )
    op.create_index("ix_one_time_tokens_person", "one_time_tokens", ["person_id"])
    rows = [{**row, "purpose": "sign-in"} for row in tokens]
    _put("one_time_tokens", rows, "id", "person_id", "purpose", "token_hash", "created_at", "expires_at", "spent_at")
