"""A draft counts its changes, versions carry notes and stand in environments, apps have tags, and runs say where the
version that they run was asked for.
"""

import sqlalchemy as sa
from alembic import op

from loomwork.kernel.ids import new_id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns with a default, and put what visitors get into every environment."""
    op.add_column("apps", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("apps", sa.Column("tags", sa.Text(), nullable=False, server_default=""))
    op.add_column("app_versions", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("environment", sa.Text(), nullable=True))
    op.create_table(
        "app_promotions",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("promoted_at", _MOMENT, nullable=False),
        sa.Column("promoted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_app_promotions"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "app_id"],
            ["apps.workspace_id", "apps.id"],
            ondelete="CASCADE",
            name="fk_app_promotions_app_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], ondelete="CASCADE", name="fk_app_promotions_workspace"
        ),
    )
    op.create_index("ix_app_promotions_app", "app_promotions", ["workspace_id", "app_id", "environment", "id"])
    _promote_the_published()


def downgrade() -> None:
    """Visitors still get what they got; everything else of this is lost."""
    op.drop_table("app_promotions")
    op.drop_column("runs", "environment")
    op.drop_column("app_versions", "notes")
    op.drop_column("apps", "tags")
    op.drop_column("apps", "revision")


def _promote_the_published() -> None:
    apps = sa.table("apps", *map(sa.column, ("workspace_id", "id", "published_version")))
    versions = sa.table(
        "app_versions",
        *map(sa.column, ("workspace_id", "app_id", "number", "published_by")),
        sa.column("published_at", _MOMENT),
    )
    promotions = sa.table(
        "app_promotions",
        *map(sa.column, ("workspace_id", "id", "app_id", "environment", "number", "promoted_by")),
        sa.column("promoted_at", _MOMENT),
    )
    is_published = sa.and_(
        versions.c.workspace_id == apps.c.workspace_id,
        versions.c.app_id == apps.c.id,
        versions.c.number == apps.c.published_version,
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(versions).select_from(apps.join(versions, is_published))).all():
        rows = [
            {
                "workspace_id": row.workspace_id,
                "id": new_id(),
                "app_id": row.app_id,
                "environment": environment,
                "number": row.number,
                "promoted_at": row.published_at,
                "promoted_by": row.published_by,
            }
            for environment in ("dev", "staging", "prod")
        ]
        connection.execute(sa.insert(promotions), rows)
