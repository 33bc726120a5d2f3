"""Holds answers against what Camunda publishes: its OpenAPI document, and its Python client."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from tests.camunda_documents import orchestration_document


def shape(path: str) -> str:
    """Return a path with its parameters made alike: `/jobs/{}`."""
    return re.sub(r"\{[^}]*\}|<[^>]*>", "{}", path)


def conforms_to_document(method: str, path: str, response: httpx.Response) -> bool:
    """Validate an answer by the OpenAPI document; False when the document has no such operation.

    Null is let pass: the clients of later releases demand members that the document of 8.8 leaves
    out when they have no value.
    """
    document = orchestration_document()
    operation = _operations(shape(path), method.lower())
    if operation is None:
        return False
    answers = operation["responses"]
    code = str(response.status_code)
    assert code in answers, f"{method} {path}: {code} is not one of {sorted(answers)}"
    content = _resolved(document, answers[code]).get("content", {})
    if not content:
        return True
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in content or "application/octet-stream" in content, (kind, sorted(content))
    if kind.endswith("json"):
        schema = {**content[kind]["schema"], "components": document["components"]}
        errors = OAS30Validator(schema).iter_errors(response.json())
        found = sorted(_told(error) for error in errors if error.instance is not None)
        known = KNOWN_ERRORS.get((method, shape(path)), ())
        assert [one for one in found if not any(word in one for word in known)] == [], found
    return True


KNOWN_ERRORS = {
    ("POST", "/message-subscriptions/search"): ("correlationKey: 'A-1' does not match",),
    ("GET", "/user-tasks/{}/form"): ("schema: ",),
    ("GET", "/resources/{}/content"): ("is not of type 'string'",),
    ("GET", "/resources/{}"): ("resourceKey: ",),
    ("POST", "/decision-definitions/evaluation"): ("decisionEvaluationInstanceKey: ",),
    ("POST", "/batch-operations/search"): ("'UPDATE_JOB' is not one of",),
    ("POST", "/batch-operation-items/search"): ("'UPDATE_JOB' is not one of",),
    ("POST", "/decision-instances/search"): ("decisionEvaluationInstanceKey: ",),
    ("GET", "/decision-instances/{}"): ("decisionEvaluationInstanceKey: ",),
}
"""What the document says wrong, and later ones say right: a correlation key is any text, the
schema of a form is JSON as text, the content of a resource JSON as it is; a resource key fits each
of its alternatives, the key of one evaluation has a dash in it, and jobs are changed in bulk."""


def _told(error: Any) -> str:
    return f"{'.'.join(map(str, error.absolute_path))}: {error.message}"


def conforms_to_client(method: str, path: str, response: httpx.Response) -> bool:
    """Read an answer with Camunda's Python client; False when that has no such operation.

    Raises:
        MissingRequiredFieldError: a member is missing that the client demands.
    """
    module = _client_operations().get((method.lower(), shape(path)))
    if module is None:
        return False
    client = importlib.import_module("camunda_orchestration_sdk.client")
    read = module._parse_response(
        client=client.Client(base_url="http://unused", raise_on_unexpected_status=True),
        response=response,
    )
    assert read is not None or response.status_code == 204 or not response.content
    return True


def operations_of_the_client() -> frozenset[tuple[str, str]]:
    """Return method and shape of every operation that the Python client has."""
    return frozenset(_client_operations())


@cache
def _client_operations() -> Mapping[tuple[str, str], Any]:
    sdk = pytest.importorskip("camunda_orchestration_sdk")
    found = {}
    package = importlib.import_module(f"{sdk.__name__}.api")
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        named = re.search(r'"method": "(\w+)",\s*"url": "([^"]+)"', text)
        if named is not None:
            found[(named[1], shape(named[2]))] = module
    return found


@cache
def _operations(path: str, method: str) -> Mapping[str, Any] | None:
    paths = orchestration_document()["paths"]
    for known, item in paths.items():
        if shape(known) == path and method in item:
            return item[method]
    return None


def _resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in value:
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value
