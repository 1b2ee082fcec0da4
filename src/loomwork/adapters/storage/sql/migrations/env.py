"""Run by alembic. The connection comes from `loomwork.adapters.storage.sql.migrating`, with a transaction begun."""

from alembic import context

from loomwork.adapters.storage.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
