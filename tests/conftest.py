"""Fixtures that every kind of test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bpmn_engine.store.database import Database
from tests import databases


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server with a migrated template database."""
    with databases.postgres_server() as server:
        databases.make_template(server)
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database; the test runs once on each kind."""
    if request.param == "postgresql":
        with databases.postgres_database(request.getfixturevalue("postgres_server")) as url:
            yield url
        return
    url = f"sqlite:///{tmp_path}/engine.db"
    database = Database(url)
    database.migrate()
    database.dispose()
    yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on each kind."""
    database = Database(database_url)
    yield database
    database.dispose()
