"""A running web application on loopback, and people who use it."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import httpx
from flask import Flask
from werkzeug.serving import make_server

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.telemetry.instruments import NO_INSTRUMENTS, Instruments
from tests.acceptance.diagrams import APPROVAL
from web.accounts import DEMO_USERS, NewToken, create_token, hash_password
from web.app import create_app
from web.settings import WebSettings

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass(kw_only=True)
class Site:
    """One web application that runs, with its engine."""

    url: str
    app: Flask
    service: EngineService
    clock: VirtualClock
    database_file: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def anonymous(self) -> httpx.Client:
        """Return a client that nobody is logged in with."""
        client = httpx.Client(base_url=self.url, timeout=40)
        self.clients.append(client)
        return client

    def worker(self, user_id: str) -> httpx.Client:
        """Return a client that sends an API token of the user."""
        made = create_token(self.service, user_id, name="test", expires_at=None)
        assert isinstance(made, NewToken)
        client = self.anonymous()
        client.headers["Authorization"] = f"Bearer {made.secret}"
        return client

    def browser(self, user_id: str) -> httpx.Client:
        """Return a client that is logged in with a session and sends its CSRF token."""
        client = self.anonymous()
        answer = log_in(client, user_id, PASSWORD)
        assert answer.status_code == 303, answer.text
        client.headers["X-CSRF-Token"] = csrf_token_of(client)
        return client

    def content(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table."""
        connection = sqlite3.connect(self.database_file)
        try:
            names = [
                name
                for (name,) in connection.execute(
                    "select name from sqlite_master where type = 'table' order by name"
                )
            ]
            return {
                name: sorted(connection.execute(f'select * from "{name}"').fetchall(), key=repr)  # noqa: S608 -- our own names
                for name in names
            }
        finally:
            connection.close()


def csrf_token_of(client: httpx.Client) -> str:
    """Return the CSRF token of the client's session, read from a page."""
    page = client.get("/login", follow_redirects=True)
    found = TOKEN.search(page.text)
    assert found is not None, page.text
    return found.group(1)


def log_in(client: httpx.Client, user_id: str, password: str, **more: str) -> httpx.Response:
    """Send the log-in form."""
    token = csrf_token_of(client)
    form = {"username": user_id, "password": password, "csrf_token": token, **more}
    return client.post("/login", data=form)


@contextmanager
def running_site(
    folder: Path,
    *,
    database: Database | None = None,
    engine: EngineSettings | None = None,
    instruments: Instruments = NO_INSTRUMENTS,
    **settings: object,
) -> Iterator[Site]:
    """Run a web application with the demo's users and no process.

    On an empty `database`, if one is given, which stays open; else on a file of its own.
    """
    clock = VirtualClock()
    file = folder / "engine.db"
    own = None
    if database is None:
        file.write_bytes(_migrated_file())
        own = database = Database(f"sqlite:///{file}")
    service = EngineService(
        database, clock, engine or EngineSettings(), observer=instruments.observer
    )
    if own is None:
        _create_users(service)
    chosen: dict[str, object] = {
        "secret_key": "a key that is only used by tests, never elsewhere",
        "session_cookie_secure": False,
        "requests_per_minute": 0,
        **settings,
    }
    app = create_app(
        WebSettings(**chosen), service, bundle=_bundle(folder), instruments=instruments
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    site = Site(
        url=f"http://127.0.0.1:{server.server_port}",
        app=app,
        service=service,
        clock=clock,
        database_file=file,
    )
    try:
        yield site
    finally:
        for client in site.clients:
            client.close()
        server.shutdown()
        thread.join(10)
        server.server_close()
        if own is not None:
            own.dispose()


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One instance of the approval process, at its user task."""

    definition_key: str
    instance_key: str
    task_key: str


def deploy_approval(site: Site) -> str:
    """Deploy the approval process; return its definition's key."""
    result = site.service.deploy(
        [Resource(name="approval.bpmn", content=APPROVAL.encode())], actor="carol"
    )
    return str(result.definitions[0].definition_key)


def start_approval(worker: httpx.Client, **variables: object) -> Approval:
    """Start an instance through the API."""
    body = {"process_id": "approval", "variables": variables, "business_key": "order-1"}
    started = worker.post("/api/v1/process-instances", json=body)
    assert started.status_code == 201, started.text
    key = started.json()["key"]
    tasks = worker.get("/api/v1/user-tasks", params={"instance_key": key}).json()["items"]
    return Approval(
        definition_key=started.json()["definition_key"],
        instance_key=key,
        task_key=tasks[0]["key"],
    )


def reach_shipping(staff: httpx.Client, approval: Approval) -> None:
    """Claim and complete the user task of an instance."""
    task = f"/api/v1/user-tasks/{approval.task_key}"
    assert staff.post(f"{task}/claim").status_code == 200
    values = {"reason": "paid", "amount": 5, "approved": True, "size": "s"}
    done = staff.post(f"{task}/completion", json={"variables": values})
    assert done.status_code == 200, done.text


def activate(worker: httpx.Client) -> dict[str, object]:
    """Lock the only job for shipping."""
    answer = worker.post("/api/v1/jobs/activation", json={"types": ["ship"], "worker": "w-1"})
    (job,) = answer.json()["items"]
    return job


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


@cache
def _migrated_file() -> bytes:
    """Return an empty database with its users, made once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "engine.db"
        database = Database(f"sqlite:///{file}")
        database.migrate()
        _create_users(EngineService(database, VirtualClock(), EngineSettings()))
        database.dispose()
        return file.read_bytes()


def _create_users(service: EngineService) -> None:
    for user in DEMO_USERS:
        service.save_user(
            user.user_id,
            display_name=user.display_name,
            role=user.role.word,
            password_hash=_hash(),
        )
        service.set_groups(user.user_id, user.groups)


def _bundle(folder: Path) -> Path:
    """Write the manifest of a browser bundle, so that pages can be drawn without building one."""
    records = {
        f"src/{name}.js": {"file": f"assets/{name}.js", "name": name, "isEntry": True}
        for name in ("theme", "shell", "viewer", "form", "dashboard", "playground")
    }
    (folder / "manifest.json").write_text(json.dumps(records))
    return folder
