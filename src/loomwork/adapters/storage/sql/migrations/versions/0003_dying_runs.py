"""A lease knows how many processes have died over its run since the run last came further."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns with a default, which rewrites no row on either database."""
    for name in ("deaths", "progress"):
        op.add_column("run_leases", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget the count; a run that keeps dying is then taken up for ever again."""
    for name in ("progress", "deaths"):
        op.drop_column("run_leases", name)
