"""Does the jobs of script tasks in JavaScript and Python, confined (docs/scripts.md)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from bpmn_engine.errors import BpmnError
from bpmn_engine.sandbox.runner import (
    ScriptError,
    ScriptFailure,
    ScriptLanguage,
    ScriptRequest,
    run_script,
)
from bpmn_engine.views.work import ActivatedJob, JobCost, MeasuredResult
from bpmn_engine.workers.python_workers import PermanentFailureError, WorkerRegistry
from bpmn_engine.workers.script_use import tell_use

SCRIPTS: Final = "scripts"
"""The name under which a worker process is told to do these jobs, beside names of adapters."""

LANGUAGES: Final = MappingProxyType(
    {
        "bpmn-engine:javascript:1": ScriptLanguage.JAVASCRIPT,
        "bpmn-engine:python:1": ScriptLanguage.PYTHON,
    }
)
"""Job type to the language of its scripts."""

SOURCE_HEADER: Final = "script"
RESULT_HEADER: Final = "scriptResultVariable"


def do_script(job: ActivatedJob) -> MeasuredResult:
    """Run the script of a job; return what it has set, and its value under the variable named.

    What it has used is kept with it; see also `bpmn_engine.workers.script_use`.

    Raises:
        BpmnError: the script has thrown one.
        PermanentFailureError: it failed or was stopped, and would be again.
        OSError: no process could be started; try again.
    """
    language = LANGUAGES[job.job_type]
    source = job.headers.get(SOURCE_HEADER, "")
    if not source.strip():
        raise PermanentFailureError(
            f"Expected the source of the script in the header {SOURCE_HEADER}, but it is empty."
        )
    outcome = run_script(
        ScriptRequest(
            language=language,
            source=source,
            variables=job.variables,
            process_instance_id=str(job.process_instance_key),
            business_key=job.business_key,
        )
    )
    tell_use(job.key, language, outcome)
    if isinstance(outcome, ScriptError):
        raise BpmnError(outcome.code, outcome.message)
    if isinstance(outcome, ScriptFailure):
        raise PermanentFailureError(outcome.message)
    result = job.headers.get(RESULT_HEADER)
    value = {result: outcome.value} if result else {}
    cost = JobCost(cpu_ms=outcome.cost.cpu_ms, memory_kb=outcome.cost.memory_kb)
    return MeasuredResult(variables={**outcome.variables, **value}, cost=cost)


def script_workers() -> WorkerRegistry:
    """Return a registry that does the jobs of scripts; others may be added."""
    registry = WorkerRegistry()
    for job_type in LANGUAGES:
        registry.add(job_type, do_script)
    return registry
