"""The HTTP adapter: one request per job, its answer as the job's output."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, JsonValue

from adapters.http.credentials import (
    TokenRequest,
    apply_credentials,
    basic_header,
    redact,
)
from adapters.http.destination import Refusal, decide_destination
from adapters.http.errors import ERRORS, code_of_status
from adapters.http.exchange import Answer, Call, exchange
from adapters.http.profile import ClientCredentialsAuth, HttpProfile
from adapters.http.schema import HttpInput, HttpOutput, Method
from bpmn_engine import ports, values

_LONGEST_WAIT = dt.timedelta(days=1)
_TRACE_PARENT = "traceparent"  # W3C; among the headers of a job while traces are kept
_SHOWN_CHARACTERS = 500


class HttpAdapter:
    """Sends one HTTP request with the job's idempotency key in the header Idempotency-Key."""

    meta = ports.AdapterMeta(
        job_type="bpmn-engine:http:1",
        aliases=("io.camunda:http-json:1",),
        name="HTTP request",
        description="Call a web service and use its answer",
    )
    profile_type: type[ports.Profile] = HttpProfile
    input_type: type[BaseModel] = HttpInput
    output_type: type[BaseModel] = HttpOutput
    errors = ERRORS

    def test(self, profile: ports.Profile) -> ports.Health:
        """Ask the profile's `test_path` with GET, with the profile's log-in."""
        http_profile = _http_profile(profile)
        if http_profile.base_url is None:
            return ports.Health(ok=True, detail="No base address, so nothing to ask.")
        job_input = HttpInput(url=http_profile.test_path or http_profile.base_url)
        answer = _call(http_profile, job_input, context=None)
        if isinstance(answer, Refusal):
            return ports.Health(ok=False, detail=redact(http_profile, answer.message))
        refused = answer.status in {401, 403} or answer.status >= 500  # noqa: PLR2004  # RFC 9110
        return ports.Health(ok=not refused, detail=f"{answer.status} {answer.reason}")

    def find(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | None:
        """Return None; HTTP has no general way to ask, so FIND is not declared."""
        del context, profile, job_input
        return None

    def submit(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | ports.Failed:
        """Send the request and judge the answer by the table of errors."""
        http_profile = _http_profile(profile)
        if not isinstance(job_input, HttpInput):
            raise TypeError(f"Expected HttpInput, but {type(job_input).__name__} was given.")
        answer = _call(http_profile, job_input, context=context)
        if isinstance(answer, Refusal):
            return _failed(answer.code, redact(http_profile, answer.message))
        return _judge(http_profile, job_input, answer)

    def poll(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.Running | ports.Done | ports.Failed:
        """Refuse: every request is answered by `submit`."""
        del context, profile, handle
        raise RuntimeError("Expected no poll, but this adapter never answers Accepted.")

    def cancel(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.CancelOutcome:
        """Return unsupported: a request that was sent cannot be called back."""
        del context, profile, handle
        return "unsupported"


def _http_profile(profile: ports.Profile) -> HttpProfile:
    if not isinstance(profile, HttpProfile):
        raise TypeError(f"Expected HttpProfile, but {type(profile).__name__} was given.")
    return profile


def _failed(code: str, message: str) -> ports.Failed:
    return ports.Failed(
        kind=ERRORS[code].kind,
        code=code,
        message=message,
        bpmn_error_code=ERRORS[code].bpmn_error_code,
    )


def _call(
    profile: HttpProfile, job_input: HttpInput, *, context: ports.JobContext | None
) -> Answer | Refusal:
    destination = decide_destination(profile, job_input.url)
    if isinstance(destination, Refusal):
        return destination
    credentials = apply_credentials(profile, job_input, destination)
    if isinstance(credentials, Refusal):
        return credentials
    headers = dict(credentials.headers)
    if credentials.token_request is not None:
        token = _fetch_token(profile, credentials.token_request)
        if isinstance(token, Refusal):
            return token
        headers["Authorization"] = f"Bearer {token}"
    if context is not None:
        headers["Idempotency-Key"] = context.idempotency_key
        headers = {**_trace(context), **headers}
    call = Call(
        method=job_input.method,
        destination=destination,
        headers=headers,
        query=credentials.query,
        body=job_input.body,
        connect_seconds=_shorter(
            profile.connect_timeout_seconds, job_input.connection_timeout_in_seconds
        ),
        read_seconds=_shorter(profile.read_timeout_seconds, job_input.read_timeout_in_seconds),
        may_repeat=job_input.method.is_idempotent or profile.honors_idempotency_key,
    )
    return exchange(profile, call)


def _trace(context: ports.JobContext) -> dict[str, str]:
    """Return the header by which the called service goes on with the job's trace."""
    parent = context.headers.get(_TRACE_PARENT)
    return {} if parent is None else {_TRACE_PARENT: parent}


def _shorter(limit: float, asked: float | None) -> float:
    return limit if asked is None else min(limit, asked)


def _fetch_token(profile: HttpProfile, wanted: TokenRequest) -> str | Refusal:
    """Return an access token; one is fetched per request, none is kept."""
    if isinstance(profile.auth, ClientCredentialsAuth) and (
        profile.auth.token_url == wanted.token_url
    ):
        # The operator named this address, so it need not be listed a second time.
        place = profile.model_copy(update={"base_url": wanted.token_url})
    else:
        place = profile
    destination = decide_destination(place, wanted.token_url)
    if isinstance(destination, Refusal):
        return destination
    form: dict[str, JsonValue] = {"grant_type": "client_credentials"}
    form |= {"scope": wanted.scopes} if wanted.scopes else {}
    form |= {"audience": wanted.audience} if wanted.audience else {}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if wanted.in_body:
        form |= {"client_id": wanted.client_id, "client_secret": wanted.client_secret}
    else:
        headers["Authorization"] = basic_header(wanted.client_id, wanted.client_secret)
    call = Call(
        method=Method.POST,
        destination=destination,
        headers=headers,
        body=form,
        connect_seconds=profile.connect_timeout_seconds,
        read_seconds=profile.read_timeout_seconds,
        may_repeat=True,
    )
    answer = exchange(profile, call)
    return answer if isinstance(answer, Refusal) else _token_in(answer)


def _token_in(answer: Answer) -> str | Refusal:
    if answer.status >= 500:  # noqa: PLR2004  # RFC 9110
        return Refusal(code="5xx", message=f"The token service answered {answer.status}.")
    body, _ = _decode(answer)
    token = body.get("access_token") if isinstance(body, dict) else None
    if isinstance(token, str) and answer.status == 200:  # noqa: PLR2004  # RFC 6749, 5.1
        return token
    return Refusal(code="TOKEN_REFUSED", message=f"The token service answered {answer.status}.")


def _judge(
    profile: HttpProfile, job_input: HttpInput, answer: Answer
) -> ports.Done | ports.Failed:
    is_success = 200 <= answer.status < 300  # noqa: PLR2004  # RFC 9110
    if is_success and answer.is_cut:
        bound = profile.max_response_bytes
        return _failed("RESPONSE_TOO_LARGE", f"Expected at most {bound} bytes, but got more.")
    output = _output(answer)
    if is_success:
        return ports.Done(output=output)
    code, bpmn_error_code = _row(answer.status, job_input)
    shown = redact(profile, answer.content[:_SHOWN_CHARACTERS].decode(errors="replace"))
    return ports.Failed(
        kind=ERRORS[code].kind,
        code=code,
        message=f"{answer.status} {answer.reason}: {ERRORS[code].text} {shown}".strip(),
        bpmn_error_code=bpmn_error_code,
        variables=output,
        retry_after=_retry_after(answer),
    )


def _row(status: int, job_input: HttpInput) -> tuple[str, str | None]:
    """Return the row of a status that is no success, and its BPMN error code."""
    code = code_of_status(status)
    is_wanted = status in job_input.business_status_codes and status // 100 == 4  # noqa: PLR2004
    if is_wanted:
        own = ERRORS[code].bpmn_error_code
        return (code if own else "BUSINESS_STATUS"), f"HTTP_{status}"
    if ERRORS[code].bpmn_error_code is not None:
        return "4xx", None
    return code, None


def _output(answer: Answer) -> values.Variables:
    body, body_encoding = _decode(answer)
    return {
        "status": answer.status,
        "reason": answer.reason,
        "headers": dict(answer.headers),
        "body": body,
        "bodyEncoding": body_encoding,
    }


def _decode(answer: Answer) -> tuple[JsonValue, str]:
    """Return the body as JSON if it is, else as text if it is, else as base64."""
    if not answer.content:
        return None, "none"
    media_type = answer.headers.get("content-type", "")
    charset = re.search(r"charset=\"?([\w-]+)", media_type)
    try:
        text = answer.content.decode(charset[1] if charset else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return base64.b64encode(answer.content).decode("ascii"), "base64"
    if "json" in media_type or not media_type:
        try:
            parsed: JsonValue = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return text, "text"
        return parsed, "json"
    return text, "text"


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(f"Expected JSON, but it holds {name}.")


def _retry_after(answer: Answer) -> dt.timedelta | None:
    """Return the wish in Retry-After (RFC 9110, 10.2.3), at most one day.

    A date is counted from the answer's own Date, so that no clock is needed.
    """
    wish = answer.headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return min(dt.timedelta(seconds=min(int(wish), 10**6)), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(wish)
        sent = parsedate_to_datetime(answer.headers.get("date", ""))
        return min(max(until - sent, dt.timedelta()), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return None
