"""Whether an answer is as Camunda 7's own OpenAPI document says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
from openapi_schema_validator import OAS30Validator

_PREFIX = "/engine-rest"


@dataclass(kw_only=True)
class Contract:
    """The document, and what was seen of each operation."""

    document: Mapping[str, Any]
    answered: set[tuple[str, str]] = field(default_factory=set)  #: with success
    faults: list[str] = field(default_factory=list)

    def operations(self) -> Iterator[tuple[str, str]]:
        """Yield method and path of each operation."""
        for path, methods in self.document["paths"].items():
            for method in methods:
                yield method.upper(), path

    def watch(self, client: httpx.Client) -> httpx.Client:
        """Hold every answer that a client gets against the document."""
        client.event_hooks["response"].append(self.check)
        return client

    def check(self, response: httpx.Response) -> None:
        """Note what an answer is not as the document says."""
        response.read()
        path = response.request.url.raw_path.decode().partition("?")[0].removeprefix(_PREFIX)
        found = self.operation(response.request.method, path)
        if found is None:
            return
        said = f"{found[0]} {found[1]} {response.status_code}"
        if response.is_success:
            self.answered.add(found)
        self.faults += [f"{said}: {fault}" for fault in self._faults(found, response)]

    def operation(self, method: str, path: str) -> tuple[str, str] | None:
        """Return the operation of an address: that with the fewest parameters."""
        matching = [
            (pattern.count("{"), pattern)
            for expression, pattern in self._patterns
            if expression.fullmatch(path) and method.lower() in self.document["paths"][pattern]
        ]
        return (method, min(matching)[1]) if matching else None

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))), path)
            for path in self.document["paths"]
        ]

    def _faults(self, found: tuple[str, str], response: httpx.Response) -> Iterator[str]:
        method, path = found
        answers = self.document["paths"][path][method.lower()]["responses"]
        answer = answers.get(str(response.status_code))
        if answer is None:
            if response.is_success:
                yield f"no such answer; there are {sorted(answers)}"
                return
            answer = {"content": {"application/json": {"schema": _EXCEPTION}}}
        contents = answer.get("content", {})
        if not contents:
            if response.content:
                yield "a body, and none is expected"
            return
        kind = response.headers.get("content-type", "")
        if kind != "application/json":
            if response.is_success and not _fits(kind, contents):
                yield f"content type {kind}, and {sorted(contents)} are expected"
            return
        content = contents.get("application/json")
        if content is None:
            yield f"JSON, and {sorted(contents)} are expected"
            return
        yield from self._misfits(content["schema"], response.json())

    def _misfits(self, schema: dict[str, object], value: object) -> Iterator[str]:
        whole = {**schema, "components": self.document["components"]}
        for error in OAS30Validator(whole).iter_errors(value):
            if error.instance is None and error.absolute_path and _is_object(error.schema):
                continue  # the document cannot say that an object may be null; Camunda's is
            yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        yield from self._missing(schema, value, "")

    def _missing(self, schema: dict[str, object], value: object, place: str) -> Iterator[str]:
        """Yield the members that the document has and an answer has not."""
        schema = self._resolved(schema)
        if isinstance(value, list):
            for each in value[:3]:
                yield from self._missing(schema.get("items", {}), each, f"{place}[]")
        if not isinstance(value, dict) or "code" in self._members(schema):
            return
        for name, member in self._members(schema).items():
            if name not in value and "$ref" not in member and name not in _ON_REQUEST:
                yield f"{place}.{name} is missing"
            if name in value:
                yield from self._missing(member, value[name], f"{place}.{name}")

    def _members(self, schema: dict[str, object]) -> dict[str, dict[str, object]]:
        schema = self._resolved(schema)
        members = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            members |= self._members(part)
        return members

    def _resolved(self, schema: dict[str, object]) -> dict[str, object]:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return self.document["components"]["schemas"][name] if name else schema


_ON_REQUEST = {"variables"}
"""Members that are only there when they are asked for."""
_EXCEPTION = {"$ref": "#/components/schemas/ExceptionDto"}


def _is_object(schema: dict[str, object]) -> bool:
    return schema.get("type") == "object"


def _fits(kind: str, contents: dict[str, object]) -> bool:
    plain = kind.partition(";")[0]
    return any(each in {plain, "*/*"} for each in contents)
