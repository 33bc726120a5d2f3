"""WHEN A TOKEN MOVES: one module per element family, and the table that finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.behaviors.ad_hoc_sub_process import (
    AdHocInstanceBehavior,
    AdHocSubProcessBehavior,
)
from bpmn_engine.kernel.behaviors.call_activity import CallActivityBehavior
from bpmn_engine.kernel.behaviors.catch_events import CatchBehavior
from bpmn_engine.kernel.behaviors.compensation import CancelEndBehavior, CompensationThrowBehavior
from bpmn_engine.kernel.behaviors.complex_gateway import ComplexGatewayBehavior
from bpmn_engine.kernel.behaviors.end_events import ErrorEndBehavior, TerminateEndBehavior
from bpmn_engine.kernel.behaviors.event_based_gateway import EventBasedGatewayBehavior
from bpmn_engine.kernel.behaviors.exclusive_gateway import ExclusiveGatewayBehavior
from bpmn_engine.kernel.behaviors.inclusive_gateway import InclusiveGatewayBehavior
from bpmn_engine.kernel.behaviors.listeners import ListenersBehavior
from bpmn_engine.kernel.behaviors.multi_instance import MultiInstanceBehavior
from bpmn_engine.kernel.behaviors.parallel_gateway import ParallelGatewayBehavior
from bpmn_engine.kernel.behaviors.script_task import ScriptBehavior
from bpmn_engine.kernel.behaviors.standard_loop import StandardLoopBehavior
from bpmn_engine.kernel.behaviors.start_event import StartBehavior
from bpmn_engine.kernel.behaviors.subprocess import SubProcessBehavior
from bpmn_engine.kernel.behaviors.tasks import JobBehavior
from bpmn_engine.kernel.behaviors.throw_events import MultipleThrowBehavior, ThrowBehavior
from bpmn_engine.kernel.behaviors.user_task import UserTaskBehavior
from bpmn_engine.kernel.draft import Behavior

BEHAVIORS: Final[Mapping[NodeKind, Behavior]] = {
    NodeKind.START: StartBehavior(),
    NodeKind.END: PlainBehavior(),
    NodeKind.TERMINATE_END: TerminateEndBehavior(),
    NodeKind.ERROR_END: ErrorEndBehavior(),
    NodeKind.CANCEL_END: CancelEndBehavior(),
    NodeKind.NONE_THROW: PlainBehavior(),
    NodeKind.MESSAGE_THROW: ThrowBehavior(),
    NodeKind.SIGNAL_THROW: ThrowBehavior(),
    NodeKind.ESCALATION_THROW: ThrowBehavior(),
    NodeKind.MULTIPLE_THROW: MultipleThrowBehavior(),
    NodeKind.COMPENSATION_THROW: CompensationThrowBehavior(),
    NodeKind.CATCH: CatchBehavior(),
    NodeKind.BOUNDARY: PlainBehavior(),
    NodeKind.EXCLUSIVE: ExclusiveGatewayBehavior(),
    NodeKind.PARALLEL: ParallelGatewayBehavior(),
    NodeKind.INCLUSIVE: InclusiveGatewayBehavior(),
    NodeKind.COMPLEX: ComplexGatewayBehavior(),
    NodeKind.EVENT_BASED: EventBasedGatewayBehavior(),
    NodeKind.PLAIN: PlainBehavior(),
    NodeKind.JOB: JobBehavior(),
    NodeKind.SCRIPT: ScriptBehavior(),
    NodeKind.USER: UserTaskBehavior(),
    NodeKind.SUB_PROCESS: SubProcessBehavior(),
    NodeKind.EVENT_SUB_PROCESS: SubProcessBehavior(),
    NodeKind.AD_HOC: AdHocSubProcessBehavior(),
    NodeKind.AD_HOC_INSTANCE: AdHocInstanceBehavior(),
    NodeKind.CALL: CallActivityBehavior(),
    NodeKind.MULTI_INSTANCE: MultiInstanceBehavior(),
    NodeKind.STANDARD_LOOP: StandardLoopBehavior(),
    NodeKind.LISTENERS: ListenersBehavior(),
    NodeKind.PROCESS_START: ListenersBehavior(),
    NodeKind.PROCESS_END: ListenersBehavior(),
    NodeKind.PROCESS_CANCEL: ListenersBehavior(),
}
