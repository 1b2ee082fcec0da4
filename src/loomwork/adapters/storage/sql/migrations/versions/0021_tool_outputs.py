"""What tools said in full, with the runs that it was said to."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: what lies in the folder `outputs` of the data folder is read no more."""
    op.create_table(
        "tool_outputs",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_tool_outputs"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_tool_outputs_workspace"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["runs.workspace_id", "runs.id"],
            ondelete="CASCADE",
            name="fk_tool_outputs_run_id",
        ),
    )
    op.create_index("ix_tool_outputs_run", "tool_outputs", ["workspace_id", "run_id"])


def downgrade() -> None:
    """Drop it: of what was too much to hand on, only the beginning is left."""
    op.drop_table("tool_outputs")
