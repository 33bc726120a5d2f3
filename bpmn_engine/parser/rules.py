"""The table of rules that a diagram is held to before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.ad_hoc import must_begin_in_any_order, must_hold_activities
from bpmn_engine.parser.instantiation import must_instantiate_at_the_beginning
from bpmn_engine.parser.rules_activities import (
    must_count_tokens,
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
from bpmn_engine.parser.rules_event_sub_processes import (
    must_be_plain_event_sub_process,
    must_start_event_sub_process,
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
from bpmn_engine.parser.rules_items import (
    must_agree_on_being_a_collection,
    must_call_with_its_items,
    must_carry_each_item,
    must_have_one_item_per_message,
    must_loop_over_own_data,
    must_name_operation_of_items,
    must_name_state_of_data,
)
from bpmn_engine.parser.rules_links import (
    must_link_to_each_other,
)
from bpmn_engine.parser.rules_message_flows import should_carry_one_message
from bpmn_engine.parser.rules_nodes import (
    must_be_attached,
    must_be_callable,
    must_flow_the_right_way,
    must_gate_as_declared,
    must_wait_after_event_gateway,
)
from bpmn_engine.parser.rules_triggers import (
    must_begin_by_more_than_time,
    must_combine_triggers,
    must_have_trigger_of_its_place,
    must_interrupt,
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
    must_combine_triggers,
    must_begin_by_more_than_time,
    must_flow_the_right_way,
    must_be_attached,
    must_gate_as_declared,
    must_wait_after_event_gateway,
    must_hold_activities,
    must_be_callable,
    must_compensate_what_is_visible,
    must_start_by_compensation,
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
    should_carry_one_message,
)
"""What this engine asks of a diagram, so that it can run it as it is drawn.

Here stand the rules that may refuse what the standard allows, or leaves to the reader: what is
not executed yet, what could never be reached or completed, what refers to nothing. A diagram of
another tool may well break one of them. Each rule returns what breaks it; none raises, none
changes the diagram.
"""

RULES_OF_THE_STANDARD: Final[tuple[Rule, ...]] = (
    must_have_trigger_of_its_place,
    must_interrupt,
    must_start_event_sub_process,
    must_be_plain_event_sub_process,
    must_link_to_each_other,
    must_be_compensated_by_one_handler,
    must_stand_apart_as_handler,
    must_cancel_transactions,
    must_begin_in_any_order,
    must_instantiate_at_the_beginning,
    must_count_tokens,
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
"""What the standard asks of every diagram, whatever executes it.

A rule stands here when a section of the standard says *must*, so that no valid model of any public
suite breaks it: a test holds that. Where in doubt a rule belongs to `RULES`; no rule stands in
both, and each mistake has one rule. They run last and are silent where one of `RULES` has named
the same element by the same rule word.
"""
