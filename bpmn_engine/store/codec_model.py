"""Forms, certificates and violations <-> JSON: what the model says and tables keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict, cast

from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Coverage, CoverageEntry, Severity, Violation
from bpmn_engine.model.extensions import (
    DefaultLanguage,
    FormalExpression,
    FormDefinition,
    FormField,
    FormSource,
)
from bpmn_engine.store.codec_envelope import reading

EntryRecord = tuple[str, str, int, str, str | None]
ViolationRecord = tuple[str, str, str | None, int | None, int | None, str, str | None]


class _FieldRecord(TypedDict):
    id: str
    label: str | None
    type: str
    default: tuple[str, str] | None
    options: Mapping[str, str]
    constraints: Mapping[str, str]


class _FormRecord(TypedDict):
    source: str
    reference: str | None
    binding: str
    fields: list[_FieldRecord]
    binding_value: NotRequired[str | None]
    business_key_field: NotRequired[str | None]


def form_record(form: FormDefinition | None) -> object:
    """Return a form as JSON, or None."""
    if form is None:
        return None
    return {
        "source": form.source.value,
        "reference": form.reference,
        "binding": form.binding,
        "fields": [
            {
                "id": field.id,
                "label": field.label,
                "type": field.type,
                "default": field.default and (field.default.text, field.default.default.value),
                "options": field.options,
                "constraints": field.constraints,
            }
            for field in form.fields
        ],
        "binding_value": form.binding_value,
        "business_key_field": form.business_key_field,
    }


def read_form(record: object) -> FormDefinition | None:
    """Return the form of a record.

    Raises:
        CodecError: the record is not one of a form.
    """
    if record is None:
        return None
    with reading("a form"):
        form = cast("_FormRecord", record)
        return FormDefinition(
            source=FormSource(form["source"]),
            reference=form["reference"],
            binding=form["binding"],
            fields=tuple(_read_field(field) for field in form["fields"]),
            binding_value=form.get("binding_value"),
            business_key_field=form.get("business_key_field"),
        )


def _read_field(record: _FieldRecord) -> FormField:
    default = record["default"]
    return FormField(
        id=record["id"],
        label=record["label"],
        type=record["type"],
        default=default and FormalExpression(text=default[0], default=DefaultLanguage(default[1])),
        options=record["options"],
        constraints=record["constraints"],
    )


def certificate_record(entries: Sequence[CoverageEntry]) -> list[EntryRecord]:
    """Return the lines of a certificate as arrays."""
    return [
        (entry.element_id, entry.element_type, entry.line, entry.coverage.value, entry.reason)
        for entry in entries
    ]


def read_certificate(record: object) -> tuple[CoverageEntry, ...]:
    """Return the lines of a certificate.

    Raises:
        CodecError: the record is not one of a certificate.
    """
    with reading("a coverage certificate"):
        return tuple(
            CoverageEntry(
                element_id=element_id,
                element_type=element_type,
                line=line,
                coverage=Coverage(coverage),
                reason=reason,
            )
            for element_id, element_type, line, coverage, reason in cast(
                "list[EntryRecord]", record
            )
        )


def violations_record(violations: Sequence[Violation]) -> list[ViolationRecord]:
    """Return violations as arrays."""
    return [
        (
            violation.rule,
            violation.message,
            violation.element_id,
            violation.line,
            violation.column,
            violation.severity.value,
            violation.section,
        )
        for violation in violations
    ]


def read_violations(record: object) -> tuple[Violation, ...]:
    """Return the violations of a record.

    Raises:
        CodecError: the record is not one of violations.
    """
    with reading("violations"):
        return tuple(
            Violation(
                rule=rule,
                message=message,
                element_id=None if element_id is None else ElementId(element_id),
                line=line,
                column=column,
                severity=Severity(severity),
                section=section,
            )
            for rule, message, element_id, line, column, severity, section in cast(
                "list[ViolationRecord]", record
            )
        )
