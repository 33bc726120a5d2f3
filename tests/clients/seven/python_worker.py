"""Works for the engine with camunda-external-task-client-python3, as it is installed.

python python_worker.py URL '{"does": "complete", "times": 1}'; it prints a line of JSON for
each task that it is given, then `done`, or what went wrong.
"""

import json
import sys

from camunda.client.engine_client import EngineClient
from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker

BASE_URL, PLAN = sys.argv[1], json.loads(sys.argv[2])
CONFIG = {
    "maxTasks": 1,
    "lockDuration": 10_000,
    "asyncResponseTimeout": 5_000,
    "retries": 2,
    "retryTimeout": 0,
    **PLAN.get("config", {}),
}
TYPED = {
    "at": {"type": "Date", "value": "2030-01-05T09:00:00.000+0000"},
    "lines": {"type": "Json", "value": "[1, 2]"},
    "answer": {"type": "File", "value": "WWVz", "valueInfo": {"filename": "answer.txt"}},
}


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def act(task: ExternalTask) -> TaskResult:
    say(
        business_key=task.get_business_key(),
        variables=task.get_variables(),
        properties=task.get_extension_properties(),
    )
    match PLAN["does"]:
        case "complete":
            return task.complete({"done": True, "order": {"lines": 2}}, {"label": "P-2"})
        case "typed":
            say(order=json.loads(task.get_variable("order")), due=task.get_variable("due"))
            say(letter=task.get_variable("letter", with_meta=True)["valueInfo"])
            return task.complete(TYPED)
        case "fail":
            return task.failure("no line", "Traceback: line", max_retries=2, retry_timeout=0)
        case _:
            return task.bpmn_error("LOST", "It is gone", {"why": "empty"})


try:
    if "start" in PLAN:
        engine = EngineClient(BASE_URL, config=CONFIG)
        say(started=engine.start_process("shipping", PLAN["start"], business_key="B-1")["id"])
    worker = ExternalTaskWorker(worker_id="py", base_url=BASE_URL, config=CONFIG)
    say(ready=True)
    for _ in range(PLAN.get("times", 1)):
        worker.fetch_and_execute("pack", act, process_variables=PLAN.get("process_variables"))
    say(done=True)
except Exception as error:  # noqa: BLE001 -- whatever it is, the test reads it
    say(error=str(error))
