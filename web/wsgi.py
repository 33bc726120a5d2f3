"""The entry point: `gunicorn -c python:web.gunicorn_config "web.wsgi:create()"`."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from bpmn_engine.clock import SystemClock
from bpmn_engine.errors import SettingError
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.log_lines import start_logging
from bpmn_engine.telemetry.process_telemetry import ProcessTelemetry
from bpmn_engine.telemetry.settings import TelemetrySettings
from web.app import create_app
from web.settings import WebSettings


def create() -> Flask:
    """Return the application that the environment describes.

    Raises:
        SettingError: A setting is missing or wrong; correct it.
    """
    telemetry = TelemetrySettings.from_environment(os.environ)
    start_logging(telemetry)
    engine_settings = EngineSettings.from_environment(os.environ)
    settings = WebSettings.from_environment(os.environ, instance_folder=Path("instance"))
    database = Database(engine_settings.database_url, pool_size=engine_settings.database_pool_size)
    if not database.is_recent():
        database.dispose()
        raise SettingError(
            "Expected a migrated database at BPMN_ENGINE_DATABASE_URL, but it is empty or of "
            "an earlier release. Run: bpmn-engine migrate-db"
        )
    instruments = open_instruments(telemetry)
    service = EngineService(
        database, SystemClock(), engine_settings, observer=instruments.observer
    )
    measuring = ProcessTelemetry(service, instruments)
    measuring.start(is_shared=True)
    app = create_app(settings, service, instruments=instruments, readiness=measuring.readiness)
    collect_seldom()
    return app
