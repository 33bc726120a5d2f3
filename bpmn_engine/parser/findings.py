"""What was found while reading one file: violations, and what became of each part of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.parser.namespaces import element_id_of, is_bpmn, line_of

MOST_VIOLATIONS: Final = 1000
"""How many violations of each severity are kept for one file."""


def owner_of(element: Element) -> Element:
    """Return the nearest BPMN element that has an id, beginning with the element itself."""
    current: Element | None = element
    while current is not None:
        if is_bpmn(current) and current.get("id"):
            return current
        current = current.getparent()
    return element


def violation(element: Element, rule: str, message: str, section: str | None = None) -> Violation:
    """Make an ERROR about an element of the file.

    Args:
        element: what is wrong; named by its id, or by `tag@line` if it has none.
        rule: the stable word of the rule.
        message: for the process owner, ending in what to do.
        section: of BPMN 2.0.2, when the standard says so.
    """
    return Violation(
        rule=rule,
        message=message,
        element_id=ElementId(element_id_of(element)),
        line=line_of(element),
        section=section,
    )


def warning(element: Element, rule: str, message: str, section: str | None = None) -> Violation:
    """Make a WARNING: the file may be deployed all the same."""
    found = violation(element, rule, message, section)
    return dataclasses.replace(found, severity=Severity.WARNING)


def _too_many(severity: Severity) -> Violation:
    return Violation(
        rule="too-many",
        message=f"Only the first {MOST_VIOLATIONS} are listed. Correct these, then deploy again.",
        severity=severity,
    )


@dataclass(slots=True, kw_only=True)
class Findings:
    """A mutable notebook that lives while one file is read."""

    violations: list[Violation] = field(default_factory=list)
    refused_parts: dict[tuple[Element, str], str] = field(default_factory=dict)
    refused_kinds: dict[Element, str] = field(default_factory=dict)
    read_parts: set[tuple[Element, str]] = field(default_factory=set)
    used: set[Element] = field(default_factory=set)
    _seen: set[Violation] = field(default_factory=set)
    _counts: dict[Severity, int] = field(default_factory=dict)

    def add(self, *found: Violation) -> None:
        """Note violations; the same one twice counts once.

        Of each severity the first `MOST_VIOLATIONS` are kept, and one more that says so.
        """
        for one in found:
            if one in self._seen:
                continue
            self._seen.add(one)
            count = self._counts.get(one.severity, 0) + 1
            self._counts[one.severity] = count
            if count <= MOST_VIOLATIONS:
                self.violations.append(one)
            elif count == MOST_VIOLATIONS + 1:
                self.violations.append(_too_many(one.severity))

    def add_unnamed(self, *found: Violation) -> None:
        """Note violations of rules that no earlier one names for the same element."""
        named = {(one.rule, one.element_id) for one in self.violations}
        self.add(*(one for one in found if (one.rule, one.element_id) not in named))

    def violate(
        self, element: Element, rule: str, message: str, section: str | None = None
    ) -> None:
        """Note an ERROR about a BPMN element; see `violation`."""
        self.add(violation(element, rule, message, section))

    def warn(self, element: Element, rule: str, message: str) -> None:
        """Note a WARNING; see `warning`."""
        self.add(warning(element, rule, message))

    def refuse_kind(
        self,
        element: Element,
        message: str,
        section: str | None = None,
        *,
        rule: str = "unsupported-element",
    ) -> None:
        """Note that this kind of element is not executed; all inside it is refused with it."""
        self.refused_kinds[element] = message
        self.violate(element, rule, message, section)

    def refuse_part(self, element: Element, part: str, message: str) -> None:
        """Note that a vendor's attribute or element of `element` is refused.

        Args:
            element: the element that has the attribute, or the vendor element itself.
            part: `camunda:topic`; the vendor element's own short name for an element.
            message: why, and what to do.
        """
        self.refused_parts[element, part] = message
        owner = owner_of(element)
        self.add(
            Violation(
                rule="unsupported-extension",
                message=f"{part}: {message}",
                element_id=ElementId(element_id_of(owner)),
                line=line_of(element),
            )
        )

    def has_errors(self) -> bool:
        """Tell whether anything found stops the deployment."""
        return any(one.severity is Severity.ERROR for one in self.violations)
