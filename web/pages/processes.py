"""Process definitions: what is deployed, and starting it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    CoverageEntry,
    DefinitionSummary,
    DefinitionView,
    FormKind,
    FormView,
    Problem,
    Severity,
    StartRequest,
)
from web.context import principal, service
from web.errors import STATUS, FieldError, ProblemError
from web.forms import FormErrors
from web.pages.answers import (
    argument,
    go,
    good,
    page_request,
    paging,
    reason,
    tell,
    variables_field,
)
from web.starting import start_filled_in

PAGE: Final = 60
_VERDICTS: Final = {"executed": "executable", "documentation": "documentation"}


def definitions() -> str | Response:
    """Show the latest version of every process, or lead to the one that Camunda's links name."""
    if argument("process"):
        version = f"?version={_version()}" if _version() is not None else ""
        return go(f"/processes/{quote(argument('process'), safe='')}{version}")
    query = argument("q")
    page = good(
        service().definitions(latest_only=True, search=query or None, page=page_request(PAGE))
    )
    return render_template(
        "definitions.html",
        definitions=[_row(each) for each in page.items],
        query=query,
        paging=paging(page, "/processes", {"q": query}),
    )


def definition(process_id: str) -> str | Response:
    """Show one process definition, the latest version unless the address names another.

    An id of digits only is none of a process: Camunda's links mean an instance by it.
    """
    if process_id.isascii() and process_id.isdigit():
        return go(f"/instances/{process_id}")
    view = good(service().definition_by_id(process_id, _version()))
    return _page(view, error=None)


def start_instance(key: int) -> Response | tuple[str, int]:
    """Start an instance by hand; what was filled in is checked against the start form."""
    view = good(service().definition(key))
    try:
        variables = variables_field()
    except ProblemError as error:
        return _page(view, error=_words(error.errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    business_key = argument("business_key")[:255] or None
    wanted = StartRequest(definition_key=key, variables=variables, business_key=business_key)
    started = start_filled_in(wanted, principal())
    if isinstance(started, FormErrors):
        return _page(view, error=_words(started.errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(started, Problem):
        return _page(view, error=started.message), STATUS[started.kind]
    flash("Started.", "success")
    return go(f"/instances/{started.key}")


def delete_definition(key: int) -> Response:
    """Delete one version of a process; with its instances when the box is ticked."""
    summary = good(service().definition(key)).summary
    outcome = service().delete_definitions(
        [key],
        is_cascading=argument("cascade") == "true",
        reason=reason(),
        actor=principal().user_id,
    )
    is_done = tell(outcome, f"Version {summary.version} is deleted.")
    address = f"/processes/{quote(summary.process_id, safe='')}"
    if not is_done:
        return go(f"{address}?version={summary.version}")
    return go(address if summary.version_count > 1 else "/processes")


def certificate_rows(
    entries: Sequence[CoverageEntry], names: dict[str, str] | None = None
) -> list[dict[str, object]]:
    """Return a coverage certificate as the pages show it."""
    return [
        {
            "element_id": entry.element_id,
            "element_name": (names or {}).get(entry.element_id),
            "element_type": entry.element_type,
            "verdict": _VERDICTS.get(entry.coverage.value, entry.coverage.value),
            "note": entry.reason,
            "line": entry.line,
        }
        for entry in entries
    ]


def _page(view: DefinitionView, *, error: str | None) -> str:
    summary = view.summary
    versions = service().definition_versions(summary.process_id)
    form = service().start_form(summary.definition_key) if summary.is_startable else None
    has_form = isinstance(form, FormView) and form.kind is not FormKind.NONE
    return render_template(
        "definition.html",
        definition={
            **_summary(summary),
            "flavour": view.flavour,
            "documentation": view.documentation,
        },
        versions=[_summary(each) for each in versions],
        certificate=certificate_rows(view.certificate, dict(view.element_names)),
        start_form=form.schema if isinstance(form, FormView) and has_form else None,
        start_data=form.values if isinstance(form, FormView) and has_form else {},
        start_error=error,
        submitted=None
        if error is None
        else {
            "business_key": request.form.get("business_key", ""),
            "variables": request.form.get("variables", "{}"),
        },
        may_start=summary.starters.include(principal().caller),
        may_delete=principal().is_administrator,
        findings=_findings(view),
        marks=_marks(view),
    )


def _findings(view: DefinitionView) -> list[dict[str, object]]:
    """Return what was found when the definition was deployed, as the pages show it."""
    return [
        {
            "severity": each.severity.value,
            "element_id": each.element_id,
            "element_name": None
            if each.element_id is None
            else view.element_names.get(each.element_id),
            "line": each.line,
            "rule": each.rule,
            "message": each.message,
            "hint": f"BPMN 2.0.2, section {each.section}." if each.section else "",
        }
        for each in view.warnings
    ]


def _marks(view: DefinitionView) -> dict[str, list[str]]:
    """Return the warnings that the diagram marks: what is only information it does not."""
    marks: dict[str, list[str]] = {}
    for each in view.warnings:
        if each.element_id is not None and each.severity is Severity.WARNING:
            marks.setdefault(each.element_id, []).append(each.message)
    return marks


def _summary(summary: DefinitionSummary) -> dict[str, object]:
    members = {field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)}
    return {**members, "definition_key": str(summary.definition_key)}


def _row(summary: DefinitionSummary) -> dict[str, object]:
    may_start = summary.is_startable and summary.starters.include(principal().caller)
    return {**_summary(summary), "may_start": may_start}


def _version() -> int | None:
    text = argument("version")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 -- 32 bits
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected a version, but got {text[:20]!r}.")
    return int(text)


def _words(errors: Sequence[FieldError]) -> str:
    return " ".join(
        f"{error.field}: {error.message}" if error.field else error.message for error in errors
    )
