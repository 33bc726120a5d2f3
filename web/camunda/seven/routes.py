"""The whole REST API of Camunda 7: importing these modules puts their operations on it."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from web.camunda import external_tasks
from web.camunda.engine_rest import ENGINE_REST as ENGINE_REST
from web.camunda.seven import (
    definition_forms,
    definition_statistics,
    deployments,
    engine,
    messages,
    process_definitions,
    starts,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    external_tasks,
    engine,
    deployments,
    process_definitions,
    definition_forms,
    definition_statistics,
    starts,
    messages,
)
"""The modules that offer operations, in no particular order."""
