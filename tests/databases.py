"""Real databases for tests: SQLite files, and databases of one PostgreSQL server per session.

The server is `BPMN_ENGINE_TEST_POSTGRES` (an address whose user may create databases) or, without
it, a cluster of its own from the machine's PostgreSQL binaries, on a socket in a temporary folder.
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
def postgres_server() -> Iterator[sa.URL]:
    """Give the address of a PostgreSQL server for the length of a test session."""
    given = os.environ.get(VARIABLE)
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = binaries()
    if folder is None:
        word = f"PostgreSQL is not installed and {VARIABLE} is not set"
        if os.environ.get("CI") == "true":
            pytest.fail(word)
        pytest.skip(word)
    with _own_cluster(folder) as url:
        yield url


@contextmanager
def _own_cluster(folder: Path) -> Iterator[sa.URL]:
    home = Path(tempfile.mkdtemp(prefix="bpmn-pg-", dir="/tmp"))
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
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "50",
        "shared_buffers": "64MB",
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
