"""Files that were handed in for the forms of apps."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_UNUSED = sa.text("used_at IS NULL")


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "files",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_files"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_files_workspace"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "app_id"], ["apps.workspace_id", "apps.id"], ondelete="CASCADE", name="fk_files_app_id"
        ),
    )
    op.create_index("ix_files_app", "files", ["workspace_id", "app_id", "used_at"])
    op.create_index("ix_files_unused", "files", ["created_at"], sqlite_where=_UNUSED, postgresql_where=_UNUSED)


def downgrade() -> None:
    """Drop it: runs that were given a file cannot be repeated with it."""
    op.drop_table("files")
