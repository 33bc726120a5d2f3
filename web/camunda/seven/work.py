"""The resources about work: tasks, external tasks, history, filters, people. Imported for that.

Each module puts its routes on the blueprint of `/engine-rest`; `work_roles` says who may.
"""

from __future__ import annotations

from web.camunda.external_tasks import ENGINE_REST as ENGINE_REST
from web.camunda.seven import external_task_lists as external_task_lists
from web.camunda.seven import task_forms as task_forms
from web.camunda.seven import task_notes as task_notes
from web.camunda.seven import task_variables as task_variables
from web.camunda.seven import tasks as tasks
