"""What a run was told lies beside its events, in the same row; leases say who may advance it; a run knows where it
came from and when to look at it again.

The records of the first release are dropped: no release has ever read them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, which rewrites no row on either database."""
    op.drop_table("run_records")
    op.add_column("run_events", sa.Column("records", sa.Text(), nullable=True))
    op.add_column("run_events", sa.Column("epoch", sa.Integer(), nullable=True))
    for name in ("origin_id", "origin_node_id", "parent_id"):
        op.add_column("runs", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("wakes_at", sa.DateTime(timezone=True), nullable=True))
    there = sa.text("wakes_at IS NOT NULL")
    op.create_index("ix_runs_wakes_at", "runs", ["wakes_at"], sqlite_where=there, postgresql_where=there)
    _run_leases()


def _run_leases() -> None:
    op.create_table(
        "run_leases",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "run_id", name="pk_run_leases"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["runs.workspace_id", "runs.id"],
            ondelete="CASCADE",
            name="fk_run_leases_run_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_run_leases_workspace"
        ),
    )


def downgrade() -> None:
    """There is no way back: what the journal holds now, the first release cannot read."""
    raise NotImplementedError("a database of this release cannot be taken back to the first one")
