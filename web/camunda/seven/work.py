"""The resources about work: tasks, external tasks, history, filters, people. Imported for that.

Each module puts its routes on the blueprint of `/engine-rest`; `work_roles` says who may.
"""

from __future__ import annotations

from web.camunda.external_tasks import ENGINE_REST as ENGINE_REST
from web.camunda.seven import authorizations as authorizations
from web.camunda.seven import external_task_lists as external_task_lists
from web.camunda.seven import filters as filters
from web.camunda.seven import groups as groups
from web.camunda.seven import history_activities as history_activities
from web.camunda.seven import history_decisions as history_decisions
from web.camunda.seven import history_incidents as history_incidents
from web.camunda.seven import history_instances as history_instances
from web.camunda.seven import history_logs as history_logs
from web.camunda.seven import history_operations as history_operations
from web.camunda.seven import history_reports as history_reports
from web.camunda.seven import history_tasks as history_tasks
from web.camunda.seven import history_variables as history_variables
from web.camunda.seven import metrics as metrics
from web.camunda.seven import task_forms as task_forms
from web.camunda.seven import task_notes as task_notes
from web.camunda.seven import task_variables as task_variables
from web.camunda.seven import tasks as tasks
from web.camunda.seven import users as users
