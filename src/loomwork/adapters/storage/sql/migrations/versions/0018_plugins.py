"""Which plugins workspaces have switched on."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: everything is off."""
    op.create_table(
        "enabled_plugins",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_enabled_plugins"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_enabled_plugins_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "plugin", name="uq_enabled_plugins_plugin"),
    )


def downgrade() -> None:
    """Forget what is on: everything is off again."""
    op.drop_table("enabled_plugins")
