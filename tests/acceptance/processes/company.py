"""A company that runs the shipped processes: the web application, an embedded worker, a mail
server, a file share, and a simulator of the systems that are not connected.

The engine, the adapters and the web are the real ones, on loopback and SQLite; the clock is the
real one, too, so that deadlines are given as short durations.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from threading import Event, Thread

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import override
from werkzeug.serving import ThreadedWSGIServer, make_server

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.workers.catalogue import AdapterCatalogue, open_connections
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings
from processes import simulator
from web.accounts import DEMO_USERS, NewToken, create_token, hash_password
from web.app import BUNDLE, create_app
from web.settings import WebSettings

PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 15.0
"""How long something may take that happens by itself."""

PROCESSES = Path(__file__).parents[3] / "processes"
SIMULATED = sorted(simulator.SIMULATIONS)


class Mailbox:
    """Keeps the mails that the company sends."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(  # noqa: N802 -- named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take one mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=SMTP_POLICY))
        return "250 OK"


class Post(Controller):
    """aiosmtpd on a free port; `port` is known once it is started."""

    @override
    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own gap


@dataclass(kw_only=True)
class Company:
    """The running application and the people and systems around it."""

    url: str
    service: EngineService
    mailbox: Mailbox
    share: Path  #: the folder of the file share
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def client(self, user_id: str) -> httpx.Client:
        """Return a client of the API that sends a token of the user."""
        if user_id not in self.clients:
            made = create_token(self.service, user_id, name="test", expires_at=None)
            assert isinstance(made, NewToken)
            self.clients[user_id] = httpx.Client(
                base_url=f"{self.url}/api/v1",
                headers={"Authorization": f"Bearer {made.secret}"},
                timeout=40,
            )
        return self.clients[user_id]

    def deploy(self, process_id: str) -> None:
        """Deploy a shipped process with its forms, as an operator."""
        folder = PROCESSES / process_id
        paths = [folder / f"{process_id}.bpmn", *sorted((folder / "forms").glob("*.form"))]
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        answer = self.client("carol").post("/deployments", files=files)
        assert answer.status_code == 201, answer.text

    def work(self, wait_seconds: float = 0.0) -> int:
        """Do the jobs that simulated systems do, as an external worker; return how many."""
        client = self.client("admin")
        body = {"types": SIMULATED, "worker": "simulator", "wait_seconds": wait_seconds}
        answer = client.post("/jobs/activation", json=body)
        assert answer.status_code == 200, answer.text
        jobs = answer.json()["items"]
        for job in jobs:
            self._answer(client, job)
        return len(jobs)

    def until(self, is_so: Callable[[], object], words: Callable[[], str] = str) -> None:
        """Let the systems work until `is_so`; fail with `words` when it takes too long."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < give_up_at, words()
            self.work(wait_seconds=0.05)

    def mails_to(self, address: str) -> list[str]:
        """Return the subjects of the mails to an address, in the order they were sent."""
        mails = [mail for mail in self.mailbox.mails if address in str(mail["to"])]
        return [str(mail["subject"]) for mail in mails]

    def close(self) -> None:
        """Close the connections of the clients."""
        for client in self.clients.values():
            client.close()

    def _answer(self, client: httpx.Client, job: Mapping[str, object]) -> None:
        variables = job["variables"]
        assert isinstance(variables, dict)
        verb: str
        body: dict[str, object]
        match simulator.answer(str(job["job_type"]), variables):
            case simulator.Complete(variables=outputs):
                verb, body = "completion", {"variables": dict(outputs)}
            case simulator.BpmnError(code=code, message=message, variables=outputs):
                verb = "error"
                body = {"error_code": code, "message": message, "variables": dict(outputs)}
            case simulator.Failure(message=message, retries=retries):
                verb, body = "failure", {"message": message, "retries_left": retries}
        call = client.post(
            f"/jobs/{job['key']}/{verb}", json={"lock_token": job["lock_token"], **body}
        )
        # 409: the job was withdrawn meanwhile, as when a container of several finds no room.
        assert call.status_code in {204, 409}, call.text


@contextmanager
def running_company(folder: Path, *, bundle: Path = BUNDLE) -> Iterator[Company]:
    """Run the application with the demo's users and no process."""
    mailbox, share = Mailbox(), folder / "share"
    share.mkdir()
    with ExitStack() as ends:
        post = Post(mailbox, hostname="127.0.0.1", port=0)
        post.start()
        ends.callback(post.stop)
        database = Database(f"sqlite:///{folder / 'engine.db'}")
        ends.callback(database.dispose)
        database.migrate()
        service = EngineService(database, SystemClock(), EngineSettings())
        _create_users(service)
        worker = _worker(service, _connections(folder, post.port, share))
        worker.start()
        ends.callback(worker.stop)
        url = ends.enter_context(_served(service, bundle))
        company = Company(url=url, service=service, mailbox=mailbox, share=share)
        ends.callback(company.close)
        yield company


@contextmanager
def simulated_systems(company: Company) -> Iterator[None]:
    """Let the simulated systems work beside the test, in a thread."""
    is_over = Event()

    def work() -> None:
        while not is_over.is_set():
            company.work(wait_seconds=0.5)

    company.client("admin")  # made here, so that only the thread uses it later
    thread = Thread(target=work, name="simulator", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(10)


@contextmanager
def _served(service: EngineService, bundle: Path) -> Iterator[str]:
    """Serve the web application; yield its address."""
    settings = WebSettings(
        secret_key="a key that is only used by tests, never elsewhere",
        session_cookie_secure=False,
        requests_per_minute=0,
    )
    app = create_app(settings, service, bundle=bundle)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    assert isinstance(server, ThreadedWSGIServer)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _worker(service: EngineService, connections: Path) -> EmbeddedWorker:
    settings = WorkerSettings(connections=connections)
    runner = JobRunner(
        service,
        settings,
        adapters=AdapterCatalogue(),
        connections=open_connections(connections, {}),
    )
    return EmbeddedWorker(service, runner, settings)


def _connections(folder: Path, smtp_port: int, share: Path) -> Path:
    path = folder / "connections.toml"
    path.write_text(
        "[mail.demo-mail]\n"
        'host = "127.0.0.1"\n'
        f"port = {smtp_port}\n"
        'security = "none"\n'
        'sender = "processes@example.org"\n'
        "[file_share.demo-share]\n"
        'protocol = "local"\n'
        f'root = "{share}"\n',
        encoding="utf-8",
    )
    return path


def _create_users(service: EngineService) -> None:
    made = hash_password(PASSWORD)
    for user in DEMO_USERS:
        service.save_user(
            user.user_id,
            display_name=user.display_name,
            role=user.role.word,
            password_hash=made,
        )
        service.set_groups(user.user_id, user.groups)
