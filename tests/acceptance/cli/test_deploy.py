"""What is in the folder deploy stays true: commands, options and settings are those there are."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
import yaml

from bpmn_engine.cli.main import COMMANDS, cli
from bpmn_engine.settings import EngineSettings
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.workers.settings import WorkerSettings
from web.settings import WebSettings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/bpmn-engine/.venv/bin/bpmn-engine"
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
GIVEN = {
    "POSTGRES_PASSWORD": "secret",
    "BROKER_PASSWORD": "secret",
    "BPMN_ENGINE_WEB_SECRET_KEY": "k" * 40,
}


def known_variables() -> set[str]:
    """Return the names that docs/settings.md explains, which other tests hold to the code."""
    whole = set(re.findall(r"^\| `(BPMN_ENGINE_[A-Z_]+)`", SETTINGS, re.MULTILINE))
    short = re.findall(r"^\| `([a-z_]+)` \|", SETTINGS, re.MULTILINE)
    return whole | {f"BPMN_ENGINE_{name.upper()}" for name in short}


def example() -> dict[str, str]:
    lines = (DEPLOY / "bpmn-engine.env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unit_lines(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.+)$", unit.read_text("utf-8"), re.MULTILINE)


def engine_services() -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, service in COMPOSE["services"].items():
        if service["image"] == "bpmn-engine":
            yield name, service


def parse(arguments: list[str]) -> click.Context:
    """Parse a command line as the command does, without doing it."""
    assert arguments[0] in COMMANDS
    command = cli.get_command(click.Context(cli), arguments[0])
    assert command is not None
    return command.make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_unit_runs_a_command_there_is_with_settings_there_are(unit):
    (started,) = unit_lines(unit, "ExecStart")
    program, *arguments = shlex.split(started)

    parse(arguments)

    own = {text.split("=")[0] for text in unit_lines(unit, "Environment")}
    assert program == PROGRAM
    assert own <= known_variables()
    assert unit_lines(unit, "EnvironmentFile") == ["/etc/bpmn-engine.env"]


def test_a_command_line_that_is_wrong_is_noticed():
    with pytest.raises(click.UsageError):
        parse(["serve", "--no-such-option"])


def verify(text: str, name: str, folder: Path) -> str:
    """Return what systemd has to say against a unit."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    copy = folder / name.replace("@.", "@7.")
    copy.write_text(text.replace(PROGRAM, sys.executable), encoding="utf-8")
    done = subprocess.run(
        [program, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    return "\n".join(line for line in done.stderr.splitlines() if "bpmn-engine" in line)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_unit_is_one_that_systemd_takes(unit, tmp_path):
    said = verify(unit.read_text("utf-8"), unit.name, tmp_path)

    assert said == ""


def test_unit_that_systemd_does_not_take_is_noticed(tmp_path):
    text = UNITS[0].read_text("utf-8").replace("Restart=always", "Restart=sometimes")

    said = verify(text, UNITS[0].name, tmp_path)

    assert "sometimes" in said


@pytest.mark.parametrize("name", [name for name, _ in engine_services()])
def test_service_of_the_compose_file_runs_a_command_there_is_with_settings_there_are(name):
    service = dict(engine_services())[name]

    parse([str(word) for word in service["command"]])

    assert set(service["environment"]) <= known_variables()
    assert set(service["environment"]) >= {"BPMN_ENGINE_DATABASE_URL"}


def test_compose_file_asks_for_nothing_that_the_example_does_not_name():
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+)", text)) - {"BPMN_ENGINE_BASE_IMAGE"}

    assert asked <= set(example())
    assert set(GIVEN) <= asked


def test_example_names_settings_there_are_with_values_that_can_be_read():
    written = example()
    environment = {**written, **{name: GIVEN[name] for name in GIVEN if not written.get(name)}}

    EngineSettings.from_environment(environment)
    WorkerSettings.from_environment(environment)
    WebSettings.from_environment(environment)
    TelemetrySettings.from_environment(environment)

    assert set(written) - {"POSTGRES_PASSWORD", "BROKER_PASSWORD"} <= known_variables()


def test_units_have_more_time_to_end_than_running_jobs():
    grace = float(example()["BPMN_ENGINE_WORKER_STOP_GRACE"])

    for unit in UNITS:
        assert all(grace < float(text) for text in unit_lines(unit, "TimeoutStopSec"))
    for _, service in engine_services():
        assert grace < float(str(service["stop_grace_period"]).removesuffix("s"))


def test_image_is_made_of_files_there_are():
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]

    assert copied == ["requirements/runtime.lock", "."]
    assert all((ROOT / source).exists() for source in copied)
