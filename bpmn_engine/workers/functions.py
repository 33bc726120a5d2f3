"""Jobs of registered functions: a service task whose expression is the call of one.

Such a task is a job of the function's name (docs/camunda.md). Where no worker is written for it,
the function does it: with the evaluated arguments, and its result under the task's variable.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.values import lower
from bpmn_engine.expressions.juel.registered import call_registered
from bpmn_engine.functions import Functions
from bpmn_engine.values import Variables
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.python_workers import PermanentFailureError, PythonWorker

FUNCTIONS: Final = "functions"
"""The name under which a worker process is told to do these jobs, beside names of adapters."""

ARGUMENTS: Final = "arguments"
RESULT_HEADER: Final = "resultVariable"


def function_workers(functions: Functions) -> dict[str, PythonWorker]:
    """Return what does the jobs of each function, by job type."""
    return {name: function_worker(functions, name) for name in functions.table.functions}


def function_worker(functions: Functions, name: str) -> Callable[[ActivatedJob], Variables]:
    """Return what does the jobs of a function."""

    def work(job: ActivatedJob) -> Variables:
        function = functions.table.find(name)
        if function is None:
            raise PermanentFailureError(f"Expected the function {name}(), but there is none.")
        arguments = json.loads(job.headers.get(ARGUMENTS, "[]"))
        problem = function.misfit(len(arguments))
        if problem is not None:
            raise PermanentFailureError(problem)
        budget = Budget()
        try:
            value = lower(call_registered(function, arguments, budget, 0), budget)
        except FailingError as failing:
            raise PermanentFailureError(failing.message) from failing
        result = job.headers.get(RESULT_HEADER)
        return {result: value} if result else {}

    return work
