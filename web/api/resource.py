"""Resources of the API: the one place where flask-smorest, which has no types, is used.

An endpoint's handler gets what the request carries as `query` and `body`, and returns what its
answer schema writes, or a `Problem`, which becomes a problem document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar, cast

import marshmallow as ma
from flask import Flask, Response
from flask_smorest import Api, Blueprint

from bpmn_engine.service.views import Problem
from web.api.parsing import StrictParser
from web.api.schemas import ProblemSchema
from web.errors import PROBLEM_TYPE, problem_error
from web.keys import KeyConverter

API_PREFIX: Final = "/api/v1"

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_Decorator = Callable[[Callable[..., object]], Callable[..., object]]


class _ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint whose requests are parsed strictly."""

    ARGUMENTS_PARSER = StrictParser()


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The API whose errors are problem documents."""

    ERROR_SCHEMA = ProblemSchema


class Resource:
    """A group of endpoints: one tag of the OpenAPI document, one blueprint of Flask."""

    def __init__(self, name: str, path: str, description: str) -> None:
        self.blueprint = _ApiBlueprint(
            name, __name__, url_prefix=API_PREFIX + path, description=description
        )

    def endpoint(  # noqa: PLR0913 -- the parts of one description, all but one by keyword
        self,
        method_and_rule: str,
        *,
        query: type[ma.Schema] | None = None,
        body: type[ma.Schema] | None = None,
        answer: type[ma.Schema] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        content: tuple[str, ...] = (),
        request_headers: Mapping[str, str] | None = None,
        answer_headers: Mapping[str, str] | None = None,
    ) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
        """Register a handler for, say, `"POST /<key:key>/claim"`.

        Args:
            method_and_rule: The method and the rule below the resource's path.
            query: What the query string may hold; given to the handler as `query`.
            body: What the JSON body may hold; given to the handler as `body`.
            answer: How the handler's value is written; None for no content or a ready response.
            status: The status of a good answer.
            content: Content types of a ready response, for the description.
            request_headers: Headers the handler reads, each with its description.
            answer_headers: Headers of a good answer, each with its description.
        """
        method, _, rule = method_and_rule.partition(" ")

        def register(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
            handler: Callable[..., object] = _refusing_problems(view)
            handler = self._answering(answer, status, content, answer_headers or {})(handler)
            if request_headers:
                parameters = [_header(*each) for each in request_headers.items()]
                handler = self.blueprint.doc(parameters=parameters)(handler)
            for location, schema in (("json", body), ("query", query)):
                if schema is not None:
                    handler = self._parsing(schema, location)(handler)
            self.blueprint.add_url_rule(
                rule, view.__name__, handler, methods=[method], strict_slashes=False
            )
            return view

        return register

    def _parsing(self, schema: type[ma.Schema], location: str) -> _Decorator:
        name = {"json": "body", "query": "query"}[location]
        # One instance for all requests: of a class, one would be made for each.
        return cast(
            "_Decorator",
            self.blueprint.arguments(
                schema(), location=location, arg_name=name, required=location == "json"
            ),
        )

    def _answering(
        self,
        answer: type[ma.Schema] | None,
        status: HTTPStatus,
        content: tuple[str, ...],
        headers: Mapping[str, str],
    ) -> _Decorator:
        if answer is not None or not content:
            described = {
                name: {"description": words, "schema": {"type": "string"}}
                for name, words in headers.items()
            }
            return cast(
                "_Decorator", self.blueprint.response(status, answer, headers=described or None)
            )
        binary = {"type": "string", "format": "binary"}
        return cast("_Decorator", self.blueprint.response(status, binary, content_type=content[0]))


def create_api(app: Flask, resources: tuple[Resource, ...], version: str) -> Api:
    """Register the resources with `app` and return the API, which holds the description."""
    app.config.update(
        API_TITLE="BPMN Engine",
        API_VERSION=version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=API_PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": _DESCRIPTION},
            "security": [{"token": []}, {"session": []}],
        },
    )
    api = _Api(app)
    api.register_converter(KeyConverter, _key_parameter)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": "bpmn_engine_session"}
    )
    for resource in resources:
        api.register_blueprint(resource.blueprint)
    return api


def openapi_document(api: Api) -> dict[str, object]:
    """Return the OpenAPI 3.1 document; errors are of the content type problem+json."""
    document = cast("dict[str, object]", api.spec.to_dict())
    components = cast("dict[str, dict[str, dict[str, object]]]", document["components"])
    for response in components.get("responses", {}).values():
        content = cast("dict[str, object] | None", response.get("content"))
        if content and "application/json" in content:
            response["content"] = {PROBLEM_TYPE: content["application/json"]}
    return document


def no_content() -> Response:
    """Return the empty answer 204."""
    return Response(status=HTTPStatus.NO_CONTENT)


def _refusing_problems(view: Callable[..., object]) -> Callable[..., object]:
    @wraps(view)
    def answer(*args: object, **kwargs: object) -> object:
        result = view(*args, **kwargs)
        if isinstance(result, Problem):
            raise problem_error(result)
        return result

    return answer


def _header(name: str, description: str) -> dict[str, object]:
    return {
        "in": "header",
        "name": name,
        "description": description,
        "schema": {"type": "string"},
    }


def _key_parameter(_converter: KeyConverter) -> dict[str, str]:
    return {"type": "string", "pattern": "^[0-9]{1,19}$"}


_DESCRIPTION = """\
Keys are decimal strings. Times are ISO 8601 with an offset. Lists are cut into pages: an answer's
`next_cursor` is given back as `cursor`. Errors are problem documents (RFC 9457).
A request carries an API token (`Authorization: Bearer bpe_…`), or a log-in session and, when it
changes something, the session's CSRF token in the header `X-CSRF-Token`.
"""
