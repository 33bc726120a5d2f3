"""What a deployment stores, worked out before the database is asked anything."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bpmn_engine.analysis.process_analysis import analyse_process, analyse_together
from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.expressions.timers import TimerSchedule, first_firing
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.graph.specs import (
    ConditionSpec,
    MessageSpec,
    SignalSpec,
    TimerSpec,
    TriggerSpec,
)
from bpmn_engine.ids import ElementId
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.definitions import (
    Certificate,
    CoverageEntry,
    Definitions,
    Process,
    Refusal,
    Severity,
    Violation,
)
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.service.correlation import correlated_messages
from bpmn_engine.service.decision_files import CheckedDecision, DecisionFiles
from bpmn_engine.service.forms import parse_form
from bpmn_engine.service.graphs import all_nodes
from bpmn_engine.service.outcomes import Problem, ProblemKind, Resource
from bpmn_engine.store.starts import ANY_CONDITION, StartSubscription
from bpmn_engine.values import JsonValue
from bpmn_engine.views.definitions import StartFormView


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProcess:
    """One process of a file, ready to be stored."""

    resource: Resource
    process: Process
    certificate: Certificate  #: of the whole file
    warnings: tuple[Violation, ...]  #: of the whole file, and of the analysis of this process
    element_names: Mapping[str, str]
    start_forms: tuple[StartFormView, ...]
    is_startable: bool
    flavour: str
    subscriptions: tuple[StartSubscription, ...]
    timers: tuple[tuple[str, TimerSchedule], ...]  #: start event, first firing
    correlated: tuple[str, ...] = ()  #: messages with correlation keys of the standard


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedForm:
    """One form file, ready to be stored."""

    resource: Resource
    form_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDeployment:
    """Files that may be deployed together."""

    processes: tuple[CheckedProcess, ...]
    forms: tuple[CheckedForm, ...]
    decisions: tuple[CheckedDecision, ...]
    entries: tuple[CoverageEntry, ...]  #: the certificates of all files, one after the other
    warnings: tuple[Violation, ...]


def check_file(
    content: bytes, filename: str, max_bytes: int, functions: FunctionTable = NO_FUNCTIONS
) -> Definitions | Refusal:
    """Parse a diagram and compile what is in it; store nothing."""
    parsed = read_definitions(content, filename=filename, max_bytes=max_bytes)
    if isinstance(parsed, Refusal):
        return parsed
    violations: list[Violation] = []
    compiled: list[tuple[Process, ProcessGraph]] = []
    for process in parsed.processes:
        graph = compile_process(process, functions=functions)
        if isinstance(graph, ProcessGraph):
            compiled.append((process, graph))
        else:
            violations.extend(graph)
    if violations:
        return Refusal(violations=(*violations, *parsed.warnings), certificate=parsed.certificate)
    found = [one for process, graph in compiled for one in analyse_process(process, graph)]
    warnings = (*parsed.warnings, *found, *analyse_together(compiled))
    return dataclasses.replace(parsed, warnings=warnings)


def check_deployment(
    resources: Sequence[Resource],
    now: dt.datetime,
    max_bytes: int,
    functions: FunctionTable = NO_FUNCTIONS,
) -> CheckedDeployment | Problem:
    """Check all files of a deployment together, and list everything that is wrong with any."""
    check = _Check(now=now, max_bytes=max_bytes, functions=functions)
    for resource in resources:
        check.add(resource)
    return check.result()


class _Check:
    """Gathers what is right and what is wrong, file by file."""

    def __init__(self, *, now: dt.datetime, max_bytes: int, functions: FunctionTable) -> None:
        self._now = now
        self._functions = functions
        self._max_bytes = max_bytes
        self._processes: list[CheckedProcess] = []
        self._compiled: list[tuple[Process, ProcessGraph]] = []
        self._forms: list[CheckedForm] = []
        self._decisions = DecisionFiles(max_bytes)
        self._entries: list[CoverageEntry] = []
        self._warnings: list[Violation] = []
        self._violations: list[Violation] = []
        self._names: set[str] = set()

    def add(self, resource: Resource) -> None:
        """Check one file; its name says what it is."""
        if resource.name in self._names:
            self._refuse(
                "duplicate-file", f"Expected each file once, but {resource.name!r} twice."
            )
        self._names.add(resource.name)
        suffix = resource.name.rpartition(".")[2].lower()
        if suffix in {"bpmn", "xml"}:
            self._add_diagram(resource)
        elif suffix == "form":
            self._add_form(resource)
        elif suffix == "dmn":
            self._violations.extend(self._decisions.add(resource))
        else:
            self._refuse(
                "unknown-file",
                f"Expected .bpmn, .form and .dmn files, but {resource.name!r} is none of them.",
            )

    def result(self) -> CheckedDeployment | Problem:
        """Return the deployment, or the problem with every violation found."""
        decisions = self._decisions.checked()
        for violation in decisions.violations:
            is_error = violation.severity is Severity.ERROR
            (self._violations if is_error else self._warnings).append(violation)
        if not self._names:
            self._refuse("empty", "Expected at least one .bpmn, .form or .dmn file, but got none.")
        if self._violations:
            count = len(self._violations)
            return Problem(
                kind=ProblemKind.REFUSED,
                message="Expected files that can be executed as drawn, but there "
                f"{'is 1 violation' if count == 1 else f'are {count} violations'}.",
                violations=(*self._violations, *self._warnings),
                certificate=Certificate(entries=tuple(self._entries)),
            )
        together = analyse_together(self._compiled)
        return CheckedDeployment(
            processes=tuple(_with_findings(checked, together) for checked in self._processes),
            forms=tuple(self._forms),
            decisions=decisions.decisions,
            entries=tuple(self._entries),
            warnings=(*self._warnings, *together),
        )

    def _refuse(self, rule: str, message: str, element_id: str | None = None) -> None:
        self._violations.append(
            Violation(
                rule=rule,
                message=message,
                element_id=None if element_id is None else ElementId(element_id),
            )
        )

    def _add_form(self, resource: Resource) -> None:
        if len(resource.content) > self._max_bytes:
            self._refuse("size", f"Expected at most {self._max_bytes} bytes in {resource.name!r}.")
            return
        form = parse_form(resource.content)
        if isinstance(form, str):
            self._refuse("form", f"{resource.name}: {form}")
            return
        form_id = form.form_id
        if any(checked.form_id == form_id for checked in self._forms):
            self._refuse(
                "duplicate-form", f"Expected one form {form_id!r}, but there are several."
            )
        self._forms.append(CheckedForm(resource=resource, form_id=form_id))

    def _add_diagram(self, resource: Resource) -> None:
        parsed = read_definitions(
            resource.content, filename=resource.name, max_bytes=self._max_bytes
        )
        self._entries.extend(parsed.certificate.entries)
        if isinstance(parsed, Refusal):
            for violation in parsed.violations:
                is_error = violation.severity is Severity.ERROR
                (self._violations if is_error else self._warnings).append(violation)
            return
        self._warnings.extend(parsed.warnings)
        for process in parsed.processes:
            self._add_process(resource, parsed, process)

    def _add_process(self, resource: Resource, parsed: Definitions, process: Process) -> None:
        if any(checked.process.id == process.id for checked in self._processes):
            self._refuse(
                "duplicate-process",
                f"Expected one process {process.id!r} in a deployment, but there are several.",
                process.id,
            )
            return
        graph = compile_process(process, functions=self._functions)
        if not isinstance(graph, ProcessGraph):
            self._violations.extend(graph)
            return
        self._compiled.append((process, graph))
        found = analyse_process(process, graph)
        self._warnings.extend(found)
        starts = _Starts(graph, self._now)
        self._violations.extend(starts.violations)
        self._processes.append(
            CheckedProcess(
                resource=resource,
                process=process,
                certificate=parsed.certificate,
                warnings=(*parsed.warnings, *found),
                element_names={
                    node.id: node.name for node in all_nodes(process) if node.name is not None
                },
                start_forms=tuple(starts.forms),
                is_startable=process.is_startable_by_hand and bool(graph.scopes[0].starts),
                flavour=_flavour(resource.content),
                subscriptions=tuple(starts.subscriptions),
                timers=tuple(starts.timers),
                correlated=correlated_messages(graph),
            )
        )


def _with_findings(checked: CheckedProcess, found: Sequence[Violation]) -> CheckedProcess:
    """Return the process with those findings about a deployment that name an element of it."""
    ids = {node.id for node in all_nodes(checked.process)}
    own = [one for one in found if one.element_id in ids]
    return dataclasses.replace(checked, warnings=(*checked.warnings, *own)) if own else checked


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsAgain:
    """What begins a process that was deployed before."""

    subscriptions: tuple[StartSubscription, ...]
    timers: tuple[tuple[str, TimerSchedule], ...]  #: start event, next firing
    correlated: tuple[str, ...]


def starts_again(graph: ProcessGraph, now: dt.datetime) -> StartsAgain:
    """Return what begins a deployed process when it is the latest version again."""
    found = _Starts(graph, now)
    return StartsAgain(
        subscriptions=tuple(found.subscriptions),
        timers=tuple(found.timers),
        correlated=correlated_messages(graph),
    )


class _Starts:
    """What begins a process, other than by hand; its expressions see no variables."""

    def __init__(self, graph: ProcessGraph, now: dt.datetime) -> None:
        self.forms: list[StartFormView] = []
        self.subscriptions: list[StartSubscription] = []
        self.timers: list[tuple[str, TimerSchedule]] = []
        self.violations: list[Violation] = []
        for index in graph.start_events:
            spec = graph.start_spec(index)
            element_id = graph.nodes[index].element_id
            if spec is not None and spec.trigger is None:
                self.forms.append(StartFormView(element_id=element_id, form=spec.form))
            for trigger in graph.instantiating_triggers(index):
                self._add_trigger(element_id, trigger, now)
        self.subscriptions = list(dict.fromkeys(self.subscriptions))

    def _add_trigger(self, element_id: ElementId, trigger: TriggerSpec, now: dt.datetime) -> None:
        match trigger:
            case ConditionSpec():
                self.subscriptions.append(
                    StartSubscription(
                        kind=WaitKind.CONDITION, name=ANY_CONDITION, element_id=element_id
                    )
                )
            case MessageSpec(name=name):
                self._subscribe(element_id, WaitKind.MESSAGE, name.evaluate({}, now))
            case SignalSpec(name=name):
                self._subscribe(element_id, WaitKind.SIGNAL, name.evaluate({}, now))
            case TimerSpec(kind=kind, expression=expression):
                value = expression.evaluate({}, now)
                schedule = (
                    value
                    if isinstance(value, EvaluationFailure)
                    else first_firing(kind, value, now)
                )
                self._schedule(element_id, schedule)

    def _subscribe(
        self, element_id: ElementId, kind: WaitKind, name: JsonValue | EvaluationFailure
    ) -> None:
        if isinstance(name, str) and name:
            self.subscriptions.append(
                StartSubscription(kind=kind, name=name, element_id=element_id)
            )
            return
        reason = name.message if isinstance(name, EvaluationFailure) else f"it gives {name!r}"
        self._violate(
            element_id,
            f"Expected the name of the {kind.value} that starts the process as a text "
            f"that needs no variables, but {reason}.",
        )

    def _schedule(
        self, element_id: ElementId, schedule: TimerSchedule | EvaluationFailure
    ) -> None:
        if isinstance(schedule, EvaluationFailure):
            self._violate(
                element_id,
                "Expected a timer that needs no variables, since the process has none before it "
                f"starts: {schedule.message}",
            )
            return
        self.timers.append((element_id, schedule))

    def _violate(self, element_id: ElementId, message: str) -> None:
        self.violations.append(
            Violation(rule="start-event", message=message, element_id=element_id)
        )


def _flavour(content: bytes) -> str:
    """Return whose vendor attributes a file uses, by the namespaces it declares."""
    if b"http://camunda.org/schema/zeebe/1.0" in content:
        return "zeebe"
    if b"http://camunda.org/schema/1.0/bpmn" in content:
        return "camunda"
    return "bpmn"
