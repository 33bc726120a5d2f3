"""Runs one case: an engine of its own in memory, the steps in order, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bpmn_engine.errors import BpmnEngineError
from bpmn_engine.testing.cases.case_file import (
    CaseFile,
    Expect,
    ExpectIncidents,
    ProcessCase,
    Step,
)
from bpmn_engine.testing.cases.checks import CaseFailure, failures_of
from bpmn_engine.testing.cases.instance_choice import InstanceChoice
from bpmn_engine.testing.cases.steps import StepRefusedError, play_step
from bpmn_engine.testing.cases.yaml_nodes import Place
from bpmn_engine.testing.coverage.tally import InstanceTrace, read_traces
from bpmn_engine.testing.process_test import ProcessTest

_MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of a case; it passed if there are no failures."""

    case: ProcessCase
    failures: tuple[CaseFailure, ...]  #: of the first step that does not hold
    report: str  #: where the instances are, when there are failures
    traces: tuple[InstanceTrace, ...]  #: what its instances passed
    seconds: float

    @property
    def is_passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


def run_case(file: CaseFile, case: ProcessCase) -> CaseResult:
    """Run a case in an engine of its own."""
    began = time.perf_counter()
    with ProcessTest(case.starts_at) as test:
        run = _Run(file, test)
        failures = tuple(run.play(case))
        return CaseResult(
            case=case,
            failures=failures,
            report=run.report() if failures else "",
            traces=tuple(read_traces(test.engine.service, file.resources)),
            seconds=time.perf_counter() - began,
        )


class _Run:
    """One case while it runs."""

    def __init__(self, file: CaseFile, test: ProcessTest) -> None:
        self._file = file
        self._test = test
        self._choice = InstanceChoice(test, file.resources)
        self._expected_incidents: set[int] = set()

    def play(self, case: ProcessCase) -> Iterator[CaseFailure]:
        """Yield why the case does not pass: nothing, or what the first wrong step says."""
        failure = self._deploy()
        if failure is not None:
            yield failure
            return
        for target, answers in case.answers.items():
            self._test.answers.give(target, answers)
        for step in case.steps:
            failures = tuple(self._play(step))
            if failures:
                yield from failures
                return
        yield from self._unexpected_incidents(case)

    def report(self) -> str:
        """Return where the instances are and why they wait, newest first."""
        sights = self._choice.all_sights()
        if not sights:
            return "No instance was started."
        parts = [sight.describe() for sight in sights[:_MOST_SHOWN]]
        if len(sights) > _MOST_SHOWN:
            parts.append(f"… and {len(sights) - _MOST_SHOWN} more instances")
        now = self._test.clock.now()
        return "\n".join((f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC.", *parts))

    def _deploy(self) -> CaseFailure | None:
        try:
            self._test.deploy_resources(self._file.resources)
        except BpmnEngineError as error:
            return CaseFailure(place=self._file.deploy_place, message=str(error))
        return None

    def _play(self, step: Step) -> Iterator[CaseFailure]:
        try:
            if isinstance(step, Expect):
                yield from self._expect(step)
            else:
                play_step(step, self._test, self._choice)
        except (BpmnEngineError, StepRefusedError) as error:
            yield CaseFailure(place=step.place, message=str(error))

    def _expect(self, step: Expect) -> Iterator[CaseFailure]:
        sight = self._choice.of_expectation(step)
        for check in step.checks:
            yield from failures_of(check, sight)
        if any(_is_about_incidents(check) for check in step.checks):
            self._expected_incidents |= {incident.key for incident in sight.incidents}

    def _unexpected_incidents(self, case: ProcessCase) -> Iterator[CaseFailure]:
        """A process that is stuck where nobody looked has not passed its test."""
        for sight in self._choice.all_sights():
            for incident in sight.incidents:
                if incident.key in self._expected_incidents:
                    continue
                label = sight.elements.label(incident.element_id)
                yield CaseFailure(
                    place=_end_of(case),
                    message=f"Expected no incident at the end of the case, but there is one at "
                    f"{label}: {incident.message}\n  If it is meant, expect it: "
                    f"`- expect: {{incidents: {incident.element_id}}}`.",
                )


def _is_about_incidents(check: object) -> bool:
    return isinstance(check, ExpectIncidents)


def _end_of(case: ProcessCase) -> Place:
    return case.steps[-1].place if case.steps else case.place
