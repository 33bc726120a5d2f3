"""The listener of a process without a web application, and who has it among several."""

import os
import subprocess
import sys
import time

import httpx
import pytest

from bpmn_engine.errors import SettingError
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.listener import Listener, is_token
from bpmn_engine.telemetry.process_telemetry import ProcessTelemetry
from bpmn_engine.telemetry.settings import Address, TelemetrySettings
from bpmn_engine.views.queues import Readiness

TOKEN = "sixteen-characters-at-least"
ANY_PORT = Address(host="127.0.0.1", port=0)
READY = Readiness(parts=(("database", "ok"),))


def ask(port, path, **headers):
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False)


@pytest.fixture
def listening():
    made = []

    def make(readiness=READY, address=ANY_PORT, **settings):
        instruments = open_instruments(TelemetrySettings(bind=address, **settings))
        made.append(Listener(address, instruments, lambda: readiness))
        made[-1].start()
        return made[-1].port

    yield make
    for listener in made:
        listener.stop()


@pytest.mark.parametrize(
    ("shown", "wanted", "is_right"),
    [
        (f"Bearer {TOKEN}", TOKEN, True),
        (f"bearer  {TOKEN} ", TOKEN, True),
        (TOKEN, TOKEN, False),
        (f"Basic {TOKEN}", TOKEN, False),
        ("Bearer ", "", False),
        ("", "", False),
        ("Bearer überraschung", TOKEN, False),
    ],
)
def test_a_token_is_shown_as_bearer(shown, wanted, is_right):
    assert is_token(shown, wanted) is is_right


def test_metrics_need_the_token_where_there_is_one(listening):
    port = listening(metrics_token=TOKEN)

    right = ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")
    wrong = ask(port, "/metrics")

    assert right.status_code == 200
    assert "bpmn_transaction_seconds_count" in right.text
    assert wrong.status_code == 401
    assert wrong.headers["www-authenticate"] == 'Bearer realm="metrics"'
    assert "bpmn_" not in wrong.text


def test_health_needs_none(listening):
    port = listening(metrics_token=TOKEN)

    assert ask(port, "/health/live").json() == {"status": "ok"}
    assert ask(port, "/health/ready").json() == {"status": "ok", "database": "ok"}


def test_what_is_not_ready_is_told_with_503(listening):
    port = listening(readiness=Readiness(parts=(("database", "unavailable: gone"),)))

    answer = ask(port, "/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "unavailable: gone"}


def test_an_address_in_use_is_said(listening):
    port = listening()

    with pytest.raises(SettingError, match="BPMN_ENGINE_TELEMETRY_BIND"):
        listening(address=Address(host="127.0.0.1", port=port))


def test_another_takes_over_when_the_one_that_listens_ends(watched):
    first = ProcessTelemetry(
        watched.service(None), open_instruments(TelemetrySettings(bind=ANY_PORT))
    )
    first.start()
    shared = Address(host="127.0.0.1", port=first.port)
    instruments = open_instruments(TelemetrySettings(bind=shared))
    second = ProcessTelemetry(
        watched.service(None, number=2), instruments, is_working=lambda: False
    )
    second.start(is_shared=True)
    before = ask(shared.port, "/health/ready").json()

    first.stop()
    give_up_at = time.monotonic() + 30
    while second.port is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    after = ask(shared.port, "/health/ready")
    second.stop()

    assert before == {"status": "ok", "database": "ok", "migrations": "ok"}
    assert after.status_code == 503
    assert after.json()["worker"].startswith("stuck")


def test_the_sampler_learns_how_full_the_queues_are(watched):
    engine = watched.service(None)
    telemetry = ProcessTelemetry(engine, open_instruments(TelemetrySettings()))

    telemetry.start()
    give_up_at = time.monotonic() + 30
    while engine.queue_watch.sample is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    telemetry.stop()

    assert engine.queue_watch.sample.open_jobs == 0


_WITHOUT = """
import sys
sys.modules["opentelemetry"] = None
from bpmn_engine.errors import SettingError
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
try:
    open_instruments(TelemetrySettings(otlp_endpoint="http://127.0.0.1:9/v1/traces"))
except SettingError as error:
    print(error)
"""

_OFF = """
import sys
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
instruments = open_instruments(TelemetrySettings())
print(instruments.observer, "prometheus_client" in sys.modules, "opentelemetry" in sys.modules)
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [(_WITHOUT, "pip install 'bpmn-engine[telemetry]'"), (_OFF, "None False False")],
)
def test_libraries_are_loaded_only_when_they_are_needed(program, said):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )

    assert said in done.stdout
