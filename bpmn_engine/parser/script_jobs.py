"""Script tasks in JavaScript and Python: jobs that the engine's own workers do, confined."""

from __future__ import annotations

import ast
import dataclasses
import textwrap
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import JobDefinition
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.jobs import engine_job
from bpmn_engine.parser.namespaces import first_child

_JAVASCRIPT: Final = "bpmn-engine:javascript:1"
_PYTHON: Final = "bpmn-engine:python:1"
_JOB_TYPES: Final = {
    **dict.fromkeys(("javascript", "ecmascript", "js", "graal.js", "nashorn"), _JAVASCRIPT),
    **dict.fromkeys(("text/javascript", "application/javascript"), _JAVASCRIPT),
    **dict.fromkeys(("python", "jython", "python3"), _PYTHON),
    **dict.fromkeys(("text/python", "text/x-python", "application/x-python"), _PYTHON),
}
"""Script format, in small letters, to the job type of its worker."""


def read_script_job(diagram: Diagram, element: Element) -> JobDefinition | None:
    """Read a script task whose language runs apart from the engine; None for any other.

    The headers `script` and `scriptResultVariable` tell the worker what to run, and where its
    value goes.
    """
    script_format = element.get("scriptFormat") or element.get("scriptLanguage") or ""
    job_type = _JOB_TYPES.get(script_format.strip().lower())
    source = _source(element)
    if job_type is None or not source:
        return None
    problem = _python_problem(source) if job_type == _PYTHON else None
    if problem is not None:
        diagram.findings.violate(element, "script-syntax", problem)
    job = engine_job(diagram, element, job_type)
    result = diagram.take(element, "camunda:resultVariable")
    own = {"script": source} | ({"scriptResultVariable": result} if result else {})
    return dataclasses.replace(job, headers={**job.headers, **own})


def _source(element: Element) -> str:
    """Return the script without what only indents it in the file."""
    script = first_child(element, "script")
    text = "" if script is None else "".join(script.itertext())
    return textwrap.dedent(text).strip("\n").rstrip()


def _python_problem(source: str) -> str | None:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        line = error.lineno if isinstance(error, SyntaxError) else 1
        return f"Expected a script in Python, but in its line {line}: {words}."
    return None
