"""Camunda 7's `http-connector`: the same call, with the names that its diagrams use.

Every answer of the service is a result there, whatever its status: the diagram decides by
`statusCode`. Without an answer it is a failure as for any other call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.alias_generators import to_camel

from adapters.http.adapter import HttpAdapter
from adapters.http.errors import ERRORS
from adapters.http.profile import HttpProfile
from adapters.http.schema import HttpInput, Pairs
from bpmn_engine import ports, values


class ConnectorInput(BaseModel):
    """One request."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    url: str = Field(
        min_length=1,
        title="Address",
        description="Below the profile's base address, or absolute on an allowed host.",
        json_schema_extra={"group": "Request"},
    )
    method: str = Field(
        default="GET",
        title="Method",
        description="What is done with the resource.",
        json_schema_extra={"group": "Request"},
    )
    headers: Pairs = Field(
        default_factory=dict,
        title="Headers",
        description="Further headers. Credentials only as {{secrets.NAME}}.",
        json_schema_extra={"group": "Request", "feel": "required"},
    )
    payload: JsonValue = Field(
        default=None,
        title="Payload",
        description="A text is sent as it is; anything else as JSON.",
        json_schema_extra={"group": "Request"},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """Treat an unfilled field of a form as absent."""
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value not in ("", None)}


class ConnectorOutput(BaseModel):
    """One answer."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    status_code: int = Field(description="The status code.")
    response: str = Field(description="The content as text; base64 of what is no text.")
    headers: dict[str, str] = Field(description="Names in lower case; cookies are left out.")
    body: JsonValue = Field(description="The content as a JSON value where it is JSON.")


class HttpConnector:
    """Does the jobs of Camunda 7's `http-connector`."""

    meta = ports.AdapterMeta(
        job_type="bpmn-engine:http-connector:1",
        aliases=("http-connector",),
        name="HTTP connector of Camunda 7",
        description="Call a web service; any status is a result",
    )
    profile_type: type[ports.Profile] = HttpProfile
    input_type: type[BaseModel] = ConnectorInput
    output_type: type[BaseModel] = ConnectorOutput
    errors = ERRORS

    def test(self, profile: ports.Profile) -> ports.Health:
        """Ask the profile's `test_path` with GET, with the profile's log-in."""
        return HttpAdapter().test(profile)

    def find(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | None:
        """Return None; HTTP has no general way to ask, so FIND is not declared."""
        del context, profile, job_input
        return None

    def submit(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | ports.Failed:
        """Send the request; an answer is a result, whatever its status."""
        if not isinstance(job_input, ConnectorInput):
            raise TypeError(f"Expected ConnectorInput, but got {type(job_input).__name__}.")
        try:
            request = HttpInput.model_validate(
                {
                    "url": job_input.url,
                    "method": job_input.method,
                    "headers": job_input.headers,
                    "body": job_input.payload,
                    "businessStatusCodes": [],
                }
            )
        except ValueError:
            return ports.Failed(
                kind=ERRORS["REQUEST_INVALID"].kind,
                code="REQUEST_INVALID",
                message=f"Expected a method that HTTP calls have, but got {job_input.method!r}.",
            )
        answer = HttpAdapter().submit(context, profile, request)
        match answer:
            case ports.Done(output=output):
                return ports.Done(output=_renamed(output))
            case ports.Failed(variables=variables) if "status" in variables:
                return ports.Done(output=_renamed(variables))
            case _:
                return answer

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


def _renamed(output: values.Variables) -> values.Variables:
    body = output["body"]
    is_json = output["bodyEncoding"] == "json"
    text = json.dumps(body, ensure_ascii=False) if is_json else str(body or "")
    return {
        "statusCode": output["status"],
        "response": text,
        "headers": output["headers"],
        "body": body,
    }
