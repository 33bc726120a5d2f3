"""The environment in which Alembic runs the migrations: a connection given by the caller."""

from __future__ import annotations

from alembic import context

from bpmn_engine.store.partition_bounds import is_not_partition
from bpmn_engine.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    include_name=is_not_partition,
)
with context.begin_transaction():
    context.run_migrations()
