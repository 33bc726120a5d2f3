"""The entry point: `gunicorn -c python:web.gunicorn_config "web.wsgi:create()"`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from flask import Flask

from bpmn_engine.clock import SystemClock
from bpmn_engine.errors import SettingError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from web.app import create_app
from web.settings import WebSettings


def create() -> Flask:
    """Return the application that the environment describes.

    Raises:
        SettingError: A setting is missing or wrong; correct it.
    """
    logging.basicConfig(
        level=logging.INFO,
        format="time=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s",
    )
    engine_settings = EngineSettings.from_environment(os.environ)
    settings = WebSettings.from_environment(os.environ, instance_folder=Path("instance"))
    database = Database(engine_settings.database_url, pool_size=engine_settings.database_pool_size)
    if not database.is_migrated():
        database.dispose()
        raise SettingError(
            "Expected a migrated database at BPMN_ENGINE_DATABASE_URL, but it is empty or of "
            "another release. Run: bpmn-engine migrate-db"
        )
    return create_app(settings, EngineService(database, SystemClock(), engine_settings))
