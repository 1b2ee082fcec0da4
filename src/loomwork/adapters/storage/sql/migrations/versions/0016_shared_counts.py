"""Requests and failed attempts to sign in, counted for all processes of an installation together."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table(
        "request_counts",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("due", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_request_counts"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_request_counts_workspace"
        ),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_wait_until", "sign_in_failures", ["wait_until"])


def downgrade() -> None:
    """Drop them: each process counts for itself again."""
    op.drop_table("sign_in_failures")
    op.drop_table("request_counts")
