"""The settings of telemetry: read from the environment, safe by default, each one documented."""

import dataclasses
from pathlib import Path

import pytest

from bpmn_engine.errors import SettingError
from bpmn_engine.telemetry.settings import PREFIX, Address, TelemetrySettings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
TOKEN = "sixteen-characters-at-least"


@pytest.mark.parametrize(
    "setting", dataclasses.fields(TelemetrySettings), ids=lambda one: one.name
)
def test_every_setting_is_documented(setting):
    variable = PREFIX + setting.name.upper()

    assert f"| `{variable}` |" in PAGE.read_text()


def test_by_default_nothing_is_measured():
    settings = TelemetrySettings.from_environment({})

    assert settings == TelemetrySettings()
    assert not settings.has_metrics
    assert settings.otlp_endpoint == ""


def test_settings_come_from_the_environment():
    settings = TelemetrySettings.from_environment(
        {
            f"{PREFIX}METRICS_TOKEN": TOKEN,
            f"{PREFIX}BIND": "[::]:9464",
            f"{PREFIX}MOST_SERIES": "9",
            f"{PREFIX}OTLP_ENDPOINT": "http://collector:4318/v1/traces",
            f"{PREFIX}TRACED_PART": "0.5",
            f"{PREFIX}SERVICE_NAME": "orders",
            f"{PREFIX}LOG_FORMAT": "JSON",
            f"{PREFIX}LOG_LEVEL": "debug",
        }
    )

    assert settings == TelemetrySettings(
        metrics_token=TOKEN,
        bind=Address(host="::", port=9464),
        most_series=9,
        otlp_endpoint="http://collector:4318/v1/traces",
        traced_part=0.5,
        service_name="orders",
        log_format="json",
        log_level="DEBUG",
    )


@pytest.mark.parametrize("address", ["127.0.0.1:9464", "localhost:9464", "[::1]:9464"])
def test_an_address_of_this_machine_needs_no_token(address):
    assert TelemetrySettings.from_environment({f"{PREFIX}BIND": address}).has_metrics


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "[::]:9464", "metrics.example.com:9464"])
def test_an_address_that_others_reach_needs_a_token(address):
    with pytest.raises(SettingError, match="METRICS_TOKEN"):
        TelemetrySettings.from_environment({f"{PREFIX}BIND": address})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("METRICS_TOKEN", "short"),
        ("BIND", "9464"),
        ("BIND", "127.0.0.1:http"),
        ("BIND", "127.0.0.1:70000"),
        ("MOST_SERIES", "0"),
        ("OTLP_ENDPOINT", "collector:4317"),
        ("TRACED_PART", "2"),
        ("TRACED_PART", "all"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_is_not_usable_names_its_variable(name, text):
    with pytest.raises(SettingError, match=PREFIX + name):
        TelemetrySettings.from_environment({PREFIX + name: text})
