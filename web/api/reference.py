"""The API's reference page, written from its own OpenAPI document; nothing is loaded from afar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import cast

from flask import Blueprint, Flask, Response, jsonify, redirect, render_template
from flask_smorest import Api
from werkzeug.wrappers import Response as BaseResponse

from web.api.resource import API_PREFIX, openapi_document

_METHODS = ("get", "post", "put", "patch", "delete")

Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One parameter, or one member of a body, in words."""

    name: str
    place: str  #: path, query or body
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as the reference page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    inputs: tuple[Member, ...]
    status: str
    answer: str  #: name of the answer's schema, or its content type
    outputs: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One resource of the API."""

    name: str
    description: str
    operations: tuple[Operation, ...]


def register_reference(app: Flask, api: Api) -> None:
    """Serve the OpenAPI document and the page that shows it."""
    document = cache(lambda: openapi_document(api))
    reference = Blueprint("reference", __name__, template_folder="templates")

    def show_reference() -> str:
        return render_template(
            "api_reference.html", document=document(), sections=sections(document())
        )

    def old_address() -> BaseResponse:
        return redirect(f"{API_PREFIX}/docs", code=HTTPStatus.PERMANENT_REDIRECT)

    def openapi_json() -> Response:
        return jsonify(document())

    reference.add_url_rule(f"{API_PREFIX}/docs", "show_reference", show_reference)
    reference.add_url_rule("/api/docs", "old_address", old_address)
    app.register_blueprint(reference)
    app.view_functions["api-docs.openapi_json"] = openapi_json


def sections(document: Document) -> tuple[Section, ...]:
    """Return the operations of an OpenAPI document, by tag."""
    reader = _Reader(document)
    by_tag: dict[str, list[Operation]] = {}
    for path, item in cast("dict[str, Document]", document["paths"]).items():
        for method in _METHODS:
            operation = cast("Document | None", item.get(method))
            if operation is not None:
                shared = cast("list[Document]", item.get("parameters", []))
                tag = cast("list[str]", operation["tags"])[0]
                by_tag.setdefault(tag, []).append(
                    reader.operation(method, path, operation, shared)
                )
    tags = cast("list[dict[str, str]]", document.get("tags", []))
    return tuple(
        Section(
            name=tag["name"],
            description=tag.get("description", ""),
            operations=tuple(by_tag.get(tag["name"], ())),
        )
        for tag in tags
    )


class _Reader:
    """Resolves the references of a document and puts its types into words."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def operation(
        self, method: str, path: str, operation: Document, shared: list[Document]
    ) -> Operation:
        inputs = [
            self._parameter(each)
            for each in (*shared, *cast("list[Document]", operation.get("parameters", [])))
        ]
        body = cast("Document", operation.get("requestBody", {}))
        inputs += self._members(self._content_schema(body)[1], "body")
        status, response = self._good(cast("dict[str, Document]", operation["responses"]))
        content_type, schema = self._content_schema(response)
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return Operation(
            anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
            method=method.upper(),
            path=path,
            summary=str(operation.get("summary", "")),
            description=str(operation.get("description", "")),
            inputs=tuple(inputs),
            status=status,
            answer=name or content_type,
            outputs=tuple(self._members(schema, "answer")),
        )

    def _parameter(self, parameter: Document) -> Member:
        parameter = self._resolved(parameter)
        return Member(
            name=str(parameter["name"]),
            place=str(parameter["in"]),
            type=self._type(cast("Document", parameter.get("schema", {}))),
            is_required=bool(parameter.get("required")),
            description=str(parameter.get("description", "")),
        )

    def _members(self, schema: Document, place: str) -> list[Member]:
        schema = self._resolved(schema)
        required = cast("list[str]", schema.get("required", []))
        properties = cast("dict[str, Document]", schema.get("properties", {}))
        return [
            Member(
                name=name,
                place=place,
                type=self._type(member),
                is_required=name in required,
                description=str(member.get("description", "")),
            )
            for name, member in properties.items()
        ]

    def _type(self, schema: Document) -> str:
        if "$ref" in schema:
            return str(schema["$ref"]).rpartition("/")[2]
        if "enum" in schema:
            return " | ".join(str(each) for each in cast("list[object]", schema["enum"]))
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return " or ".join(self._type(each) for each in cast("list[Document]", choices))
        kind = schema.get("type", "any")
        words = " or ".join(cast("list[str]", kind)) if isinstance(kind, list) else str(kind)
        if "items" in schema:
            return f"{words} of {self._type(cast('Document', schema['items']))}"
        return f"{words} ({schema['format']})" if "format" in schema else words

    def _good(self, responses: dict[str, Document]) -> tuple[str, Document]:
        for status, response in responses.items():
            if str(status).startswith("2"):
                return str(status), self._resolved(response)
        return "", {}

    def _content_schema(self, holder: Document) -> tuple[str, Document]:
        content = cast("dict[str, Document]", holder.get("content", {}))
        for content_type, media in content.items():
            return content_type, cast("Document", media.get("schema", {}))
        return "", {}

    def _resolved(self, part: Document) -> Document:
        reference = part.get("$ref")
        if not isinstance(reference, str):
            return part
        found: object = self._document
        for step in reference.removeprefix("#/").split("/"):
            found = cast("Document", found)[step]
        return cast("Document", found)
