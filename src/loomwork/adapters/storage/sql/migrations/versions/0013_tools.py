"""What workspaces have switched off of their tools."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: everything is on."""
    op.create_table(
        "tool_switches",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_tool_switches"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_tool_switches_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "name", name="uq_tool_switches_name"),
    )


def downgrade() -> None:
    """Forget what is off: everything is on again."""
    op.drop_table("tool_switches")
