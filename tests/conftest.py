"""Fixtures that every kind of test may use."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bpmn_engine.store.database import Database
from tests import databases
from tests.databases import ReusedDatabase, ReusedFile

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server with a migrated template database."""
    with databases.postgres_server() as server:
        databases.make_template(server)
        yield server


@pytest.fixture(scope="session")
def reused_postgresql(postgres_server: sa.URL) -> Iterator[ReusedDatabase]:
    """The PostgreSQL database that the tests share one after the other."""
    with databases.postgres_database(postgres_server) as url:
        reused = ReusedDatabase(url)
        yield reused
        reused.dispose()


@pytest.fixture(scope="session")
def reused_sqlite() -> Iterator[ReusedFile]:
    """The SQLite file that the tests share one after the other."""
    folder = databases.quick_folder()
    with tempfile.TemporaryDirectory(prefix="bpmn-sqlite-", dir=folder) as name:
        reused = ReusedFile(Path(name))
        yield reused
        reused.dispose()


@pytest.fixture(params=KINDS)
def reused(request: pytest.FixtureRequest) -> Iterator[ReusedFile | ReusedDatabase]:
    """A migrated, empty database that other tests have used; the test runs once on each kind."""
    shared: ReusedFile | ReusedDatabase = request.getfixturevalue(f"reused_{request.param}")
    shared.empty()
    yield shared
    # The pool is new for the next test; compiled statements stay.
    shared.database.dispose()


@pytest.fixture
def database_url(reused: ReusedFile | ReusedDatabase) -> str:
    """The address of a migrated, empty database, whose tables a test must leave as they are."""
    return reused.url


@pytest.fixture
def database(reused: ReusedFile | ReusedDatabase) -> Database:
    """A migrated, empty database, whose tables a test must leave as they are."""
    return reused.database


@pytest.fixture(params=KINDS)
def own_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database for a test that changes its tables."""
    if request.param == "postgresql":
        with databases.postgres_database(request.getfixturevalue("postgres_server")) as url:
            yield url
        return
    url = f"sqlite:///{tmp_path}/engine.db"
    database = Database(url)
    database.migrate()
    database.dispose()
    yield url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the scores of the public suites, and each case that does not pass, by name."""
    lines = [
        line
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, found in report.user_properties
        if name == "scores"
        for line in found
    ]
    if lines:
        terminalreporter.section("conformance")
    for line in lines:
        terminalreporter.write_line(line)
