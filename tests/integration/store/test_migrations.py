"""The migrations end in exactly the tables that the code knows."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bpmn_engine.cli.engine_options import ensure_schema, opened_database
from bpmn_engine.cli.exit_codes import CommandFailedError
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import migration
from bpmn_engine.store.database import Database
from bpmn_engine.store.partition_bounds import is_not_partition
from bpmn_engine.store.tables import METADATA


def test_migrated_schema_is_the_one_of_the_tables(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_not_partition})
        differences = compare_metadata(context, METADATA)

    assert differences == []


def test_partial_indexes_are_those_of_the_tables(own_database_url):
    engine = sa.create_engine(own_database_url, poolclass=sa.NullPool)
    migrated = _index_definitions(engine)

    with engine.begin() as connection:
        METADATA.drop_all(connection)
        METADATA.create_all(connection)

    assert migrated == _index_definitions(engine)


def _index_definitions(engine):
    statement = (
        "SELECT indexname, indexdef FROM pg_indexes JOIN pg_class ON relname = indexname"
        " WHERE schemaname = 'public' AND NOT relispartition"
        if engine.dialect.name == "postgresql"
        else "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql(statement).all()
    return {name: text for name, text in found if not name.startswith("alembic")}


def test_every_migration_can_be_taken_back(own_database_url):
    engine = sa.create_engine(own_database_url, poolclass=sa.NullPool)

    with engine.begin() as connection:
        migration.downgrade(connection, "base")

    left = set(sa.inspect(engine).get_table_names()) - {"sqlite_sequence"}
    assert left == {"alembic_version"}


def test_migrating_twice_changes_nothing(database):
    assert database.is_migrated()

    database.migrate()

    assert database.is_migrated()


def test_a_database_of_a_later_release_is_left_as_it_is_and_can_be_worked_with(own_database_url):
    engine = sa.create_engine(own_database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database = Database(own_database_url)

    database.migrate()

    with opened_database(EngineSettings(database_url=own_database_url)) as opened:
        ensure_schema(opened, migrates=False)
    with engine.connect() as connection:
        versions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    assert versions == [("9999",)]
    assert (database.is_recent(), database.is_migrated()) == (True, False)
    database.dispose()


def test_a_database_of_an_earlier_release_is_refused_until_it_is_migrated(own_database_url):
    engine = sa.create_engine(own_database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        migration.downgrade(connection, "-1")

    with opened_database(EngineSettings(database_url=own_database_url)) as opened:
        with pytest.raises(CommandFailedError, match="older ones or none"):
            ensure_schema(opened, migrates=False)
        opened.migrate()
        ensure_schema(opened, migrates=False)


def test_an_empty_database_is_not_migrated():
    database = Database("sqlite://")

    is_migrated = database.is_migrated()

    assert not is_migrated
    database.dispose()


def test_every_migration_says_when_it_may_run():
    scripts = ScriptDirectory.from_config(migration.configuration())

    names = [Path(revision.path).name for revision in scripts.walk_revisions()]

    assert names
    assert all(name.split("_")[1] in {"pre", "post"} for name in names)


def test_every_column_says_who_writes_it_or_what_it_holds():
    wordless = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.comment is None and not column.foreign_keys
    }

    assert wordless == set()
