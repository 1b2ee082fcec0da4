"""What people ask of runs that another process advances waits here until that one reads it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, which is empty but for moments."""
    op.create_table(
        "run_commands",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_run_commands"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["runs.workspace_id", "runs.id"],
            ondelete="CASCADE",
            name="fk_run_commands_run_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_run_commands_workspace"
        ),
    )
    op.create_index("ix_run_commands_run", "run_commands", ["workspace_id", "run_id"])


def downgrade() -> None:
    """Drop it; what was asked and not heard yet is lost."""
    op.drop_table("run_commands")
