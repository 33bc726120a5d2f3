"""The table of rules that a diagram is held to before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.ad_hoc import must_hold_activities
from bpmn_engine.parser.instantiation import must_instantiate_at_the_beginning
from bpmn_engine.parser.rules_collaboration import (
    must_name_media_types,
    must_refer_to_the_right_kind,
    must_send_between_pools,
)
from bpmn_engine.parser.rules_data import (
    must_be_in_a_set,
    must_have_one_source,
    must_put_refined_outputs_in_the_set,
    must_refer_to_each_other,
    must_write_to_no_input,
)
from bpmn_engine.parser.rules_document import must_have_executable_process, must_have_unique_ids
from bpmn_engine.parser.rules_flows import (
    must_choose_only_where_allowed,
    must_complete_on_a_condition,
    must_connect_all_nodes,
    must_join_nodes_of_one_scope,
    must_leave_by_default_flow,
    must_list_own_flows,
    should_say_when_each_flow_is_taken,
)
from bpmn_engine.parser.rules_global_tasks import must_match_the_called_task
from bpmn_engine.parser.rules_nodes import (
    must_be_attached,
    must_be_callable,
    must_flow_the_right_way,
    must_gate_as_declared,
    must_have_allowed_trigger,
    must_not_ask_for_more,
    must_start_sub_process_plainly,
    must_wait_after_event_gateway,
)
from bpmn_engine.parser.structure import Structure

Rule = Callable[[Structure], list[Violation]]

RULES: Final[tuple[Rule, ...]] = (
    must_have_executable_process,
    must_have_unique_ids,
    must_join_nodes_of_one_scope,
    must_list_own_flows,
    must_choose_only_where_allowed,
    must_complete_on_a_condition,
    must_leave_by_default_flow,
    should_say_when_each_flow_is_taken,
    must_connect_all_nodes,
    must_have_allowed_trigger,
    must_start_sub_process_plainly,
    must_flow_the_right_way,
    must_be_attached,
    must_gate_as_declared,
    must_wait_after_event_gateway,
    must_not_ask_for_more,
    must_match_the_called_task,
    must_hold_activities,
    must_instantiate_at_the_beginning,
    must_be_callable,
    must_send_between_pools,
    must_refer_to_the_right_kind,
    must_name_media_types,
    must_be_in_a_set,
    must_put_refined_outputs_in_the_set,
    must_refer_to_each_other,
    must_write_to_no_input,
    must_have_one_source,
)
"""Each rule returns what breaks it; none raises, none changes the diagram."""
