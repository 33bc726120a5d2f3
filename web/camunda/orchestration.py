"""The blueprint of the Orchestration Cluster API of Camunda 8 (`/v2`), and what its parts share.

Its resources are in `web.camunda.eight`.
Source: docs.camunda.io/docs/apis-tools/orchestration-cluster-api-rest.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, request

from bpmn_engine.values import JsonValue
from web.camunda.dialect import dialect
from web.camunda.eight.refusals import reason
from web.errors import PROBLEM_TYPE, ProblemError, problem_body
from web.keys import read_key

GATEWAY_VERSION: Final = "8.8.0"
"""The release whose API this is; the Modeler compares it with the diagram's."""


def _error(error: ProblemError) -> JsonValue:
    """Write a problem document; violations of a diagram are told in its detail."""
    body = problem_body(error)
    violations = error.extra.get("violations")
    lines = [
        f"{each.get('element_id')}: {each.get('message')}"
        for each in (violations if isinstance(violations, list) else ())
        if isinstance(each, dict)
    ]
    return {**body, "detail": "\n".join(lines) or error.detail, "instance": request.path}


ORCHESTRATION: Final[Blueprint] = dialect(
    "orchestration", "/v2", _error, error_type=PROBLEM_TYPE, why=reason
)


def definition_key(given: JsonValue) -> int | None:
    """Return a key that a body holds as text or number; None when it holds none.

    Raises:
        ProblemError: it is no key (400).
    """
    if given is None or given == "":
        return None
    key = read_key(str(given)) if isinstance(given, str | int) else None
    if key is None:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "Expected a key of decimal digits.")
    return key


CLUSTER: Final[Blueprint] = dialect(
    "cluster",
    "/cluster/v2",
    _error,
    error_type=PROBLEM_TYPE,
    why=lambda rest: reason(f"cluster/{rest}"),
)
"""What administers a whole cluster, of which this engine is none: every operation answers 501."""
