"""`bpmn-engine demo`: everything at once, on this machine only."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli import demo_story
from bpmn_engine.cli.demo_folder import DemoFolder, write_private
from bpmn_engine.cli.demo_processes import (
    HOST,
    ChildProcess,
    await_ready,
    start_server,
    start_simulator,
)
from bpmn_engine.cli.deploying import collect_resources
from bpmn_engine.cli.engine_options import json_option, opened_service
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.mail_sink import MailSink
from bpmn_engine.cli.printing import print_error_line, print_json, print_line, spinner
from bpmn_engine.cli.server import ensure_port_is_free, next_free_port
from bpmn_engine.service.engine_service import EngineService
from web.accounts import (
    DEMO_USERS,
    AccountForm,
    change_account,
    create_account,
    create_demo_users,
    create_token,
)
from web.permissions import Role

_START_SECONDS: Final = 60.0
_STORY_SECONDS: Final = 60.0
_WATCH_SECONDS: Final = 0.5
_SIMULATOR: Final = "simulator"


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where everything is kept; delete it to begin anew.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8080,
    show_default=True,
    help="The port to listen on.",
)
@click.option(
    "--next-free-port", "takes_next", is_flag=True, help="Take the next one if the port is in use."
)
@click.option(
    "--once-ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Written with the address when all is ready; for programs that start this one.",
)
@json_option
def demo(
    data: Path,
    port: int,
    takes_next: bool,  # noqa: FBT001 — click passes options by name
    once_ready_file: Path | None,
    is_json: bool,  # noqa: FBT001
) -> None:
    """Run the application with demo processes, people and data, on http://127.0.0.1 only.

    Mails become files below DATA/mail, the file share is DATA/share; systems that are not there
    are simulated by a process of its own. Ctrl-C ends everything; the data stays.
    """
    folder = DemoFolder(data)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stopped.set())
    if takes_next:
        port = next_free_port(HOST, port)
    ensure_port_is_free(HOST, port)
    with ExitStack() as stack:
        stack.enter_context(folder.locked())
        service = stack.enter_context(opened_service(folder.database_url, migrates=True))
        service.database.migrate()
        passwords = folder.passwords()
        token = _prepare(service, passwords)
        stack.enter_context(_mail_sink(folder))
        server, simulator = stack.enter_context(_children(folder, port, token))
        with spinner("Starting the server"):
            await_ready(server, port, _START_SECONDS)
        address = f"http://{HOST}:{port}"
        _greet(folder, address, passwords, is_json=is_json)
        _tell_story(service, server, stopped)
        if once_ready_file is not None:
            write_private(once_ready_file, f"{address}\n")
        _watch((server, simulator), stopped)


def deploy_processes(service: EngineService) -> None:
    """Deploy every shipped process that has changed, each with its forms.

    Raises:
        CommandFailedError: One of them is refused.
    """
    with as_file(files("processes")) as root:
        for folder in sorted(one for one in root.iterdir() if (one / f"{one.name}.bpmn").exists()):
            or_fail(service.deploy(collect_resources((folder,)), name=folder.name, actor="demo"))


def _prepare(service: EngineService, passwords: Mapping[str, str]) -> str:
    """Make accounts, deploy, and return a new token for the simulator."""
    for user in create_demo_users(service, passwords):
        or_fail(user)
    for one in DEMO_USERS:  # a data folder whose passwords were lost gets new ones
        or_fail(
            change_account(
                service, AccountForm(user_id=one.user_id, password=passwords[one.user_id])
            )
        )
    if service.user(_SIMULATOR) is None:
        form = AccountForm(
            user_id=_SIMULATOR,
            display_name="Simulator of systems that are not connected",
            role=Role.OPERATOR,
        )
        or_fail(create_account(service, form))
    for token in service.api_tokens(_SIMULATOR):
        if token.revoked_at is None:
            or_fail(service.revoke_api_token(token.token_key))
    deploy_processes(service)
    made = create_token(service, _SIMULATOR, name="demo", expires_at=None)
    return or_fail(made).secret


@contextmanager
def _mail_sink(folder: DemoFolder) -> Iterator[None]:
    port = next_free_port(HOST, 8025)
    sink = MailSink(folder.mails, port)
    folder.write_connections(port)
    sink.start()
    try:
        yield
    finally:
        sink.stop()


@contextmanager
def _children(
    folder: DemoFolder, port: int, token: str
) -> Iterator[tuple[ChildProcess, ChildProcess]]:
    children: list[ChildProcess] = []
    try:
        children.append(start_server(folder, port))
        children.append(start_simulator(folder, port, token))
        yield children[0], children[1]
    finally:
        for child in reversed(children):
            child.ask_to_stop()
        for child in children:
            child.await_end()


def _greet(
    folder: DemoFolder, address: str, passwords: Mapping[str, str], *, is_json: bool
) -> None:
    if is_json:
        print_json(
            {
                "address": address,
                "data": str(folder.path),
                "users": [
                    {"user": user.user_id, "password": passwords[user.user_id]}
                    for user in DEMO_USERS
                ],
            }
        )
        return
    print_line(f"\nOpen {address} and log in as one of:\n")
    for user in DEMO_USERS:
        groups = ", ".join(user.groups) or "-"
        print_line(
            f"  {user.user_id:<6} {passwords[user.user_id]:<28} {user.role.word:<14} {groups}"
        )
    print_line(f"\nMails: {folder.mails}  Files: {folder.share}  Logs: {folder.path}")
    print_line("Systems that are not connected are simulated. Ctrl-C ends everything.\n")


def _tell_story(service: EngineService, server: ChildProcess, stopped: threading.Event) -> None:
    if demo_story.is_told(service):
        return

    def goes_on() -> bool:
        return server.is_running and not stopped.is_set()

    with spinner("Starting some instances"):
        is_complete = demo_story.tell(service, give_up_seconds=_STORY_SECONDS, goes_on=goes_on)
    if not is_complete and goes_on():
        print_error_line("Some of the demo's instances are still on their way.")


def _watch(children: tuple[ChildProcess, ...], stopped: threading.Event) -> None:
    while not stopped.wait(_WATCH_SECONDS):
        ended = next((child for child in children if not child.is_running), None)
        if ended is not None:
            raise CommandFailedError(
                f"Expected the demo to run, but a process ended. The end of {ended.log}:\n"
                f"{ended.last_words()}",
                ExitCode.UNAVAILABLE,
            )
