"""Lint: what would become of a diagram, without storing it."""

from __future__ import annotations

from flask import request

from bpmn_engine.model.definitions import Refusal
from bpmn_engine.service.views import Violation
from web.api.definition_schemas import LintSchema
from web.api.resource import Resource
from web.api.uploads import uploaded_resources
from web.context import service

LINT = Resource("lint", "/lint", "Check a diagram as a deployment would; nothing is stored.")


@LINT.endpoint("POST ", answer=LintSchema)
def check_diagram() -> dict[str, object]:
    """Check one diagram, sent as for a deployment, and say what would become of each element."""
    upload = uploaded_resources(request)
    diagram = upload.files[0]
    checked = service().check(diagram.content, diagram.name)
    violations: tuple[Violation, ...]
    process_ids: list[str]
    if isinstance(checked, Refusal):
        violations, process_ids = checked.violations, []
    else:
        violations, process_ids = checked.warnings, [each.id for each in checked.processes]
    return {
        "is_accepted": not isinstance(checked, Refusal),
        "process_ids": process_ids,
        "certificate": checked.certificate.entries,
        "violations": violations,
    }
