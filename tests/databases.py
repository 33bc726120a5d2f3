"""Real databases for tests: SQLite files, and databases of one PostgreSQL server per session.

The server is `BPMN_ENGINE_TEST_POSTGRES` (an address whose user may create databases) or, without
it, a cluster of its own from the machine's PostgreSQL binaries, on a socket in a temporary folder.

Migrating a database or copying a server's template costs more than most tests. So the tests of one
session share one database of each kind, and each test begins with it as the migrations leave it.
"""

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import METADATA
from tests.missing import missing

VARIABLE = "BPMN_ENGINE_TEST_POSTGRES"
SERVER_USER = "postgres"
TEMPLATE = "bpmn_engine_template"


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL installed, if there is one."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def postgres_server(*, is_durable: bool = False) -> Iterator[sa.URL]:
    """Give the address of a PostgreSQL server for the length of a test session.

    A cluster of its own is in memory and never synchronised to disk, unless it `is_durable`.
    """
    given = os.environ.get(VARIABLE)
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = binaries()
    if folder is None:
        missing(f"PostgreSQL is not installed and {VARIABLE} is not set")
    with _own_cluster(folder, is_durable=is_durable) as url:
        yield url


_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def _own_cluster(folder: Path, *, is_durable: bool) -> Iterator[sa.URL]:
    place = tempfile.gettempdir() if is_durable else quick_folder()
    home = Path(tempfile.mkdtemp(prefix="bpmn-pg-", dir=place))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(home, SERVER_USER, SERVER_USER)
        as_user = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--init-groups"]
    files = home / "files"
    options = ["-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(
        [*as_user, folder / "initdb", "-D", files, *options], check=True, capture_output=True
    )
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "max_connections": "50",
        "shared_buffers": "64MB",
        **({} if is_durable else _NOT_DURABLE),
    }
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = (home / "log").open("wb")
    server = subprocess.Popen(
        [*as_user, folder / "postgres", "-D", files, *arguments], stdout=log, stderr=log
    )
    url = sa.URL.create(
        "postgresql+psycopg",
        username=SERVER_USER,
        database="postgres",
        query={"host": str(home)},
    )
    try:
        _await_server(url, server, home / "log")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()
        shutil.rmtree(home, ignore_errors=True)


def _await_server(url: sa.URL, server: subprocess.Popen[bytes], log: Path) -> None:
    """Ask until the server answers; another process starts it, so there is nothing to wait on."""
    deadline = time.monotonic() + 60
    while True:
        try:
            _execute(url, "SELECT 1")
        except sa.exc.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)
        else:
            return


def _execute(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def quick_folder() -> Path:
    """Return a folder for databases: in memory if the machine has one.

    What is committed there survives a killed process, not a machine without power.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folders in it are made by tempfile
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def make_template(server: sa.URL) -> None:
    """Migrate one database, of which each test gets a copy."""
    _execute(server, f"DROP DATABASE IF EXISTS {TEMPLATE}")
    _execute(server, f"CREATE DATABASE {TEMPLATE}")
    database = Database(server.set(database=TEMPLATE).render_as_string(hide_password=False))
    database.migrate()
    database.dispose()


@contextmanager
def postgres_database(server: sa.URL, template: str = TEMPLATE) -> Iterator[str]:
    """Give the address of a new database, a copy of the template; drop it afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


class ReusedFile:
    """One SQLite file, put back to its migrated state before each test that uses it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "engine.db"
        self._template = folder / "template.db"
        template = Database(f"sqlite:///{self._template}")
        template.migrate()
        template.dispose()
        self.url = f"sqlite:///{self._file}"
        self.database = Database(self.url)

    def empty(self) -> None:
        """Make the file a copy of the migrated one; nothing may have it open."""
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        # A connection that a test has lost must not see the next test's file.
        self._file.unlink(missing_ok=True)
        shutil.copyfile(self._template, self._file)

    def dispose(self) -> None:
        """Close the database."""
        self.database.dispose()


class ReusedDatabase:
    """One PostgreSQL database, emptied before each test that uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self._statements = self._emptying()

    def empty(self) -> None:
        """End what a test has left open, delete all rows and count from 1 again."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(self._statements)

    def dispose(self) -> None:
        """Close the database."""
        self.database.dispose()
        self._engine.dispose()

    def _emptying(self) -> str:
        tables = reversed(METADATA.sorted_tables)
        with self._engine.connect() as connection:
            counters = connection.exec_driver_sql(
                "SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'"
            )
            return "; ".join(
                [
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    *(f"DELETE FROM {table.name}" for table in tables),  # noqa: S608 - our names
                    *(f"SELECT setval('{name}', 1, false)" for name in counters.scalars()),
                ]
            )
