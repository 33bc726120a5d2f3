"""Does the jobs of script tasks in JavaScript and Python, confined (docs/scripts.md)."""

from __future__ import annotations

import logging
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
from bpmn_engine.values import Variables
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.python_workers import PermanentFailureError, WorkerRegistry

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

_LOG = logging.getLogger(__name__)


def do_script(job: ActivatedJob) -> Variables:
    """Run the script of a job; return what it has set, and its value under the variable named.

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
    if isinstance(outcome, ScriptError):
        raise BpmnError(outcome.code, outcome.message)
    if isinstance(outcome, ScriptFailure):
        raise PermanentFailureError(outcome.message)
    _LOG.info(
        "job=%s language=%s outcome=script_ended cpu_ms=%s memory_kb=%s",
        job.key,
        language.value,
        outcome.cost.cpu_ms,
        outcome.cost.memory_kb,
    )
    result = job.headers.get(RESULT_HEADER)
    value = {result: outcome.value} if result else {}
    return {**outcome.variables, **value}


def script_workers() -> WorkerRegistry:
    """Return a registry that does the jobs of scripts; others may be added."""
    registry = WorkerRegistry()
    for job_type in LANGUAGES:
        registry.add(job_type, do_script)
    return registry
