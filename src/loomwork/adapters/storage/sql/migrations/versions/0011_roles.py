"""Roles of a workspace's own making, grants for single apps, and what is agreed on with a key."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; keys get their columns, of which those that are there have none set."""
    _roles()
    _grants()
    op.add_column("api_keys", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", _MOMENT, nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", _MOMENT, nullable=True))
    op.add_column("api_keys", sa.Column("member_id", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take the columns off, then drop the tables."""
    for name in ("member_id", "last_used_at", "expires_at", "scopes", "name"):
        op.drop_column("api_keys", name)
    op.drop_table("grants")
    op.drop_table("roles")


def _roles() -> None:
    op.create_table(
        "roles",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_roles"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_roles_workspace"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_roles_name"),
    )


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_grants"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "app_id"], ["apps.workspace_id", "apps.id"], ondelete="CASCADE", name="fk_grants_app_id"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "member_id"],
            ["members.workspace_id", "members.id"],
            ondelete="CASCADE",
            name="fk_grants_member_id",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_grants_workspace"),
        sa.UniqueConstraint("workspace_id", "member_id", "app_id", name="uq_grants_app"),
    )
    op.create_index("ix_grants_app", "grants", ["workspace_id", "app_id"])
