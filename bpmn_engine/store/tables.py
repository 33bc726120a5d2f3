"""All tables, in one place to import from."""

from __future__ import annotations

from bpmn_engine.store.metadata import METADATA as METADATA
from bpmn_engine.store.tables_data import data_document as data_document
from bpmn_engine.store.tables_definitions import correlated_message as correlated_message
from bpmn_engine.store.tables_definitions import decision as decision
from bpmn_engine.store.tables_definitions import deployment as deployment
from bpmn_engine.store.tables_definitions import form as form
from bpmn_engine.store.tables_definitions import process_definition as process_definition
from bpmn_engine.store.tables_definitions import resource as resource
from bpmn_engine.store.tables_definitions import start_subscription as start_subscription
from bpmn_engine.store.tables_definitions import start_timer as start_timer
from bpmn_engine.store.tables_delivery import IS_ADDRESSED as IS_ADDRESSED
from bpmn_engine.store.tables_delivery import change_feed as change_feed
from bpmn_engine.store.tables_delivery import inbox as inbox
from bpmn_engine.store.tables_delivery import message as message
from bpmn_engine.store.tables_delivery import message_key as message_key
from bpmn_engine.store.tables_delivery import outbox as outbox
from bpmn_engine.store.tables_identity import api_token as api_token
from bpmn_engine.store.tables_identity import ended_session as ended_session
from bpmn_engine.store.tables_identity import group_membership as group_membership
from bpmn_engine.store.tables_identity import user_account as user_account
from bpmn_engine.store.tables_instances import element_visit as element_visit
from bpmn_engine.store.tables_instances import incident as incident
from bpmn_engine.store.tables_instances import journal as journal
from bpmn_engine.store.tables_instances import open_visit as open_visit
from bpmn_engine.store.tables_instances import process_instance as process_instance
from bpmn_engine.store.tables_limits import queue_sample as queue_sample
from bpmn_engine.store.tables_limits import resource_lease as resource_lease
from bpmn_engine.store.tables_limits import resource_pool as resource_pool
from bpmn_engine.store.tables_limits import resource_wait as resource_wait
from bpmn_engine.store.tables_migrations import instance_migration as instance_migration
from bpmn_engine.store.tables_migrations import instance_migration_item as instance_migration_item
from bpmn_engine.store.tables_migrations import instance_restart as instance_restart
from bpmn_engine.store.tables_waits import GROUP as GROUP
from bpmn_engine.store.tables_waits import IS_OPEN_JOB as IS_OPEN_JOB
from bpmn_engine.store.tables_waits import IS_OPEN_TASK as IS_OPEN_TASK
from bpmn_engine.store.tables_waits import LANE as LANE
from bpmn_engine.store.tables_waits import USER as USER
from bpmn_engine.store.tables_waits import job as job
from bpmn_engine.store.tables_waits import subscription as subscription
from bpmn_engine.store.tables_waits import timer as timer
from bpmn_engine.store.tables_waits import user_task as user_task
from bpmn_engine.store.tables_waits import user_task_candidate as user_task_candidate
