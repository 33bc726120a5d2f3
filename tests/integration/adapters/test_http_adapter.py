"""The HTTP adapter against a web server on the loopback address."""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
from typing_extensions import override

from adapters.http.adapter import HttpAdapter
from adapters.http.connector import ConnectorInput, HttpConnector
from adapters.http.errors import ERRORS
from adapters.http.profile import HttpProfile
from adapters.http.schema import HttpInput
from bpmn_engine.ports import Accepted, Done, Failed, FailureKind, JobContext

CONTEXT = JobContext(
    job_key=7,
    process_instance_key=5,
    process_id="order",
    element_id="call",
    business_key=None,
    idempotency_key="order-5-call-1",
    attempt=1,
    deadline=None,
)
LOOPBACK = {"allowed_networks": ["127.0.0.0/8"]}


class Request:
    """A request as the server saw it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.method = handler.command
        self.path = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        length = int(self.headers.get("content-length", "0"))
        self.body = handler.rfile.read(length)


Reply = Callable[[Request], tuple[int, dict[str, str], bytes] | None]


class Service(ThreadingHTTPServer):
    """A web server whose next replies a test decides; None closes the connection unanswered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[Request] = []
        self.reply: Reply = lambda request: (200, {}, b"")
        self.scheme = "http"

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        service = cast("Service", self.server)
        request = Request(self)
        service.requests.append(request)
        reply = service.reply(request)
        self.close_connection = True
        if reply is None:
            return
        status, headers, body = reply
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815

    @override
    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Sat, 01 Jan 2028 10:00:00 GMT"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def answering(status: int, body: object = None, **headers: str) -> Reply:
    content = b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: (status, {"Content-Type": "application/json", **named}, content)


def submit(
    service: Service, job_input: dict[str, object], **profile: object
) -> Done | Accepted | Failed:
    values = {"base_url": service.address, **LOOPBACK, **profile}
    return HttpAdapter().submit(
        CONTEXT, HttpProfile.model_validate(values), HttpInput.model_validate(job_input)
    )


def failure(outcome: Done | Accepted | Failed) -> tuple[str, FailureKind]:
    assert isinstance(outcome, Failed)
    assert outcome.kind is ERRORS[outcome.code].kind
    return outcome.code, outcome.kind


def test_an_answer_in_json_becomes_the_output(service: Service) -> None:
    service.reply = answering(201, {"id": 42}, X_Trace="abc", Set_Cookie="a=b")

    outcome = submit(
        service,
        {
            "method": "post",
            "url": "orders",
            "body": {"item": "ink"},
            "queryParameters": {"dry": True, "n": 2},
            "headers": {"X-Who": "Alice"},
            "otherVariable": "is not looked at",
        },
    )

    assert isinstance(outcome, Done)
    assert (outcome.output["status"], outcome.output["reason"]) == (201, "Created")
    assert (outcome.output["body"], outcome.output["bodyEncoding"]) == ({"id": 42}, "json")
    headers = outcome.output["headers"]
    assert isinstance(headers, dict)
    assert headers["x-trace"] == "abc"
    assert "set-cookie" not in headers
    [request] = service.requests
    assert (request.method, request.path) == ("POST", "/orders?dry=true&n=2")
    assert request.headers["host"] == f"localhost:{service.server_port}"
    assert request.headers["idempotency-key"] == "order-5-call-1"
    assert request.headers["x-who"] == "Alice"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"item": "ink"}


@pytest.mark.parametrize(
    ("body", "content_type", "sent", "sent_as"),
    [
        ("hello", None, b"hello", "text/plain; charset=utf-8"),
        ('{"a": 1}', None, b'{"a": 1}', "application/json"),
        ([1, 2], None, b"[1, 2]", "application/json"),
        ({"a": "b c"}, "application/x-www-form-urlencoded", b"a=b+c", None),
        ("<a/>", "application/xml", b"<a/>", "application/xml"),
    ],
)
def test_a_body_is_sent_as_what_it_is(
    service: Service, body: object, content_type: str | None, sent: bytes, sent_as: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    submit(service, {"method": "PUT", "url": "x", "body": body, "headers": headers})

    assert service.requests[0].body == sent
    assert service.requests[0].headers["content-type"] == (sent_as or content_type)


@pytest.mark.parametrize(
    ("content", "content_type", "body", "body_encoding"),
    [
        (b"", "text/plain", None, "none"),
        (b"plain", "text/plain", "plain", "text"),
        (b"{broken", "application/json", "{broken", "text"),
        (b"[NaN]", "application/json", "[NaN]", "text"),
        ("ü".encode("latin-1"), "text/plain; charset=latin-1", "ü", "text"),
        (b"\xff\x00", "image/png", base64.b64encode(b"\xff\x00").decode(), "base64"),
    ],
)
def test_an_answer_is_json_or_text_or_base64(
    service: Service, content: bytes, content_type: str, body: object, body_encoding: str
) -> None:
    service.reply = lambda request: (200, {"Content-Type": content_type}, content)

    outcome = submit(service, {"url": "x"})

    assert isinstance(outcome, Done)
    assert (outcome.output["body"], outcome.output["bodyEncoding"]) == (body, body_encoding)


STATUSES = [(int(code), code) for code in ERRORS if code.isdigit()]
STATUSES += [(302, "3xx"), (418, "4xx"), (507, "5xx")]


@pytest.mark.parametrize(("status", "code"), STATUSES)
def test_every_status_has_its_row(service: Service, status: int, code: str) -> None:
    service.reply = answering(status, {"why": "Bob said so"}, Location="/elsewhere")

    outcome = submit(service, {"url": "x", "method": "POST"})

    assert failure(outcome) == (code, ERRORS[code].kind)
    assert isinstance(outcome, Failed)
    assert outcome.bpmn_error_code == ERRORS[code].bpmn_error_code
    assert outcome.variables["status"] == status
    assert "Bob said so" in outcome.message
    assert len(service.requests) == 1


def test_a_task_names_its_own_business_statuses(service: Service) -> None:
    service.reply = answering(404)
    named = submit(service, {"url": "x", "businessStatusCodes": "404, 410"})
    service.reply = answering(409)
    not_named = submit(service, {"url": "x", "businessStatusCodes": [404]})

    assert failure(named) == ("BUSINESS_STATUS", FailureKind.BUSINESS)
    assert isinstance(named, Failed)
    assert named.bpmn_error_code == "HTTP_404"
    assert failure(not_named) == ("4xx", FailureKind.PERMANENT)


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("120", 120),
        ("99999999", 86_400),
        ("Sat, 01 Jan 2028 10:05:00 GMT", 300),
        ("Sat, 01 Jan 2028 09:00:00 GMT", 0),
        ("soon", None),
    ],
)
def test_retry_after_is_passed_on(service: Service, wish: str, seconds: int | None) -> None:
    service.reply = answering(503, Retry_After=wish)

    outcome = submit(service, {"url": "x"})

    assert isinstance(outcome, Failed)
    assert outcome.retry_after == (None if seconds is None else dt.timedelta(seconds=seconds))


def test_no_connection_is_retried() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        profile = HttpProfile.model_validate(
            {"base_url": f"http://127.0.0.1:{unused.getsockname()[1]}", **LOOPBACK}
        )

        outcome = HttpAdapter().submit(CONTEXT, profile, HttpInput(url="x"))

    assert failure(outcome) == ("CONNECT_FAILED", FailureKind.RETRY)


def test_an_unanswered_post_is_unknown_but_an_unanswered_put_is_retried(service: Service) -> None:
    service.reply = lambda request: None

    post = submit(service, {"url": "x", "method": "POST"})
    put = submit(service, {"url": "x", "method": "PUT"})
    honored = submit(service, {"url": "x", "method": "POST"}, honors_idempotency_key=True)

    assert failure(post) == ("OUTCOME_UNKNOWN", FailureKind.UNKNOWN)
    assert failure(put) == ("NO_ANSWER", FailureKind.RETRY)
    assert failure(honored) == ("NO_ANSWER", FailureKind.RETRY)


def test_a_slow_answer_ends_with_the_shorter_limit(service: Service) -> None:
    release = threading.Event()

    def reply(request: Request) -> None:
        release.wait(10)

    service.reply = reply
    outcome = submit(service, {"url": "x", "method": "POST", "readTimeoutInSeconds": "0.2"})
    release.set()

    assert failure(outcome) == ("OUTCOME_UNKNOWN", FailureKind.UNKNOWN)


def test_a_large_answer_is_not_read_to_its_end(service: Service) -> None:
    service.reply = lambda request: (200, {}, b"x" * 5_000)

    outcome = submit(service, {"url": "x"}, max_response_bytes=1_000)

    assert failure(outcome) == ("RESPONSE_TOO_LARGE", FailureKind.PERMANENT)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com/",
        "//elsewhere.example.com/",
        "../outside",
        "%2e%2e/outside",
        "ftp://localhost/",
        "http://[half",
        "http://localhost:1/api/",
    ],
)
def test_an_address_outside_the_profile_is_refused(service: Service, url: str) -> None:
    outcome = submit(service, {"url": url}, base_url=f"{service.address}/api/")

    assert failure(outcome) == ("ADDRESS_NOT_ALLOWED", FailureKind.PERMANENT)
    assert service.requests == []


def test_an_allowed_host_is_called_without_the_log_in_of_the_base(service: Service) -> None:
    outcome = submit(
        service,
        {"url": f"http://127.0.0.1:{service.server_port}/x"},
        allowed_hosts=[f"127.0.0.1:{service.server_port}"],
        auth={"type": "bearer", "token": "s3cret"},
    )

    assert isinstance(outcome, Done)
    assert "authorization" not in service.requests[0].headers


def test_private_addresses_are_refused_unless_the_profile_allows_their_network(
    service: Service,
) -> None:
    outcome = submit(service, {"url": "x"}, allowed_networks=["10.0.0.0/8"])

    assert failure(outcome) == ("ADDRESS_NOT_ALLOWED", FailureKind.PERMANENT)
    assert service.requests == []


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (
            {"type": "basic", "username": "alice", "password": "pw"},
            "authorization",
            "Basic YWxpY2U6cHc=",
        ),
        ({"type": "bearer", "token": "tk"}, "authorization", "Bearer tk"),
        ({"type": "api_key", "name": "X-Key", "value": "k"}, "x-key", "k"),
    ],
)
def test_the_profile_logs_in(
    service: Service, auth: dict[str, str], header: str, value: str
) -> None:
    submit(service, {"url": "x"}, auth=auth)

    assert service.requests[0].headers[header] == value


def test_an_api_key_may_go_into_the_query(service: Service) -> None:
    auth = {"type": "api_key", "name": "key", "value": "k", "location": "query"}

    submit(service, {"url": "x?a=1"}, auth=auth)

    assert service.requests[0].path == "/x?a=1&key=k"


@pytest.mark.parametrize(
    ("authentication", "header", "value"),
    [
        (
            {"type": "basic", "username": "alice", "password": "{{secrets.PW}}"},
            "authorization",
            "Basic YWxpY2U6cHc=",
        ),
        ({"type": "bearer", "token": "{{ secrets.PW }}"}, "authorization", "Bearer pw"),
        ({"type": "bearer", "token": "secrets.PW"}, "authorization", "Bearer pw"),
        (
            {
                "type": "apiKey",
                "apiKeyLocation": "headers",
                "name": "X-Key",
                "value": "{{secrets.PW}}",
            },
            "x-key",
            "pw",
        ),
        ({"type": "noAuth"}, "x-key", None),
    ],
)
def test_a_diagram_refers_to_secrets_of_the_profile(
    service: Service, authentication: dict[str, str], header: str, value: str | None
) -> None:
    submit(service, {"url": "x", "authentication": authentication}, secrets={"PW": "pw"})

    assert service.requests[0].headers.get(header) == value


@pytest.mark.parametrize(
    "job_input",
    [
        {"authentication": {"type": "basic", "username": "alice", "password": "pw"}},
        {"authentication": {"type": "bearer", "token": "tk"}},
        {"authentication": {"type": "apiKey", "name": "X-Key", "value": "k"}},
        {"authentication": {"type": "oauth-client-credentials-flow", "clientSecret": "s"}},
        {"headers": {"Authorization": "Bearer tk"}},
        {"url": "http://alice:pw@localhost/"},
    ],
)
def test_a_credential_written_out_in_the_diagram_is_refused(
    service: Service, job_input: dict[str, object]
) -> None:
    outcome = submit(service, {"url": "x", **job_input})

    assert failure(outcome) == ("CREDENTIAL_IN_DIAGRAM", FailureKind.PERMANENT)
    assert service.requests == []


def test_an_unknown_secret_is_the_profiles_fault(service: Service) -> None:
    outcome = submit(service, {"url": "x", "headers": {"X-Key": "{{secrets.NONE}}"}})

    assert failure(outcome) == ("SECRET_UNKNOWN", FailureKind.PROFILE)


def test_the_trace_of_a_job_goes_on_in_the_service_it_calls(service: Service) -> None:
    trace = f"00-{1:032x}-{2:016x}-01"
    profile = HttpProfile.model_validate({"base_url": service.address, **LOOPBACK})
    traced = replace(CONTEXT, headers={"traceparent": trace, "other": "not sent"})

    HttpAdapter().submit(traced, profile, HttpInput(url="/a"))
    submit(service, {"url": "/b"})

    first, second = service.requests
    assert first.headers["traceparent"] == trace
    assert "other" not in first.headers
    assert "traceparent" not in second.headers


def test_a_body_may_not_ask_for_secrets(service: Service) -> None:
    submit(
        service,
        {"url": "x", "method": "POST", "body": "{{secrets.PW}}"},
        secrets={"PW": "pw"},
    )

    assert service.requests[0].body == b"{{secrets.PW}}"


@pytest.mark.parametrize("placement", ["basicAuthHeader", "credentialsBody"])
def test_a_token_is_fetched_by_client_credentials(service: Service, placement: str) -> None:
    def reply(request: Request) -> tuple[int, dict[str, str], bytes]:
        is_token = request.path == "/token"
        body = {"access_token": "tk"} if is_token else {}
        return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()

    service.reply = reply
    auth = {
        "type": "oauth_client_credentials",
        "token_url": f"{service.address}/token",
        "client_id": "alice",
        "client_secret": "pw",
        "scopes": "read",
        "client_authentication": placement,
    }
    outcome = submit(service, {"url": "x"}, auth=auth)

    assert isinstance(outcome, Done)
    token_request, request = service.requests
    assert b"grant_type=client_credentials&scope=read" in token_request.body
    assert (b"client_secret=pw" in token_request.body) == (placement == "credentialsBody")
    assert ("authorization" in token_request.headers) == (placement == "basicAuthHeader")
    assert request.headers["authorization"] == "Bearer tk"


def test_a_refused_client_is_the_profiles_fault(service: Service) -> None:
    service.reply = answering(401, {"error": "invalid_client"})
    authentication = {
        "type": "oauth-client-credentials-flow",
        "oauthTokenEndpoint": f"{service.address}/token",
        "clientId": "alice",
        "clientSecret": "{{secrets.PW}}",
    }

    outcome = submit(service, {"url": "x", "authentication": authentication}, secrets={"PW": "pw"})

    assert failure(outcome) == ("TOKEN_REFUSED", FailureKind.PROFILE)


def test_a_header_with_a_line_break_is_not_sent(service: Service) -> None:
    outcome = submit(service, {"url": "x", "headers": {"X-Who": "Alice\r\nX-Evil: 1"}})

    assert failure(outcome) == ("REQUEST_INVALID", FailureKind.PERMANENT)
    assert service.requests == []


def test_a_message_does_not_repeat_secrets(service: Service) -> None:
    service.reply = answering(400, {"you sent": "s3cret"})

    outcome = submit(service, {"url": "x"}, auth={"type": "bearer", "token": "s3cret"})

    assert isinstance(outcome, Failed)
    assert "s3cret" not in outcome.message
    assert "***" in outcome.message


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


def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(
    service: Service, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    service.socket = context.wrap_socket(service.socket, server_side=True)
    service.scheme = "https"
    ca_file = str(certificate.with_name("ca.pem"))

    trusted = submit(service, {"url": "x"}, ca_file=ca_file)
    untrusted = submit(service, {"url": "x"})
    unchecked = submit(service, {"url": "x"}, verify_tls=False)

    assert isinstance(trusted, Done)
    assert failure(untrusted) == ("TLS_FAILED", FailureKind.PROFILE)
    assert isinstance(unchecked, Done)


@pytest.mark.parametrize(("status", "ok"), [(200, True), (404, True), (401, False), (500, False)])
def test_the_connection_test_asks_the_base_address(
    service: Service, status: int, ok: bool
) -> None:
    service.reply = answering(status)
    profile = HttpProfile.model_validate({"base_url": service.address, **LOOPBACK})

    health = HttpAdapter().test(profile)

    assert health.ok is ok
    assert "idempotency-key" not in service.requests[0].headers


def test_the_connection_test_says_why_it_failed() -> None:
    refused = HttpAdapter().test(HttpProfile(base_url="http://127.0.0.1:1/"))
    nothing = HttpAdapter().test(HttpProfile())

    assert not refused.ok
    assert nothing.ok


def test_a_request_can_neither_be_found_nor_cancelled_nor_polled() -> None:
    adapter, profile = HttpAdapter(), HttpProfile()

    assert adapter.find(CONTEXT, profile, HttpInput(url="x")) is None
    assert adapter.cancel(CONTEXT, profile, None) == "unsupported"
    with pytest.raises(RuntimeError, match="Expected no poll"):
        adapter.poll(CONTEXT, profile, None)


# The connector of Camunda 7 ----------------------------------------------------------------------


def connect(service: Service, **job_input: object) -> Done | Accepted | Failed:
    values = {"base_url": service.address, **LOOPBACK}
    return HttpConnector().submit(
        CONTEXT, HttpProfile.model_validate(values), ConnectorInput.model_validate(job_input)
    )


@pytest.mark.parametrize("status", [200, 404, 409, 500])
def test_for_the_connector_of_camunda_7_any_status_is_a_result(
    service: Service, status: int
) -> None:
    service.reply = answering(status, {"id": 42})

    outcome = connect(service, url="orders", method="post", payload='{"a": 1}')

    assert isinstance(outcome, Done)
    assert outcome.output["statusCode"] == status
    assert outcome.output["response"] == '{"id": 42}'
    assert outcome.output["body"] == {"id": 42}
    (request,) = service.requests
    assert (request.method, request.body) == ("POST", b'{"a": 1}')


def test_without_an_answer_the_connector_of_camunda_7_fails(service: Service) -> None:
    service.reply = lambda request: None

    outcome = connect(service, url="orders", method="POST")

    assert failure(outcome) == ("OUTCOME_UNKNOWN", FailureKind.UNKNOWN)


def test_the_connector_of_camunda_7_has_the_methods_of_the_adapter(service: Service) -> None:
    outcome = connect(service, url="orders", method="TRACE")

    assert failure(outcome) == ("REQUEST_INVALID", FailureKind.PERMANENT)
    assert service.requests == []
