"""Deploying diagrams and forms from a browser."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import render_template, request

from bpmn_engine.model.definitions import Definitions, Refusal, Severity
from bpmn_engine.service.views import (
    CoverageEntry,
    DeploymentResult,
    Problem,
    ProblemKind,
    Resource,
    Violation,
)
from web.api.uploads import read_files
from web.context import principal, service
from web.pages.answers import good
from web.pages.processes import certificate_rows

_DIAGRAMS = (".bpmn", ".xml")
_DECISIONS = ".dmn"


def deploy() -> str | tuple[str, int]:
    """Show the form; after a post, what became of the files."""
    if request.method != "POST":
        return render_template("deploy.html", result=None, certificate=[])
    files = read_files(request.files.getlist("files"))
    if request.form.get("dry_run") == "true":
        return _checked(files)
    outcome = service().deploy(files, name=None, actor=principal().user_id)
    if isinstance(outcome, Problem):
        return _refused(files, outcome)
    return _deployed(files, outcome)


def _checked(files: Sequence[Resource]) -> str:
    """Show what a deployment would find; nothing is stored."""
    violations: list[dict[str, object]] = []
    certificate: list[CoverageEntry] = []
    definitions: list[dict[str, object]] = []
    is_accepted = True
    for file in files:
        if not file.name.lower().endswith(_DIAGRAMS):
            continue
        checked: Definitions | Refusal = service().check(file.content, file.name)
        certificate += checked.certificate.entries
        if isinstance(checked, Refusal):
            is_accepted = False
            violations += _violations(checked.violations, file.name)
        else:
            violations += _violations(checked.warnings, file.name)
            definitions += [
                {"process_id": each.id, "name": each.name, "version": "next", "is_new": True}
                for each in checked.processes
            ]
    decisions = [file for file in files if file.name.lower().endswith(_DECISIONS)]
    found = service().check_decisions(decisions)
    violations += _violations(found, "")
    is_accepted = is_accepted and all(one.severity is not Severity.ERROR for one in found)
    return _page(
        {
            "is_accepted": is_accepted,
            "is_dry_run": True,
            "resource_names": [file.name for file in files],
            "definitions": definitions,
            "violations": violations,
        },
        certificate,
    )


def _refused(files: Sequence[Resource], problem: Problem) -> tuple[str, int]:
    if problem.kind is not ProblemKind.REFUSED and not problem.violations:
        good(problem)
    name = files[0].name if len(files) == 1 else ""
    text = _page(
        {
            "is_accepted": False,
            "is_dry_run": False,
            "resource_names": [file.name for file in files],
            "definitions": [],
            "violations": _violations(problem.violations, name),
        },
        problem.certificate.entries if problem.certificate else (),
    )
    return text, HTTPStatus.UNPROCESSABLE_ENTITY


def _deployed(files: Sequence[Resource], result: DeploymentResult) -> str:
    return _page(
        {
            "is_accepted": True,
            "is_dry_run": False,
            "resource_names": [file.name for file in files],
            "definitions": result.definitions,
            "violations": _violations(result.warnings, ""),
        },
        result.certificate,
    )


def _page(result: dict[str, object], certificate: Sequence[CoverageEntry]) -> str:
    return render_template("deploy.html", result=result, certificate=certificate_rows(certificate))


def _violations(violations: Sequence[Violation], name: str) -> list[dict[str, object]]:
    return [
        {
            "severity": each.severity.value,
            "resource_name": name,
            "element_id": each.element_id,
            "element_name": None,
            "line": each.line,
            "code": each.rule,
            "message": each.message,
            "hint": f"BPMN 2.0.2, section {each.section}." if each.section else "",
        }
        for each in violations
    ]
