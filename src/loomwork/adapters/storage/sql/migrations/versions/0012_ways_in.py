"""Invitations into workspaces, and further ways in for people: second factors, and names at single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, empty."""
    _second_factors()
    _person_identities()
    _invitations()


def downgrade() -> None:
    """Drop them: who was invited is not, and codes are asked of nobody."""
    for name in ("invitations", "person_identities", "second_factors"):
        op.drop_table(name)


def _person_id(of: str) -> sa.Column[str]:
    person = sa.ForeignKey("people.id", ondelete="CASCADE", name=f"fk_{of}_person")
    return sa.Column("person_id", sa.Text(), person, nullable=False)


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Text(), nullable=False),
        _person_id("second_factors"),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("recovery", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_second_factors"),
        sa.UniqueConstraint("person_id", name="uq_second_factors_person"),
    )


def _person_identities() -> None:
    op.create_table(
        "person_identities",
        sa.Column("id", sa.Text(), nullable=False),
        _person_id("person_identities"),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person_identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_person_identities_subject"),
    )
    op.create_index("ix_person_identities_person", "person_identities", ["person_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_invitations"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_invitations_workspace"
        ),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
    )
    op.create_index("ix_invitations_email", "invitations", ["email"])
