"""Settings: read from the environment, each one documented."""

import datetime as dt
import random
from dataclasses import fields
from pathlib import Path

import pytest

from bpmn_engine.errors import SettingError
from bpmn_engine.settings import EngineSettings, PartitionWidth

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def _shown(value):
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds():g}"
    return str(value)


@pytest.mark.parametrize("setting", fields(EngineSettings), ids=lambda setting: setting.name)
def test_every_setting_is_documented_with_its_default(setting):
    rows = [
        line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{setting.name}`")
    ]

    assert len(rows) == 1
    assert rows[0].split("|")[2].strip().strip("`") == _shown(setting.default)


def test_settings_come_from_the_environment():
    settings = EngineSettings.from_environment(
        {
            "BPMN_ENGINE_DATABASE_URL": "sqlite://",
            "BPMN_ENGINE_DEFAULT_RETRIES": "5",
            "BPMN_ENGINE_LOCK_DURATION": "1.5",
            "BPMN_ENGINE_BACKOFF_JITTER": "0",
            "BPMN_ENGINE_PARTITION_WIDTH": "week",
            "HOME": "/root",
        }
    )

    assert settings == EngineSettings(
        database_url="sqlite://",
        default_retries=5,
        lock_duration=dt.timedelta(seconds=1.5),
        backoff_jitter=0,
        partition_width=PartitionWidth.WEEK,
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("BPMN_ENGINE_DEFAULT_RETRIES", "many"),
        ("BPMN_ENGINE_DEFAULT_RETRIES", "-1"),
        ("BPMN_ENGINE_LOCK_DURATION", "-1"),
        ("BPMN_ENGINE_LOCK_DURATION", "nan"),
        ("BPMN_ENGINE_LOCK_DURATION", "1e300"),
        ("BPMN_ENGINE_BACKOFF_JITTER", "2"),
        ("BPMN_ENGINE_PARTITION_WIDTH", "year"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(variable, text):
    with pytest.raises(SettingError, match=variable):
        EngineSettings.from_environment({variable: text})


def test_the_back_off_doubles_up_to_the_longest():
    settings = EngineSettings(backoff_jitter=0)
    chance = random.Random(1)  # noqa: S311 — repeatable

    waits = [settings.backoff(attempt, chance).total_seconds() for attempt in (1, 2, 3, 20, 10**6)]

    assert waits == [10, 20, 40, 3600, 3600]


def test_jitter_only_shortens_a_back_off():
    settings = EngineSettings(backoff_jitter=0.5)
    chance = random.Random(1)  # noqa: S311 — repeatable

    waits = [settings.backoff(1, chance).total_seconds() for _ in range(100)]

    assert all(5 <= wait <= 10 for wait in waits)
    assert len(set(waits)) > 50
