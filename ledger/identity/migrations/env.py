"""Runs the vault's migrations on the connection that ledger.store.database hands over."""

from alembic import context

from ledger.identity.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
