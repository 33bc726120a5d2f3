"""The settings of the web, as the environment gives them."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from bpmn_engine.errors import SettingError
from web.settings import PREFIX, WebSettings

KEY = {f"{PREFIX}SECRET_KEY": "k" * 40}


def test_a_secret_key_is_all_that_must_be_given() -> None:
    settings = WebSettings.from_environment(KEY)

    assert settings == WebSettings(secret_key="k" * 40)
    assert settings.session_cookie_secure


def test_every_setting_can_be_given() -> None:
    given = {
        "SECRET_KEY_FALLBACKS": "a, b",
        "DEMO": "yes",
        "SESSION_COOKIE_SECURE": "true",
        "SESSION_IDLE_MINUTES": "10",
        "SESSION_LIFETIME_MINUTES": "20",
        "LOGIN_ATTEMPTS": "3",
        "LOGIN_WINDOW_MINUTES": "1",
        "REQUESTS_PER_MINUTE": "0",
        "TOKEN_MEMORY_MS": "250",
        "STREAM_CAP": "7",
        "MAX_BODY_BYTES": "2048",
        "ALLOWED_ORIGINS": "https://a.example",
        "MODELER_ORIGINS": "file://",
        "CAMUNDA_USER": "demo",
        "TRUSTED_PROXIES": "1",
    }

    settings = WebSettings.from_environment(
        {**KEY, **{PREFIX + name: text for name, text in given.items()}}
    )

    assert settings == WebSettings(
        secret_key="k" * 40,
        secret_key_fallbacks=("a", "b"),
        is_demo=True,
        session_cookie_secure=True,
        session_idle=dt.timedelta(minutes=10),
        session_lifetime=dt.timedelta(minutes=20),
        login_attempts=3,
        login_window=dt.timedelta(minutes=1),
        requests_per_minute=0,
        token_memory=dt.timedelta(milliseconds=250),
        stream_cap=7,
        max_body_bytes=2048,
        allowed_origins=("https://a.example",),
        modeler_origins=("file://",),
        camunda_user="demo",
        trusted_proxies=1,
    )
    assert len(given) + 1 == len(dataclasses.fields(WebSettings))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DEMO", "perhaps"),
        ("STREAM_CAP", "-1"),
        ("STREAM_CAP", "many"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("MAX_BODY_BYTES", "12"),
    ],
)
def test_a_value_that_is_not_usable_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=PREFIX + name):
        WebSettings.from_environment({**KEY, PREFIX + name: text})


def test_a_demo_makes_its_secret_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "instance"

    first = WebSettings.from_environment({f"{PREFIX}DEMO": "1"}, instance_folder=folder)
    second = WebSettings.from_environment({f"{PREFIX}DEMO": "1"}, instance_folder=folder)

    assert first.secret_key == second.secret_key
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_outside_a_demo_no_secret_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="SECRET_KEY"):
        WebSettings.from_environment({}, instance_folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")

    missing = [
        PREFIX + name
        for name in (
            "SECRET_KEY",
            "SECRET_KEY_FALLBACKS",
            "DEMO",
            "SESSION_COOKIE_SECURE",
            "SESSION_IDLE_MINUTES",
            "SESSION_LIFETIME_MINUTES",
            "LOGIN_ATTEMPTS",
            "LOGIN_WINDOW_MINUTES",
            "REQUESTS_PER_MINUTE",
            "STREAM_CAP",
            "MAX_BODY_BYTES",
            "ALLOWED_ORIGINS",
            "TRUSTED_PROXIES",
            "BIND",
            "PROCESSES",
        )
        if f"`{PREFIX}{name}`" not in page
    ]

    assert missing == []
