"""One transaction over any number of instances: lock, step in memory, write in bulk, once."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Command,
    MigrateInstance,
    Rejection,
    RejectionReason,
    StartElsewhere,
    StartInstance,
)
from bpmn_engine.kernel.correspondence import Correspondence
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.migration import migrate
from bpmn_engine.kernel.state import EMPTY, InstanceState
from bpmn_engine.kernel.step import Step, step
from bpmn_engine.service import cluster_reading, decision_work
from bpmn_engine.service.decision_cache import DecisionCache
from bpmn_engine.service.decision_work import AskedDecision
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.moves_left import MovesLeft
from bpmn_engine.service.new_jobs import NewJobs
from bpmn_engine.service.observing import Note, Observer
from bpmn_engine.service.opened_instance import CallingInstance, OpenedInstance, save_instances
from bpmn_engine.service.state_cache import StateCache
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import (
    applied,
    changes,
    effects,
    history,
    instance_tags,
    instances,
    relocations,
    restarts,
    states,
)
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.effect_batch import Reservation
from bpmn_engine.store.effects import EffectDefaults, Written
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.restarts import RestartRow


@dataclass(slots=True, kw_only=True)
class Environment:
    """What every unit of work of one service shares."""

    graphs: GraphCache
    decisions: DecisionCache
    keys: KeyGenerator
    settings: EngineSettings
    states: StateCache
    new_jobs: NewJobs | None = None  #: who is told of new jobs
    observer: Observer | None = None  #: told of every commit
    has_moving: bool = False  #: whether this process may have left instances on their way


class UnitOfWork:
    """Everything one transaction does to instances; `flush` writes it. Not thread-safe.

    Instances are locked in the order of their keys. A use case names all it knows it needs in one
    call of `lock`; one that locks again later may meet a deadlock, which the database resolves
    and the caller of the transaction repeats.
    """

    def __init__(self, session: Session, now: dt.datetime, environment: Environment) -> None:
        self.session = session
        self.now = now
        self.environment = environment
        self._opened: dict[Key, OpenedInstance] = {}
        self._steps: list[AppliedStep] = []
        self._restarts: list[RestartRow] = []
        self._tags: dict[Key, tuple[str, ...]] = {}
        self._last: list[Callable[[Session], None]] = []
        self._topics: set[str] = set()
        self._reserved_count = 0  #: new jobs that are done here at once
        self.notes: list[Note] = []  #: for the observer, beside the steps
        self.moves = MovesLeft(environment.settings.moves_per_step)
        self.has_more = False  #: set by a use case that left something for another transaction

    @property
    def keys(self) -> KeyGenerator:
        """The source of keys."""
        return self.environment.keys

    @property
    def settings(self) -> EngineSettings:
        """The settings of the engine."""
        return self.environment.settings

    @property
    def observer(self) -> Observer | None:
        """Who is told of this transaction, if anybody is."""
        return self.environment.observer

    @property
    def steps(self) -> Sequence[AppliedStep]:
        """What was done to instances so far, in order."""
        return self._steps

    def lock(self, keys: Iterable[Key], *, skip_locked: bool = False) -> None:
        """Lock and load instances; those that do not exist are not there afterwards.

        With `skip_locked` those that another transaction has locked are left out, too.
        """
        wanted = sorted(set(keys) - self._opened.keys())
        if not wanted:
            return
        rows = instances.load_for_update(self.session, wanted, skip_locked=skip_locked)
        for row in rows:
            state = self.read(row)
            self._opened[row.key] = OpenedInstance(
                row=row,
                graph=self.graph(row.definition_key),
                state=state,
                is_new=False,
                was_moving=state.moving is not None,
                was_terminating=bool(state.terminating),
                was_elsewhere=states.is_elsewhere(row.snapshot),
            )

    def read(self, row: InstanceRow) -> InstanceState:
        """Return the state of an instance as it was loaded."""
        known = self.environment.states.get(row.key, row.version)
        return known or states.read_state(self.session, self.graph(row.definition_key), row)

    def locked(self) -> tuple[Key, ...]:
        """Return the keys of all instances this transaction has locked or created."""
        return tuple(self._opened)

    def graph(self, definition_key: Key) -> ProcessGraph:
        """Return a compiled process definition."""
        return self.environment.graphs.get(self.session, definition_key)

    def row(self, key: Key) -> InstanceRow | None:
        """Return a locked instance's row, with the changes of this transaction."""
        opened = self._opened.get(key)
        return None if opened is None else opened.row

    def state(self, key: Key) -> InstanceState | None:
        """Return a locked instance's state, with the changes of this transaction."""
        opened = self._opened.get(key)
        return None if opened is None else opened.state

    def apply(
        self, key: Key, command: Command, *, actor: str | None, reason: str | None = None
    ) -> InstanceRow | Rejection:
        """Apply a command to an instance, which is locked first if it is not yet.

        Returns the instance as it is afterwards, or why nothing changed.
        """
        if key not in self._opened:
            self.lock((key,))
        opened = self._opened.get(key)
        if opened is None:
            return Rejection(
                reason=RejectionReason.NOT_FOUND,
                message=f"Expected the process instance {key}, but there is none.",
            )
        done = self._step(opened, command)
        if isinstance(done, Rejection):
            return done
        self._record(opened, done, command, actor, reason)
        self._decide(opened, done)
        return opened.row

    def migrate(
        self,
        key: Key,
        definition: DefinitionRow,
        plan: Correspondence,
        command: MigrateInstance,
        *,
        actor: str | None,
        reason: str | None,
    ) -> InstanceRow | Rejection:
        """Let a locked instance go on by another definition; `command` is the plan in words."""
        opened = self._opened[key]
        opened.expect_patience(command)
        limit = self.settings.max_flows_per_step
        cluster = cluster_reading.of_process(self.session, plan.target)
        done = migrate(plan, opened.state, self.now, max_flows=limit, cluster=cluster)
        if isinstance(done, Rejection):
            return done
        opened.graph = plan.target
        opened.row = replace(
            opened.row,
            definition_key=definition.key,
            process_id=definition.process_id,
            snapshot="",  # what was kept is by the other definition
        )
        self.touch(f"definition:{command.source_key}")
        self._record(opened, done, command, actor, reason)
        return opened.row

    def start(
        self,
        definition: DefinitionRow,
        command: StartInstance | StartElsewhere,
        *,
        actor: str | None,
        caller: CallingInstance | None = None,
        reason: str | None = None,
    ) -> InstanceRow | Rejection:
        """Create an instance of a definition and apply its first command."""
        if definition.is_suspended:
            message = (
                f"Expected the process {definition.process_id!r} in version "
                f"{definition.version} to be active, but it is suspended."
            )
            return Rejection(reason=RejectionReason.WRONG_STATE, message=message)
        key = self.keys.next()
        opened = OpenedInstance(
            row=InstanceRow(
                key=key,
                definition_key=definition.key,
                process_id=definition.process_id,
                business_key=command.business_key,
                status=InstanceStatus.CREATED,
                snapshot="",
                version=0,
                parent_key=None if caller is None else caller.key,
                parent_wait=None if caller is None else caller.wait,
                root_key=key if caller is None else caller.root_key,
                started_at=self.now,
                started_by=actor,
                updated_at=self.now,
                ended_at=None,
                incident_count=0,
                error_code=None,
            ),
            graph=self.graph(definition.key),
            state=EMPTY,
            is_new=True,
        )
        named = replace(command, instance_key=key)
        done = self._step(opened, named)
        if isinstance(done, Rejection):
            return done
        self._opened[key] = opened
        self._record(opened, done, named, actor, reason)
        self._decide(opened, done)
        return opened.row

    def note_restart(self, row: RestartRow) -> None:
        """Write that a new instance does again what a finished one did."""
        self._restarts.append(row)

    def note_tags(self, key: Key, tags: tuple[str, ...]) -> None:
        """Write the tags of a new instance."""
        self._tags[key] = tags

    def write_last(self, write: Callable[[Session], None]) -> None:
        """Write something about rows that this transaction makes, when they are there."""
        self._last.append(write)

    def touch(self, *topics: str) -> None:
        """Say what this transaction changed beyond instances."""
        self._topics.update(topics)

    def give_back(self) -> None:
        """Give up the jobs that were reserved: the transaction is rolled back."""
        if self._reserved_count and self.environment.new_jobs is not None:
            self.environment.new_jobs.give_back(self._reserved_count)
        self._reserved_count = 0

    def remember(self) -> None:
        """Keep the states that this transaction has written; call it after the commit."""
        for key, opened in self._opened.items():
            if opened.is_changed:
                version = opened.row.version if opened.is_new else opened.row.version + 1
                is_over = opened.row.ended_at is not None
                if opened.state.moving is not None:
                    self.environment.has_moving = True
                self.environment.states.keep(key, version, None if is_over else opened.state)

    def flush(self) -> Written | None:
        """Write everything. Call once, last; the caller commits. None when no instance changed."""
        written = self._write_instances() if self._steps else None
        for write in self._last:
            write(self.session)
        if written is not None:
            self._topics.update(written.topics)
        if self._topics:
            changes.insert(self.session, sorted(self._topics), self.now)
        return written

    def _write_instances(self) -> Written:
        changed = [opened for opened in self._opened.values() if opened.is_changed]
        saved = sorted(changed, key=lambda opened: opened.row.key)
        # What is read comes first, so that the rest is written in one go.
        given = EffectDefaults(self.settings.default_retries, self._reservation())
        batch = effects.gathered(self.session, self._steps, keys=self.keys, defaults=given)
        last = history.last_entries(self.session, self._steps)
        bases, shrunk = save_instances(
            self.session, saved, largest=self.settings.largest_state, now=self.now
        )
        restarts.insert(self.session, self._restarts)
        instance_tags.insert(self.session, self._tags)
        relocations.relocate(self.session, self._steps)
        written = effects.write_effects(self.session, batch, self.now)
        history.write_history(self.session, self._steps, last)
        states.write(self.session, bases, shrunk)
        return written

    def _reservation(self) -> Reservation | None:
        here = self.environment.new_jobs
        if here is None:
            return None

        def takes(job_type: str) -> bool:
            is_taken = here.reserve(job_type)
            self._reserved_count += is_taken
            return is_taken

        return Reservation(takes=takes, worker=here.worker, lock=here.lock)

    def _step(
        self, opened: OpenedInstance, command: Command, after: Step | None = None
    ) -> Step | Rejection:
        opened.expect_patience(command)
        return step(
            opened.graph,
            opened.state,
            command,
            self.now,
            max_flows=self.settings.max_flows_per_step,
            max_moves=self.moves.of_step if after is None else self.moves.of_answer,
            taken=0 if after is None else after.taken,
            cluster=cluster_reading.of_process(self.session, opened.graph),
        )

    def _decide(self, opened: OpenedInstance, done: Step) -> None:
        """Evaluate the decisions that a step asks for, and go on with their results."""
        asked = decision_work.asked(done)
        self.moves.spend_decisions(len(asked))
        for count in itertools.count():
            if not asked:
                return
            waiting = asked.popleft()
            found = decision_work.answer(
                AskedDecision(
                    definition_key=opened.row.definition_key,
                    instance_key=opened.row.key,
                    graph=opened.graph,
                    state=opened.state,
                    wait=waiting,
                    functions=self.environment.graphs.functions.table_of_deployed,
                ),
                self.session,
                self.environment.decisions,
                self.now,
                count=count,
            )
            if found is None:
                continue
            after = self._step(opened, found.command, done)
            if isinstance(after, Step):
                self._record(opened, after, found.command, None, found.reason)
                asked.extend(more := decision_work.asked(after))
                self.moves.spend_decisions(len(more))
                done = after

    def _record(
        self,
        opened: OpenedInstance,
        done: Step,
        command: Command,
        actor: str | None,
        reason: str | None,
    ) -> None:
        self.moves.spend(done)
        opened.state = done.state
        opened.row = applied.row_after(opened.row, done.state, done.effects, self.now)
        opened.is_changed = True
        self._steps.append(
            AppliedStep(
                instance=opened.row,
                graph=opened.graph,
                state=done.state,
                effects=done.effects,
                facts=done.facts,
                command=command,
                actor=actor,
                reason=reason,
                at=self.now,
            )
        )
