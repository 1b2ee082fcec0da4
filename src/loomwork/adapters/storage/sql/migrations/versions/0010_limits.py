"""Limits that workspaces set, and with which key a run was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty; of runs that there are, nobody knows the key any more."""
    op.add_column("runs", sa.Column("key_id", sa.Text(), nullable=True))
    op.create_table(
        "limits",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_limits"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_limits_workspace"),
    )


def downgrade() -> None:
    """Forget the limits: everyone may ask for as much as they like."""
    op.drop_table("limits")
    op.drop_column("runs", "key_id")
