"""The table of rules that a diagram is held to before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.ad_hoc import must_hold_activities
from bpmn_engine.parser.instantiation import must_instantiate_at_the_beginning
from bpmn_engine.parser.rules_activities import (
    must_contain_what_it_may,
    must_count_from_one,
    must_have_compensation_handler,
    must_hold_activities_only,
    must_instantiate_without_incoming,
    must_stand_apart,
    must_start_before_it_ends,
)
from bpmn_engine.parser.rules_collaboration import (
    must_name_media_types,
    must_refer_to_the_right_kind,
    must_send_between_pools,
)
from bpmn_engine.parser.rules_compensation import (
    must_be_compensated_by_one_handler,
    must_be_undone_by_compensation,
    must_cancel_transactions,
    must_compensate_what_is_visible,
    must_stand_apart_as_handler,
    must_start_by_compensation,
)
from bpmn_engine.parser.rules_data import (
    must_be_in_a_set,
    must_carry_data_of_each_definition,
    must_have_one_source,
    must_put_refined_outputs_in_the_set,
    must_refer_to_each_other,
    must_write_to_no_input,
)
from bpmn_engine.parser.rules_document import must_have_executable_process, must_have_unique_ids
from bpmn_engine.parser.rules_events import (
    must_be_plain_event_sub_process,
    must_have_allowed_trigger,
    must_start_event_sub_process_by_event,
    must_start_process_by_one_event,
    must_start_sub_process_plainly,
)
from bpmn_engine.parser.rules_expressions import must_be_formal
from bpmn_engine.parser.rules_flows import (
    must_choose_only_where_allowed,
    must_complete_on_a_condition,
    must_connect_all_nodes,
    must_join_nodes_of_one_scope,
    must_leave_by_default_flow,
    must_list_flows_if_any,
    must_list_own_flows,
    should_say_when_each_flow_is_taken,
)
from bpmn_engine.parser.rules_global_tasks import must_match_the_called_task
from bpmn_engine.parser.rules_items import (
    must_agree_on_being_a_collection,
    must_call_with_its_items,
    must_carry_each_item,
    must_have_one_item_per_message,
    must_loop_over_own_data,
    must_name_operation_of_items,
    must_name_state_of_data,
)
from bpmn_engine.parser.rules_links import must_link_within_a_scope
from bpmn_engine.parser.rules_nodes import (
    must_be_attached,
    must_be_callable,
    must_flow_the_right_way,
    must_gate_as_declared,
    must_wait_after_event_gateway,
)
from bpmn_engine.parser.rules_triggers import (
    must_cancel_a_transaction,
    must_have_trigger_of_its_place,
    must_link_to_each_other,
    must_start_event_sub_process,
    must_throw_a_code,
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
    must_start_process_by_one_event,
    must_start_event_sub_process_by_event,
    must_be_plain_event_sub_process,
    must_link_within_a_scope,
    must_flow_the_right_way,
    must_be_attached,
    must_gate_as_declared,
    must_wait_after_event_gateway,
    must_match_the_called_task,
    must_hold_activities,
    must_instantiate_at_the_beginning,
    must_be_callable,
    must_be_compensated_by_one_handler,
    must_stand_apart_as_handler,
    must_compensate_what_is_visible,
    must_start_by_compensation,
    must_cancel_transactions,
    must_be_undone_by_compensation,
    must_send_between_pools,
    must_refer_to_the_right_kind,
    must_name_media_types,
    must_be_in_a_set,
    must_carry_data_of_each_definition,
    must_put_refined_outputs_in_the_set,
    must_refer_to_each_other,
    must_write_to_no_input,
    must_have_one_source,
)
"""Each rule returns what breaks it; none raises, none changes the diagram."""

RULES_OF_THE_STANDARD: Final[tuple[Rule, ...]] = (
    must_have_trigger_of_its_place,
    must_start_event_sub_process,
    must_cancel_a_transaction,
    must_link_to_each_other,
    must_throw_a_code,
    must_stand_apart,
    must_contain_what_it_may,
    must_hold_activities_only,
    must_count_from_one,
    must_have_compensation_handler,
    must_instantiate_without_incoming,
    must_start_before_it_ends,
    must_list_flows_if_any,
    must_be_formal,
    must_have_one_item_per_message,
    must_carry_each_item,
    must_name_operation_of_items,
    must_agree_on_being_a_collection,
    must_loop_over_own_data,
    must_name_state_of_data,
    must_call_with_its_items,
)
"""Rules that look at every scope, also where an element is not executed yet."""
