"""What people think of messages, the answers that they would have given, and how long an app's runs are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, empty."""
    _message_feedback()
    _annotations()
    _retention_rules()


def downgrade() -> None:
    """Drop them; what people thought of messages is lost."""
    for name in ("retention_rules", "annotations", "message_feedback"):
        op.drop_table(name)


def _message_feedback() -> None:
    op.create_table(
        "message_feedback",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_message_feedback"),
        *_belongs_to("message_feedback", "messages", "message_id"),
        sa.UniqueConstraint("workspace_id", "message_id", "source", "author", name="uq_message_feedback_author"),
    )


def _annotations() -> None:
    op.create_table(
        "annotations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_annotations"),
        *_belongs_to("annotations", "apps", "app_id"),
    )
    op.create_index("ix_annotations_app", "annotations", ["workspace_id", "app_id", "id"])


def _retention_rules() -> None:
    op.create_table(
        "retention_rules",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_retention_rules"),
        *_belongs_to("retention_rules", "apps", "app_id"),
    )
    op.create_index("ix_retention_rules_app", "retention_rules", ["workspace_id", "app_id"])


def _belongs_to(table: str, parent: str, column: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["workspace_id", column],
            [f"{parent}.workspace_id", f"{parent}.id"],
            ondelete="CASCADE",
            name=f"fk_{table}_{column}",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name=f"fk_{table}_workspace"),
    )
