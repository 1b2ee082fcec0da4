"""The audit trail, to which the database itself lets nothing be done but adding."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty, and the triggers that guard it."""
    _audit_entries()
    op.create_index("ix_audit_entries_object", "audit_entries", ["workspace_id", "object_kind", "object_id", "number"])
    op.create_index("ix_audit_entries_actor", "audit_entries", ["workspace_id", "actor_id", "number"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgres()


def downgrade() -> None:
    """Drop it with its triggers; what was done is forgotten."""
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_audit_change()")


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_audit_entries"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_audit_entries_workspace"
        ),
        sa.UniqueConstraint("workspace_id", "number", name="uq_audit_entries_number"),
    )


def _guard_on_sqlite() -> None:
    """A workspace that is deleted takes its trail along: by then its own row is gone."""
    stands = "EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id)"
    for name, event, condition in (("change", "UPDATE", "1"), ("removal", "DELETE", stands)):
        op.execute(
            f"CREATE TRIGGER refuse_audit_{name} BEFORE {event} ON audit_entries WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END"
        )


def _guard_on_postgres() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER refuse_audit_change BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
    )
