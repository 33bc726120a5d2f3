"""Expressions as they stand in the file (BPMN 2.0.2, section 8.4.7): text and default language."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import DefaultLanguage, FormalExpression
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.namespaces import local_name, text_of

IDENTIFIER: Final = re.compile(r"[^\W\d]\w*")
PATH: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_XPATH = ("http://www.w3.org/1999/xpath", "http://www.w3.org/tr/xpath")
_WORKER_HINT = (
    "Only FEEL and JUEL run inside the engine: rewrite it as a FEEL expression, or give the task "
    "a job type and run it in an external worker"
)


def literal(text: str) -> FormalExpression:
    """Return an expression that is plain text unless `=` or `${` says otherwise."""
    return FormalExpression(text=text.strip(), default=DefaultLanguage.LITERAL)


def feel(text: str) -> FormalExpression:
    """Return an expression that is FEEL unless `${` says otherwise."""
    return FormalExpression(text=text.strip(), default=DefaultLanguage.FEEL)


def optional_literal(text: str | None) -> FormalExpression | None:
    """Return `literal(text)`, or None for no text."""
    return None if text is None or not text.strip() else literal(text)


def is_marked(text: str) -> bool:
    """Tell whether the text itself says its language."""
    stripped = text.lstrip()
    return stripped.startswith("=") or "${" in stripped or "#{" in stripped


def read_expression(diagram: Diagram, element: Element) -> FormalExpression | None:
    """Read a condition, cardinality or other expression element whose bare text is FEEL.

    An empty text and a language that is not executed are violations; the result is then None.
    """
    text = text_of(element)
    if not text:
        diagram.findings.violate(
            _named(element),
            "empty-expression",
            f"Expected an expression in {local_name(element)}, but it is empty. "
            "Write one, or remove the element.",
        )
        return None
    problem = language_problem(diagram, element.get("language"), text)
    if problem is not None:
        diagram.findings.violate(_named(element), "expression-language", f"{problem}.")
        return None
    return feel(text)


def language_problem(diagram: Diagram, language: str | None, text: str) -> str | None:
    """Say why an expression's language cannot be executed; None when it can.

    The standard's default for a whole file is XPath, which modelers write without meaning it: a
    bare text then counts as FEEL.
    """
    if language is not None and language.strip():
        return None if is_executed(language) else _not_executed(language)
    default = diagram.root.get("expressionLanguage")
    if default is None or is_executed(default) or is_marked(text):
        return None
    if default.strip().lower().startswith(_XPATH):
        return None
    return _not_executed(default)


def is_executed(language: str) -> bool:
    """Tell whether a language name or URI means FEEL or JUEL."""
    lowered = language.strip().lower()
    return "feel" in lowered or lowered == "juel"


def script_problem(script_format: str | None) -> str | None:
    """Say why a script's format cannot be executed; None when it can."""
    if script_format is None or not script_format.strip() or is_executed(script_format):
        return None
    return f"Scripts in {script_format.strip()!r} are not executed. {_WORKER_HINT}"


def read_script(diagram: Diagram, script: Element, what: str) -> FormalExpression | None:
    """Read a camunda:script; `what` it belongs to is what to remove when it is empty."""
    problem = script_problem(script.get("scriptFormat"))
    if script.get("resource"):
        problem = "A script in another file is not read. Write it into the diagram in FEEL"
    text = text_of(script)
    if problem is None and not text:
        problem = f"The script is empty. Write it, or remove the {what}"
    if problem is not None:
        diagram.findings.refuse_part(script, "camunda:script", f"{problem}.")
        return None
    return feel(text)


def variable_expression(diagram: Diagram, owner: Element, name: str) -> FormalExpression | None:
    """Return a FEEL expression that reads the variable of this name.

    Text that is an expression already stays as it is. A name that FEEL would read as something
    else, such as `my-list`, is a violation.
    """
    if is_marked(name):
        return literal(name)
    if PATH.fullmatch(name.strip()):
        return feel(name)
    diagram.findings.violate(
        _named(owner),
        "variable-name",
        f"Expected the name of a variable (letters, digits, _), but found {name.strip()!r}. "
        "Rename the variable, or write an expression.",
    )
    return None


def _not_executed(language: str) -> str:
    return f"Expressions in {language.strip()!r} are not executed. {_WORKER_HINT}"


def _named(element: Element) -> Element:
    """Return the element, or the nearest one around it that has an id."""
    current: Element | None = element
    while current is not None:
        if current.get("id"):
            return current
        current = current.getparent()
    return element
