"""Credentials under their workspace's key, routes, the ledger of model calls, and budgets with what is held."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, parents first."""
    _workspace_keys()
    _model_credentials()
    _model_routes()
    _model_entries()
    _budgets()
    _budget_counters()
    _budget_reservations()


def downgrade() -> None:
    """Drop the tables, children first."""
    for name in (
        "budget_reservations",
        "budget_counters",
        "budgets",
        "model_entries",
        "model_routes",
        "model_credentials",
        "workspace_keys",
    ):
        op.drop_table(name)


def _workspace_keys() -> None:
    op.create_table(
        "workspace_keys",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_workspace_keys"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_workspace_keys_workspace"
        ),
    )


def _model_credentials() -> None:
    op.create_table(
        "model_credentials",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_model_credentials"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key_id"],
            ["workspace_keys.workspace_id", "workspace_keys.id"],
            ondelete="CASCADE",
            name="fk_model_credentials_key_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_model_credentials_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "provider", "name", name="uq_model_credentials_name"),
    )
    op.create_index("ix_model_credentials_key", "model_credentials", ["workspace_id", "key_id"])


def _model_routes() -> None:
    op.create_table(
        "model_routes",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("route", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_model_routes"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_model_routes_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "name", name="uq_model_routes_name"),
    )


def _model_entries() -> None:
    op.create_table(
        "model_entries",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=True),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=True),
        sa.Column("characters", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Float(53), nullable=True),
        sa.Column("images", sa.BigInteger(), nullable=True),
        sa.Column("searches", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("node_id", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("end_user", sa.Text(), nullable=True),
        sa.Column("elapsed", sa.Float(53), nullable=False),
        sa.Column("first_piece", sa.Float(53), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_model_entries"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_model_entries_workspace"
        ),
    )
    op.create_index("ix_model_entries_at", "model_entries", ["workspace_id", "at", "id"])
    op.create_index("ix_model_entries_run", "model_entries", ["workspace_id", "run_id"])


def _budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_budgets"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_budgets_workspace"),
    )
    op.create_index("ix_budgets_subject", "budgets", ["workspace_id", "subject", "subject_id"])


def _budget_counters() -> None:
    op.create_table(
        "budget_counters",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_budget_counters"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["budgets.workspace_id", "budgets.id"],
            ondelete="CASCADE",
            name="fk_budget_counters_budget_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_budget_counters_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "budget_id", "begins", name="uq_budget_counters_period"),
    )


def _budget_reservations() -> None:
    op.create_table(
        "budget_reservations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("counter_id", sa.Text(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_budget_reservations"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "counter_id"],
            ["budget_counters.workspace_id", "budget_counters.id"],
            ondelete="CASCADE",
            name="fk_budget_reservations_counter_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_budget_reservations_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "call_id", "counter_id", name="uq_budget_reservations_call"),
    )
    op.create_index("ix_budget_reservations_counter", "budget_reservations", ["workspace_id", "counter_id"])
