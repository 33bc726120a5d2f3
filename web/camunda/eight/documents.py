"""Documents: bytes that clients keep beside processes, and links that show one for a while."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from bpmn_engine.service.documents import DocumentContent
from bpmn_engine.service.searches import StoredDocument
from bpmn_engine.service.views import Problem
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.eight.searches import read_moment, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import now, principal, service, web_context
from web.errors import ProblemError, problem_error
from web.json_input import JsonFailure, read_json

STORE: Final = "database"
"""The only store there is."""

MOST_DOCUMENTS: Final = 100
"""Documents of one request."""

LONGEST_LINK: Final = dt.timedelta(days=7)
_LINK: Final = dt.timedelta(hours=1)

DOCUMENT_LINKS: Final = Blueprint("document-links", __name__)
"""Where links lead: whoever has one needs no log-in."""


class LinkBody(Body):
    """How long a link leads somewhere."""

    time_to_live = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1))


@ORCHESTRATION.post("/documents")
@partly("kept in the database, up to the size of a request")
def create_document() -> Response:
    """Store one document."""
    part = request.files.get("file")
    if part is None:
        refuse("Expected the part file of a multipart form.")
    known, content = _read(part, request.form.get("metadata"), request.args.get("documentId"))
    unless_problem(service().store_document(known, content, actor=principal().user_id) or known)
    return answer(_reference(known), status=HTTPStatus.CREATED)


@ORCHESTRATION.post("/documents/batch")
@partly("kept in the database, up to the size of a request")
def create_documents() -> Response:
    """Store several documents; those that cannot be stored are listed."""
    parts = request.files.getlist("files")
    described = request.form.getlist("metadataList")
    if not parts or len(parts) > MOST_DOCUMENTS:
        refuse(f"Expected 1 to {MOST_DOCUMENTS} parts files of a multipart form.")
    if described and len(described) != len(parts):
        refuse("Expected as many parts metadataList as files, or none.")
    created: list[JsonValue] = []
    failed: list[JsonValue] = []
    for place, part in enumerate(parts):
        known, content = _read(part, described[place] if described else None, None)
        problem = service().store_document(known, content, actor=principal().user_id)
        if problem is None:
            created.append(_reference(known))
        else:
            failed.append(_failure(known, problem))
    status = HTTPStatus.MULTI_STATUS if failed else HTTPStatus.CREATED
    return answer({"createdDocuments": created, "failedDocuments": failed}, status=status)


@ORCHESTRATION.get("/documents/<document_id>")
def get_document(document_id: str) -> Response:
    """Return a document, if it is still the one whose hash is given."""
    found = unless_problem(service().document(document_id))
    expected = request.args.get("contentHash")
    if expected is not None and expected != found.known.content_hash:
        refuse("Expected the content hash of the document, but got another.")
    return _content(found)


@ORCHESTRATION.delete("/documents/<document_id>")
def delete_document(document_id: str) -> Response:
    """Delete a document."""
    return done(service().delete_document(document_id))


@ORCHESTRATION.post("/documents/<document_id>/links")
def create_link(document_id: str) -> Response:
    """Make an address that shows a document for a while to whoever has it."""
    body = read_body(LinkBody)
    asked = body["time_to_live"]
    life = dt.timedelta(milliseconds=asked) if isinstance(asked, int) else _LINK
    if life > LONGEST_LINK:
        refuse(f"Expected a timeToLive of at most {LONGEST_LINK.days} days.")
    found = unless_problem(service().document(document_id))
    until = now() + life
    token = _links().dumps([document_id, found.known.content_hash, until.isoformat()])
    url = url_for("document-links.show", token=token, _external=True)
    return answer({"url": url, "expiresAt": written(until)}, status=HTTPStatus.CREATED)


@DOCUMENT_LINKS.get("/documents/links/<token>")
def show(token: str) -> Response:
    """Show the document that a link is for, until it is over."""
    gone = ProblemError(HTTPStatus.NOT_FOUND, "Expected a link to a document that still leads.")
    try:
        document_id, content_hash, until = _links().loads(token)
    except BadSignature as error:
        raise gone from error
    found = service().document(document_id)
    if dt.datetime.fromisoformat(until) <= now() or isinstance(found, Problem):
        raise gone
    if found.known.content_hash != content_hash:
        raise gone
    return _content(found)


def _links() -> URLSafeSerializer:
    return URLSafeSerializer(web_context().settings.secret_key, salt="document-link")


def _content(found: DocumentContent) -> Response:
    """Return the bytes of a document, to be saved and never to be run in our origin."""
    response = Response(found.content, content_type=found.known.content_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.known.file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _read(
    part: FileStorage, described: str | None, document_id: str | None
) -> tuple[StoredDocument, bytes]:
    content = part.stream.read()
    told = _metadata(described)
    given = told.get("expiresAt")
    expires_at = read_moment(given)
    if given is not None and expires_at is None:
        refuse("Expected a date and time with its offset for metadata.expiresAt.")
    process_id = told.get("processDefinitionId")
    known = StoredDocument(
        document_id=document_id or secrets.token_urlsafe(18),
        content_hash=hashlib.sha256(content).hexdigest(),
        content_type=_media_type(told.get("contentType") or part.mimetype),
        file_name=str(told.get("fileName") or part.filename or "document")[:255],
        size=len(content),
        created_at=now(),
        expires_at=expires_at,
        process_id=process_id if isinstance(process_id, str) else None,
        instance_key=definition_key(told.get("processInstanceKey")),
        custom=object_or_empty(told.get("customProperties"), "metadata.customProperties"),
    )
    if not known.file_name.isprintable() or len(known.document_id) > 250:  # noqa: PLR2004
        refuse("Expected a file name without control characters and an id of at most 250.")
    return known, content


def _media_type(value: JsonValue) -> str:
    text = str(value or "application/octet-stream").strip()
    return text if text.isprintable() and text.isascii() else "application/octet-stream"


def _metadata(described: str | None) -> dict[str, JsonValue]:
    if described is None or not described.strip():
        part = request.files.get("metadata")
        described = None if part is None else part.stream.read().decode("utf-8", "replace")
    if not described:
        return {}
    value = read_json(described)
    if isinstance(value, JsonFailure):
        refuse(f"Expected JSON in the part metadata: {value.message}")
    return object_or_empty(value, "metadata")


def _reference(known: StoredDocument) -> JsonValue:
    return {
        "camunda.document.type": "camunda",
        "storeId": STORE,
        "documentId": known.document_id,
        "contentHash": known.content_hash,
        "metadata": {
            "contentType": known.content_type,
            "fileName": known.file_name,
            "expiresAt": written(known.expires_at),
            "size": known.size,
            "processDefinitionId": known.process_id,
            "processInstanceKey": None if known.instance_key is None else str(known.instance_key),
            "customProperties": json.loads(json.dumps(dict(known.custom))),
        },
    }


def _failure(known: StoredDocument, problem: Problem) -> JsonValue:
    error = problem_error(problem)
    return {
        "fileName": known.file_name,
        "status": int(error.status),
        "title": error.status.phrase,
        "detail": problem.message,
    }
