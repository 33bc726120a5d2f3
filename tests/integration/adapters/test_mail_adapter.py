"""The mail adapter against aiosmtpd on the loopback address."""

from __future__ import annotations

import asyncio
import base64
import email.policy
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError
from typing_extensions import override

from adapters.mail.adapter import MailAdapter
from adapters.mail.errors import ERRORS
from adapters.mail.profile import MailProfile
from adapters.mail.schema import MailInput
from bpmn_engine.ports import Accepted, Done, Failed, FailureKind, JobContext

ADAPTER = MailAdapter()
ALICE, BOB = "alice@example.com", "bob@example.com"


def context(key: str = "order-5-mail-1") -> JobContext:
    return JobContext(
        job_key=7,
        process_instance_key=5,
        process_id="order",
        element_id="mail",
        business_key=None,
        idempotency_key=key,
        attempt=1,
        deadline=None,
    )


class Mailbox:
    """What the server does with recipients and messages, and what it took."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.recipient_reply: Callable[[str], str | None] = lambda recipient: None
        self.sender_reply = "250 OK"
        self.data_reply = "250 OK: queued as 42"

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender_reply

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self.recipient_reply(address)
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.data_reply.startswith("250"):
            self.envelopes.append(envelope)
        return self.data_reply

    def message(self) -> EmailMessage:
        [envelope] = self.envelopes
        content = envelope.content
        assert isinstance(content, bytes)
        return BytesParser(EmailMessage, policy=email.policy.SMTP).parsebytes(content)


class Post(Controller):
    """aiosmtpd on a free port; `hostname` and `port` are known once it is started."""

    @override
    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own gap


def served(mailbox: Mailbox, **options: Any) -> Post:
    return Post(mailbox, hostname="127.0.0.1", port=0, **options)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(mailbox: Mailbox) -> Iterator[Post]:
    controller = served(mailbox)
    controller.start()
    yield controller
    controller.stop()


def profile(post: Post, **changes: object) -> MailProfile:
    values = {
        "host": "127.0.0.1",
        "port": post.port,
        "security": "none",
        "sender": "processes@example.com",
        "timeout_seconds": 5,
        **changes,
    }
    return MailProfile.model_validate(values)


def mail(**changes: object) -> MailInput:
    return MailInput.model_validate(
        {"to": ALICE, "subject": "Your order", "text": "It left.\n.\n..", **changes}
    )


def failure(outcome: Done | Accepted | Failed) -> tuple[str, FailureKind]:
    assert isinstance(outcome, Failed)
    assert outcome.kind is ERRORS[outcome.code].kind
    return outcome.code, outcome.kind


def test_a_message_arrives_as_it_was_written(mailbox: Mailbox, post: Post) -> None:
    wanted = mail(
        to=f"{ALICE}, {BOB}",
        cc=["carol@example.com"],
        bcc="dave@example.com",
        replyTo=BOB,
        subject="Grüße",
        html="<p>It left.</p>",
        attachments=[
            {"name": "list.txt", "contentType": "text/plain", "text": "ink\n"},
            {"name": "Übersicht.bin", "base64": base64.b64encode(b"\x00\xff").decode()},
        ],
        otherVariable="is not looked at",
    )

    outcome = ADAPTER.submit(context(), profile(post, sender_name="Shop, Inc."), wanted)

    everyone = [ALICE, BOB, "carol@example.com", "dave@example.com"]
    message = mailbox.message()
    assert isinstance(outcome, Done)
    assert outcome.output["recipients"] == everyone == mailbox.envelopes[0].rcpt_tos
    assert outcome.output["messageId"] == message["Message-ID"]
    assert outcome.output["reply"] == "250 OK: queued as 42"
    assert message["Subject"] == "Grüße"
    assert message["From"] == '"Shop, Inc." <processes@example.com>'
    assert (message["To"], message["Cc"]) == (f"{ALICE}, {BOB}", "carol@example.com")
    assert message["Reply-To"] == BOB
    assert b"dave" not in bytes(message)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == "It left.\n.\n..\n"
    assert "<p>It left.</p>" in html.get_content()
    names = [part.get_filename() for part in message.iter_attachments()]
    contents = [part.get_payload(decode=True) for part in message.iter_attachments()]
    assert names == ["list.txt", "Übersicht.bin"]
    assert contents == [b"ink\n", b"\x00\xff"]


def test_every_try_of_a_job_has_the_same_message_id(mailbox: Mailbox, post: Post) -> None:
    for key in ("one", "one", "two"):
        ADAPTER.submit(context(key), profile(post), mail())

    found = [
        BytesParser(EmailMessage).parsebytes(envelope.content or b"")["Message-ID"]  # type: ignore[arg-type]  # bytes, for decode_data is off
        for envelope in mailbox.envelopes
    ]
    assert found[0] == found[1] != found[2]


def test_html_alone_is_no_empty_text(mailbox: Mailbox, post: Post) -> None:
    ADAPTER.submit(context(), profile(post), mail(text="", html="<p>Hello</p>"))

    assert mailbox.message().get_content_type() == "text/html"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hello\r\nBcc: eve@example.com"},
        {"to": "alice@example.com\nBcc: eve@example.com"},
        {"cc": ["<alice@example.com>"]},
        {"to": []},
        {"attachments": [{"name": "a\r\nX: 1", "text": ""}]},
        {"attachments": [{"name": "a", "contentType": "text/plain\r\nX: 1", "text": ""}]},
        {"attachments": [{"name": "a"}]},
        {"attachments": [{"name": "a", "base64": "not base64"}]},
    ],
)
def test_what_would_break_a_header_is_no_valid_input(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        mail(**changes)


@pytest.mark.parametrize(("reply", "code"), [("451 later", "SMTP_4XX"), ("554 never", "SMTP_5XX")])
@pytest.mark.parametrize("place", ["sender_reply", "data_reply"])
def test_replies_have_their_rows(
    mailbox: Mailbox, post: Post, place: str, reply: str, code: str
) -> None:
    setattr(mailbox, place, reply)

    outcome = ADAPTER.submit(context(), profile(post), mail())

    assert failure(outcome) == (code, ERRORS[code].kind)
    assert isinstance(outcome, Failed)
    assert outcome.message == reply


@pytest.mark.parametrize(
    ("reply", "code"), [("450 later", "SMTP_4XX"), ("550 no such user", "RECIPIENT_REFUSED")]
)
def test_one_refused_recipient_stops_the_message_for_all(
    mailbox: Mailbox, post: Post, reply: str, code: str
) -> None:
    mailbox.recipient_reply = lambda recipient: reply if recipient == BOB else None

    outcome = ADAPTER.submit(context(), profile(post), mail(to=[ALICE, BOB]))

    assert failure(outcome) == (code, ERRORS[code].kind)
    assert mailbox.envelopes == []


def test_a_recipient_elsewhere_is_refused_before_anything_is_sent(post: Post) -> None:
    known = profile(post, allowed_recipient_domains=["Example.com"])

    allowed = ADAPTER.submit(context(), known, mail(to="alice@EXAMPLE.com"))
    refused = ADAPTER.submit(context(), known, mail(bcc="eve@elsewhere.example"))

    assert isinstance(allowed, Done)
    assert failure(refused) == ("RECIPIENT_NOT_ALLOWED", FailureKind.PERMANENT)


def test_a_message_beyond_the_bound_is_refused(mailbox: Mailbox, post: Post) -> None:
    outcome = ADAPTER.submit(
        context(), profile(post, max_message_bytes=1_000), mail(text="x" * 1_000)
    )

    assert failure(outcome) == ("MESSAGE_TOO_LARGE", FailureKind.PERMANENT)
    assert mailbox.envelopes == []


def test_no_connection_is_retried(post: Post) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        outcome = ADAPTER.submit(context(), profile(post, port=unused.getsockname()[1]), mail())

    assert failure(outcome) == ("CONNECT_FAILED", FailureKind.RETRY)


class Breaking(socketserver.StreamRequestHandler):
    """Speaks SMTP up to the command that `breaks_at` names, and hangs up there."""

    breaks_at = b""

    @override
    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            verb = line[:4].upper().strip()
            if verb == self.breaks_at:
                return
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    continue
                return
            self.wfile.write(b"250 OK\r\n")


@pytest.mark.parametrize(
    ("breaks_at", "code"),
    [(b"MAIL", "CONNECT_FAILED"), (b"RCPT", "CONNECT_FAILED"), (b"-", "OUTCOME_UNKNOWN")],
)
def test_a_connection_lost_after_the_message_is_of_unknown_outcome(
    post: Post, breaks_at: bytes, code: str
) -> None:
    handler = type("BreakingThere", (Breaking,), {"breaks_at": breaks_at})
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()

        outcome = ADAPTER.submit(context(), profile(post, port=server.server_address[1]), mail())
        thread.join()

    assert failure(outcome) == (code, ERRORS[code].kind)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    try:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-keyout", str(path), "-out", str(tmp_path / "ca.pem")),
            ],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("needs the program openssl")
    with path.open("ab") as file:
        file.write((tmp_path / "ca.pem").read_bytes())
    return path


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
) -> AuthResult:
    return AuthResult(success=login == LoginPassword(b"alice", b"pw"), handled=False)


@pytest.fixture
def secure_post(mailbox: Mailbox, certificate: Path) -> Iterator[Post]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    controller = served(
        mailbox,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    controller.start()
    yield controller
    controller.stop()


def secure_profile(post: Post, certificate: Path, **changes: object) -> MailProfile:
    values = {
        "host": "localhost",
        "security": "starttls",
        "ca_file": certificate.with_name("ca.pem"),
        "user": "alice",
        "password": "pw",
        **changes,
    }
    return profile(post, **values)


def test_starttls_and_log_in(mailbox: Mailbox, secure_post: Post, certificate: Path) -> None:
    known = secure_profile(secure_post, certificate)

    assert ADAPTER.test(known).ok
    assert isinstance(ADAPTER.submit(context(), known, mail()), Done)
    assert len(mailbox.envelopes) == 1


def test_a_refused_log_in_is_the_profiles_fault(secure_post: Post, certificate: Path) -> None:
    known = secure_profile(secure_post, certificate, password="wrong")

    outcome = ADAPTER.submit(context(), known, mail())

    assert failure(outcome) == ("LOGIN_REFUSED", FailureKind.PROFILE)
    assert not ADAPTER.test(known).ok


def test_a_certificate_that_is_not_trusted_is_the_profiles_fault(
    secure_post: Post, certificate: Path
) -> None:
    outcome = ADAPTER.submit(
        context(), secure_profile(secure_post, certificate, ca_file=None), mail()
    )

    assert failure(outcome) == ("TLS_FAILED", FailureKind.PROFILE)


def test_a_server_without_starttls_is_the_profiles_fault(post: Post) -> None:
    outcome = ADAPTER.submit(context(), profile(post, security="starttls"), mail())

    assert failure(outcome) == ("TLS_FAILED", FailureKind.PROFILE)


def test_a_server_without_log_in_is_the_profiles_fault(post: Post) -> None:
    outcome = ADAPTER.submit(context(), profile(post, user="alice", password="pw"), mail())

    assert failure(outcome) == ("LOGIN_REFUSED", FailureKind.PROFILE)


def test_a_connection_encrypted_from_the_start(mailbox: Mailbox, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    controller = served(mailbox, ssl_context=tls)
    controller.start()

    known = secure_profile(controller, certificate, security="tls", user=None, password=None)
    outcome = ADAPTER.submit(context(), known, mail())
    controller.stop()

    assert isinstance(outcome, Done)


def test_mail_can_neither_be_found_nor_cancelled_nor_polled(post: Post) -> None:
    assert ADAPTER.find(context(), profile(post), mail()) is None
    assert ADAPTER.cancel(context(), profile(post), None) == "unsupported"
    with pytest.raises(RuntimeError, match="Expected no poll"):
        ADAPTER.poll(context(), profile(post), None)
