import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from bpmn_engine.errors import SettingError
from bpmn_engine.workers.settings import PREFIX, WorkerSettings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_settings_have_defaults():
    assert WorkerSettings.from_environment({}) == WorkerSettings()


def test_settings_are_read_from_the_environment():
    settings = WorkerSettings.from_environment(
        {
            "BPMN_ENGINE_WORKER_NAME": "w1",
            "BPMN_ENGINE_WORKER_THREADS": "8",
            "BPMN_ENGINE_WORKER_JOB_LOCK": "2.5",
            "BPMN_ENGINE_WORKER_BROKER_URL": "redis://localhost/0",
        }
    )

    assert settings == WorkerSettings(
        name="w1",
        threads=8,
        job_lock=dt.timedelta(seconds=2.5),
        broker_url="redis://localhost/0",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("THREADS", "0"), ("THREADS", "many"), ("JOB_LOCK", "0"), ("IDLE_PAUSE", "-1")],
)
def test_value_that_cannot_be_used_is_refused_with_the_name_of_its_variable(name, value):
    with pytest.raises(SettingError, match=f"{PREFIX}{name}"):
        WorkerSettings.from_environment({f"{PREFIX}{name}": value})


def test_every_setting_is_documented():
    text = PAGE.read_text(encoding="utf-8")

    missing = [
        field.name
        for field in dataclasses.fields(WorkerSettings)
        if f"`{PREFIX}{field.name.upper()}`" not in text
    ]

    assert missing == []
