"""People and programs that use the engine across the network, and remember what it said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import (
    MessageOutcome,
    MessageResult,
    Problem,
    ProblemKind,
    SignalResult,
)
from bpmn_engine.values import Variables
from bpmn_engine.views.instances import InstanceSummary
from bpmn_engine.views.operations import IncidentView
from bpmn_engine.views.paging import Caller, Page
from bpmn_engine.views.work import TaskFilter, UserTaskView
from tests.simulation.diagrams import CORRELATED, REMEDIES, STARTED
from tests.simulation.faults import Faults
from tests.simulation.hosts import LEASE
from tests.simulation.network import Delivery, Network, Operation, Unheard, says_nothing_changed
from tests.simulation.outside import Outside
from tests.simulation.scheduler import Scheduler

_TRIES: Final = 4
_LONG: Final = dt.timedelta(hours=10)
_SHORT: Final = dt.timedelta(seconds=3)


@dataclass(slots=True)
class Asked:
    """One command as its sender knows it."""

    actor: str  #: nobody else's, so that the journal tells what became of it
    action: str  #: what the journal calls it
    target: int | None = None  #: the instance it is for, if it is for one
    is_keyed: bool = False  #: whether it may arrive any number of times, and is done once
    deliveries: list[Delivery] = field(default_factory=list)
    answer: object = None  #: the last that was heard

    @property
    def is_acknowledged(self) -> bool:
        """Whether the engine said that it was done."""
        return self.answer is not None and not isinstance(self.answer, Problem | Unheard)


@dataclass(slots=True)
class Ledger:
    """Everything that was asked of the engine, and what it said."""

    asked: list[Asked] = field(default_factory=list)
    messages: dict[str, Asked] = field(default_factory=dict)  #: by the mark they carry
    ids: list[str] = field(default_factory=list)  #: of started instances
    keys: list[int] = field(default_factory=list)  #: of instances, as far as anybody was told
    marks: dict[str, str] = field(default_factory=dict)  #: mark of a message -> its name


class Callers:
    """What is done from outside."""

    def __init__(
        self, scheduler: Scheduler, faults: Faults, network: Network, outside: Outside
    ) -> None:
        self.ledger = Ledger()
        self._scheduler = scheduler
        self._chance = scheduler.chance
        self._faults = faults
        self._network = network
        self._outside = outside
        self._count = 0

    def use(self, times: int) -> None:
        """Do so many things, one after the other."""
        deeds = (
            (self._start, 10),
            (self._message, 6),
            (self._work_off_tasks, 5),
            (self._work_remotely, 5),
            (self._tell, 1),
            (self._ring, 1),
            (self._resolve, 2),
            (self._cancel, 1),
            (self._hold, 2),
            (self._set_variables, 1),
            (self._skip, 1),
        )
        names = [deed for deed, _ in deeds]
        weights = [weight for _, weight in deeds]
        self._start()
        for _ in range(times):
            self._scheduler.wait(None, self._chance.random() * 2)
            self._chance.choices(names, weights)[0]()

    def _ask(self, asked: Asked, operation: Operation, *, repeats: bool, text: str = "") -> object:
        """Ask, and again: always what was surely not done, the rest if it may be repeated."""
        for _ in range(_TRIES):
            answer = self._network.ask(operation, asked.deliveries, may_double=repeats)
            self._scheduler.note(f"{asked.action} {asked.actor} {text} -> {_word(answer)}")
            if not isinstance(answer, Unheard):
                if not asked.is_acknowledged:
                    asked.answer = answer
                if not isinstance(answer, Problem):
                    break
            if not _calls_for_another_try(answer, repeats=repeats):
                break
            self._scheduler.wait(None, 0.5)
        return asked.answer

    def _look(self, operation: Operation) -> object:
        """Ask for something to read."""
        return self._network.ask(operation, [], may_double=False)

    def _new(self, action: str) -> Asked:
        self._count += 1
        asked = Asked(f"c{self._count}", action)
        self.ledger.asked.append(asked)
        return asked

    def _start(self) -> None:
        asked = self._new("StartInstance")
        asked.is_keyed = self._count % 2 == 0
        process_id = self._chance.choice(STARTED)
        own_id = f"i-{asked.actor}"
        variables: Variables = {
            "id": own_id,
            "ok": self._chance.random() < 0.5,
            "undo": self._chance.random() < 0.5,
            "fails": self._chance.random() < 0.5,
            "n": self._chance.randrange(2),
        }
        self.ledger.ids.append(own_id)
        answer = self._ask(
            asked,
            lambda service: service.start_instance(
                process_id,
                variables=variables,
                idempotency_key=own_id if asked.is_keyed else None,
                actor=asked.actor,
            ),
            repeats=asked.is_keyed,
            text=process_id,
        )
        if isinstance(answer, InstanceSummary):
            self.ledger.keys.append(answer.key)

    def _message(self) -> None:
        if self.ledger.ids:
            name = self._chance.choice(CORRELATED)
            self._send(name, self._chance.choice(self.ledger.ids))

    def _tell(self) -> None:
        self._send("told", None)

    def _send(self, name: str, key: str | None) -> None:
        asked = Asked(f"m{self._count}", "DeliverMessage")
        self._count += 1
        mark = asked.actor
        lives = self._chance.choice((_LONG, _LONG, _SHORT))
        self.ledger.messages[mark] = asked
        self.ledger.marks[mark] = name
        self._ask(
            asked,
            lambda service: service.correlate_message(
                name,
                correlation_key=key,
                variables={"mark": mark},
                time_to_live=lives,
                message_id=mark,
                actor=mark,
            ),
            # Only while the engine remembers the message it knows that it comes again.
            repeats=lives is _LONG,
            text=f"{name} {key}",
        )

    def _ring(self) -> None:
        asked = Asked(f"s{self._count}", "signal")
        self._count += 1
        self._ask(
            asked,
            lambda service: service.broadcast_signal("bell", actor=asked.actor),
            repeats=False,
        )

    def _work_off_tasks(self) -> None:
        page = self._look(
            lambda service: service.user_tasks(
                TaskFilter(), caller=Caller(user_id="boss", sees_all=True)
            )
        )
        if not isinstance(page, Page) or not page.items:
            return
        task = self._chance.choice(page.items)
        asked = self._new("CompleteUserTask")
        caller = Caller(user_id=asked.actor, sees_all=True)
        variables: Variables = {"ok": self._chance.random() < 0.5}
        self._ask(
            asked,
            lambda service: service.complete_task(task.key, variables, caller=caller),
            repeats=True,
            text=f"task {task.key}",
        )

    def _work_remotely(self) -> None:
        """Be a worker of another program: lock jobs, do them, report, each across the network."""
        asked = self._new("CompleteJob")
        jobs = self._look(
            lambda service: service.activate_jobs(
                ("remote",), worker=asked.actor, limit=1, lock=LEASE
            )
        )
        if not isinstance(jobs, list):
            return
        for job in jobs:
            self._scheduler.wait(None, self._chance.random() * 6)
            self._outside.effect("idempotent", f"remote-{job.idempotency_key}")
            self._ask(
                asked,
                lambda service, job=job, asked=asked: _complete(
                    service, job.key, job.lock_token, asked.actor
                ),
                repeats=True,
                text=f"job {job.key}",
            )

    def _resolve(self) -> None:
        page = self._look(lambda service: service.incidents())
        if not isinstance(page, Page) or not page.items:
            return
        incident: IncidentView = self._chance.choice(page.items)
        asked = self._new("ResolveIncident")
        variables = REMEDIES.get(incident.process_id, {})
        self._ask(
            asked,
            lambda service: service.resolve_incident(
                incident.key, variables=variables, actor=asked.actor
            ),
            repeats=True,
            text=f"incident {incident.key}",
        )

    def _cancel(self) -> None:
        self._operate(
            "CancelInstance", lambda service, key, actor: service.cancel_instance(key, actor=actor)
        )

    def _hold(self) -> None:
        def suspend(service: EngineService, key: int, actor: str) -> object:
            return service.suspend_instance(key, actor=actor)

        def resume(service: EngineService, key: int, actor: str) -> object:
            return service.resume_instance(key, actor=actor)

        key = self._operate("SuspendInstance", suspend)
        if key is not None:
            self._scheduler.wait(None, self._chance.random() * 3)
            self._operate("ResumeInstance", resume, key)

    def _set_variables(self) -> None:
        self._operate(
            "SetVariables",
            lambda service, key, actor: service.set_variables(key, {"ok": True}, actor=actor),
        )

    def _skip(self) -> None:
        if not self.ledger.keys:
            return
        key = self._chance.choice(self.ledger.keys)
        view = self._look(lambda service: service.instance(key))
        visits = getattr(view, "open_visits", ())
        if not visits:
            return
        element_id = self._chance.choice(visits).element_id
        self._operate(
            "ModifyInstance",
            lambda service, key, actor: service.skip_element(
                key, element_id, reason="no longer wanted", actor=actor
            ),
            key,
            repeats=False,
        )

    def _operate(
        self,
        action: str,
        deed: Callable[[EngineService, int, str], object],
        key: int | None = None,
        *,
        repeats: bool = True,
    ) -> int | None:
        if key is None:
            if not self.ledger.keys:
                return None
            key = self._chance.choice(self.ledger.keys)
        asked = self._new(action)
        asked.target = key
        self._ask(
            asked,
            lambda service: deed(service, key, asked.actor),
            repeats=repeats,
            text=f"instance {key}",
        )
        return key


def _complete(service: EngineService, key: int, token: str, actor: str) -> object:
    problem = service.complete_job(key, {}, lock_token=token, actor=actor)
    return True if problem is None else problem


def _calls_for_another_try(answer: object, *, repeats: bool) -> bool:
    if isinstance(answer, Problem) and answer.kind is ProblemKind.UNAVAILABLE:
        return repeats or says_nothing_changed(answer)
    return repeats and isinstance(answer, Unheard)


def _word(answer: object) -> str:
    match answer:
        case Problem(kind=kind, message=message):
            return f"{kind.value}: {message}"
        case InstanceSummary(key=key):
            return f"instance {key}"
        case MessageResult(outcome=outcome, instance_keys=keys):
            return f"{outcome.value} {list(keys)}"
        case SignalResult() | UserTaskView() | IncidentView():
            return "done"
        case Unheard():
            return "no answer"
        case _:
            return str(answer)


def was_taken(answer: object) -> bool:
    """Tell whether a message had its receiver when it was acknowledged."""
    return isinstance(answer, MessageResult) and answer.outcome in {
        MessageOutcome.DELIVERED,
        MessageOutcome.STARTED,
    }
