"""Sends one request to a pinned address and reads a bounded answer."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import httpx
from pydantic import JsonValue

from adapters.http.destination import Destination, Refusal
from adapters.http.profile import HttpProfile
from adapters.http.schema import Method

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, ready to be sent."""

    method: Method
    destination: Destination
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()
    body: JsonValue = None
    connect_seconds: float
    read_seconds: float
    may_repeat: bool  #: a second equal request does no harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    reason: str
    headers: Mapping[str, str]  #: names in lower case
    content: bytes
    is_cut: bool  #: longer than the profile's bound


def exchange(profile: HttpProfile, call: Call) -> Answer | Refusal:
    """Send the request; transport failures come back as a row of the table of errors."""
    timeout = httpx.Timeout(call.read_seconds, connect=call.connect_seconds)
    context = _tls_context(profile.verify_tls, profile.ca_file)
    try:
        with httpx.Client(
            verify=context, trust_env=False, follow_redirects=False, timeout=timeout
        ) as client:
            return _send(client, profile, call)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        code = "TLS_FAILED" if _is_certificate_problem(error) else "CONNECT_FAILED"
        return Refusal(code=code, message=f"Expected a connection, but {_said(error)}.")
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeError) as error:
        return Refusal(
            code="REQUEST_INVALID", message=f"Expected a valid request, but {_said(error)}."
        )
    except (httpx.TransportError, httpx.DecodingError) as error:
        code = "NO_ANSWER" if call.may_repeat else "OUTCOME_UNKNOWN"
        return Refusal(code=code, message=f"Expected an answer, but {_said(error)}.")


def _send(client: httpx.Client, profile: HttpProfile, call: Call) -> Answer:
    content, content_type = _encode(call.body, call.headers)
    url = call.destination.pinned_url
    request = client.build_request(
        call.method.value,
        url.copy_merge_params(list(call.query)) if call.query else url,
        content=content,
        headers={
            **({"Content-Type": content_type} if content_type else {}),
            **call.headers,
            "Host": call.destination.host_header,
        },
        extensions={"sni_hostname": call.destination.url.host},
    )
    give_up_at = time.monotonic() + profile.total_timeout_seconds
    response = client.send(request, stream=True)
    try:
        body, is_cut = _read(response, profile.max_response_bytes, give_up_at)
    finally:
        response.close()
    headers = {name.lower(): value for name, value in response.headers.items()}
    headers.pop("set-cookie", None)
    return Answer(
        status=response.status_code,
        reason=response.reason_phrase,
        headers=headers,
        content=body,
        is_cut=is_cut,
    )


def _read(response: httpx.Response, bound: int, give_up_at: float) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > bound:
            return bytes(body[:bound]), True
        if time.monotonic() > give_up_at:
            raise httpx.ReadTimeout("the answer took longer than the profile's total time")
    return bytes(body), False


def _encode(body: JsonValue, headers: Mapping[str, str]) -> tuple[bytes | None, str | None]:
    """Return the content and the content type it has unless the task says otherwise."""
    if body is None:
        return None, None
    asked = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if isinstance(body, Mapping) and asked.startswith(_FORM):
        return urlencode(body, doseq=True).encode("ascii"), None
    if not isinstance(body, str):
        return json.dumps(body, allow_nan=False).encode(), "application/json"
    is_json = body.lstrip()[:1] in {"{", "["}
    return body.encode(), "application/json" if is_json else "text/plain; charset=utf-8"


@lru_cache(maxsize=16)
def _tls_context(verify: bool, ca_file: Path | None) -> ssl.SSLContext:  # noqa: FBT001  # a key
    if verify and ca_file is not None:
        return ssl.create_default_context(cafile=str(ca_file))
    return httpx.create_ssl_context(verify=verify, trust_env=False)


def _is_certificate_problem(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
