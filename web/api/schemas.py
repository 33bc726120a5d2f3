"""What the API's lists, errors and small answers look like, and how read models become them."""

from __future__ import annotations

import dataclasses
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import PageRequest

MAX_PAGE = 200
"""Items on one page at most."""

MAX_CURSOR = 1000
"""Characters a cursor may have."""


class FieldErrorSchema(ma.Schema):
    """What is wrong with one field of the input."""

    field = fields.String(metadata={"description": "Path such as variables.amount; may be empty."})
    message = fields.String()


class ProblemSchema(ma.Schema):
    """An error, as in RFC 9457."""

    type = fields.String(metadata={"description": "A URN that names the kind of problem."})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What happened, for a person."})
    errors = fields.List(fields.Nested(FieldErrorSchema))
    request_id = fields.String(metadata={"description": "Stands in the server's log."})


class PageQuery(ma.Schema):
    """Which part of a list is wanted."""

    cursor = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=MAX_CURSOR),
        metadata={"description": "next_cursor of an earlier page."},
    )
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(min=1, max=MAX_PAGE),
        metadata={"description": "Items on the page."},
    )


class PageValues(TypedDict):
    """A parsed `PageQuery`."""

    cursor: str | None
    limit: int


def page_request(query: PageValues) -> PageRequest:
    """Return the page that a parsed query asks for."""
    return PageRequest(cursor=query["cursor"], limit=query["limit"])


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a page of `item`."""
    name = item.__name__.removesuffix("Schema") + "PageSchema"
    return ma.Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(
                required=True, allow_none=True, metadata={"description": "null on the last page"}
            ),
        },
        name=name,
    )


def list_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a list that has no pages."""
    name = item.__name__.removesuffix("Schema") + "ListSchema"
    return ma.Schema.from_dict(
        {"items": fields.List(fields.Nested(item), required=True)}, name=name
    )


def flat(view: object, *nested: str) -> dict[str, object]:
    """Return the members of a read model by name, with those of its `nested` ones among them."""
    if not dataclasses.is_dataclass(view) or isinstance(view, type):
        raise TypeError(f"Expected a read model, but got {view!r}.")
    members: dict[str, object] = {
        field.name: getattr(view, field.name) for field in dataclasses.fields(view)
    }
    for name in nested:
        members |= flat(members.pop(name))
    return members
