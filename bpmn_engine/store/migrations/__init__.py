"""The migrations of the schema, run by Alembic through `bpmn_engine.store.migration`."""
