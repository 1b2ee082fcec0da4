"""Knowledge bases: their documents, chunks and vectors, the indexes that are made of them, and who may use them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, empty."""
    _bases()
    _indexes()
    _documents()
    _chunks()
    _vectors()
    _grants()


def downgrade() -> None:
    """Drop them: all knowledge is gone."""
    for name in ("grants", "vectors", "chunks", "documents", "indexes", "bases"):
        op.drop_table(f"knowledge_{name}")


def _make(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("workspace_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name=f"fk_{name}_workspace"),
    )


def _belongs_to(parent: str, column: str, *, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{parent}.workspace_id", f"{parent}.id"],
        ondelete="CASCADE",
        name=f"fk_{of}_{column}",
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _bases() -> None:
    _make(
        "knowledge_bases",
        _text("name"),
        _text("settings"),
        _text("index_id", nullable=True),
        _text("state"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT),
        sa.UniqueConstraint("workspace_id", "name", name="uq_knowledge_bases_name"),
    )


def _indexes() -> None:
    _make(
        "knowledge_indexes",
        _text("knowledge_id"),
        _text("store"),
        _text("model"),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        _text("state"),
        _text("copied"),
        _text("problem"),
        _text("owner", nullable=True),
        sa.Column("until", _MOMENT),
        _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_indexes"),
    )
    op.create_index("ix_knowledge_indexes_base", "knowledge_indexes", ["workspace_id", "knowledge_id"])


def _documents() -> None:
    _make(
        "knowledge_documents",
        *(_text(name) for name in ("knowledge_id", "name", "media_type")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *(_text(name) for name in ("source", "content_digest", "state", "problem")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("readers", sa.JSON()),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("added_by"),
        *(sa.Column(name, _MOMENT, nullable=False) for name in ("created_at", "updated_at", "due_at")),
        _text("owner", nullable=True),
        sa.Column("until", _MOMENT),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_documents"),
    )
    op.create_index("ix_knowledge_documents_base", "knowledge_documents", ["workspace_id", "knowledge_id", "id"])
    op.create_index("ix_knowledge_documents_due", "knowledge_documents", ["state", "due_at"])


def _chunks() -> None:
    _make(
        "knowledge_chunks",
        _text("knowledge_id"),
        _text("document_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("kind"),
        _text("parent_id", nullable=True),
        *(_text(name) for name in ("text", "found_by", "digest", "answer")),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("page", sa.Integer()),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("enabled", "edited", "embedded")),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        _belongs_to("knowledge_documents", "document_id", of="knowledge_chunks"),
    )
    op.create_index("ix_knowledge_chunks_document", "knowledge_chunks", ["workspace_id", "document_id", "number"])
    op.create_index("ix_knowledge_chunks_base", "knowledge_chunks", ["workspace_id", "knowledge_id", "id"])
    op.create_index("ix_knowledge_chunks_digest", "knowledge_chunks", ["workspace_id", "knowledge_id", "digest"])


def _vectors() -> None:
    _make(
        "knowledge_vectors",
        _text("knowledge_id"),
        _text("digest"),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_vectors"),
    )
    op.create_index("ix_knowledge_vectors_base", "knowledge_vectors", ["workspace_id", "knowledge_id"])


def _grants() -> None:
    _make(
        "knowledge_grants",
        *(_text(name) for name in ("member_id", "knowledge_id", "role")),
        sa.Column("created_at", _MOMENT, nullable=False),
        _belongs_to("members", "member_id", of="knowledge_grants"),
        _belongs_to("knowledge_bases", "knowledge_id", of="knowledge_grants"),
        sa.UniqueConstraint("workspace_id", "member_id", "knowledge_id", name="uq_knowledge_grants_base"),
    )
    op.create_index("ix_knowledge_grants_base", "knowledge_grants", ["workspace_id", "knowledge_id"])
