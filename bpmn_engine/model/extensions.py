"""The vendor attributes we honour, in neutral form (`camunda:` and `zeebe:` become the same)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class DefaultLanguage(Enum):
    """What an expression text is when nothing in it says so (`=`, `${`)."""

    FEEL = "feel"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalExpression:
    """An expression as it stands in the file; compiled by the graph compiler.

    A leading `=` makes it FEEL and `${` or `#{` makes it JUEL, whatever the default.
    """

    text: str
    default: DefaultLanguage = DefaultLanguage.LITERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalList:
    """A list of expressions and lists (camunda:list)."""

    items: tuple[FormalValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalMap:
    """A map whose keys and values are expressions (camunda:map); a later key wins."""

    entries: tuple[tuple[FormalExpression, FormalValue], ...]


FormalValue = FormalExpression | FormalList | FormalMap


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableMapping:
    """Sets `target` to the value of `source`: on entry (input) or exit (output).

    `target` may be a dotted path, which sets a key inside a context variable.
    """

    target: str
    source: FormalValue


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Makes a BPMN error of a job's answer (camunda:errorEventDefinition on an external task)."""

    condition: FormalExpression  #: true makes it one; it may read `externalTask`
    error_code: FormalExpression | None = None  #: None = what only a catcher of all catches
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """What goes into a connector and comes out of it (camunda:connector).

    The worker sees the inputs and nothing else; the process sees the outputs and nothing else.
    """

    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """The job that a worker does for this element (zeebe:taskDefinition, camunda:topic)."""

    type: FormalExpression
    retries: FormalExpression | None = None  #: number of attempts; None = the engine's default
    retry_cycle: FormalExpression | None = None  #: waits between attempts: `R3/PT10M`, `PT1M,PT5M`
    priority: FormalExpression | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FormalExpression] = field(default_factory=dict)
    """Headers worked out when the job is created."""
    errors: tuple[JobError, ...] = ()  #: asked in their order when a worker answers
    connector: Connector | None = None


class FormSource(Enum):
    """Where the form of a user task comes from."""

    CAMUNDA_FORM = "camunda_form"  #: a deployed Camunda form, by its id
    FORM_KEY = "form_key"  #: an address or key that the front end understands
    FIELDS = "fields"  #: camunda:formData: fields drawn into the diagram
    EMBEDDED = "embedded"  #: zeebe:userTaskForm: the form's JSON stands in the diagram


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One camunda:formField."""

    id: str
    label: str | None = None
    type: str = "string"  #: string, long, boolean, date, enum, or a custom word
    default: FormalExpression | None = None
    options: Mapping[str, str] = field(default_factory=dict)  #: value -> label, for enum
    constraints: Mapping[str, str] = field(
        default_factory=dict
    )  #: required, min, max, minlength …


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDefinition:
    """The form of a user task or of a none start event."""

    source: FormSource
    reference: str | None = None  #: form id, form key, or the embedded JSON
    binding: str = "latest"  #: latest, deployment, version, versionTag
    binding_value: str | None = None  #: the version or the version tag
    fields: tuple[FormField, ...] = ()
    business_key_field: str | None = None  #: of a start event: the field that is the business key


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Who may do a task: a group or a user of this name (section 10.3.1).

    With parameters the group is called like the resource and its parameters' values, joined by
    slashes: `Manager/EU`.
    """

    name: str
    parameters: tuple[FormalExpression, ...] = ()
    is_lane: bool = False  #: named by a lane: a group; nobody being in it, anybody may


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskDefinition:
    """Who does a user task, and by when."""

    assignee: FormalExpression | None = None
    candidate_users: FormalExpression | None = None  #: a list, or names separated by commas
    candidate_groups: FormalExpression | None = None  #: a list, or names separated by commas
    resources: tuple[Resource, ...] = ()  #: who may do it beside these
    due_at: FormalExpression | None = None  #: ISO 8601 date-time, or a duration from creation
    follow_up_at: FormalExpression | None = None
    priority: FormalExpression | None = None  #: 0 to 100; None = 50
    form: FormDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script whose value goes to `result_variable`; only FEEL and JUEL run inside the engine."""

    expression: FormalExpression
    result_variable: str | None = None
    bean_job: JobDefinition | None = None
    """Of a camunda:expression: the job that it is if it calls a method of a bean."""
