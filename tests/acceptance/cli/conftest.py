"""The command, called as an operator calls it, on a database of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bpmn_engine.cli.main import cli
from tests.diagrams import end, process, service, start, user

APPROVAL = process("s -> approve -> e", process_id="approval", s=start(), approve=user(), e=end())
BILLING = process(
    "s -> bill -> e", process_id="billing", s=start(), bill=service("erp:bill"), e=end()
)


@dataclass
class Shell:
    """Runs commands; fails the test when one prints a traceback."""

    folder: Path

    def run(self, *arguments: object, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(
            cli,
            [str(argument) for argument in arguments],
            input=stdin,
            env={
                "BPMN_ENGINE_DATABASE_URL": f"sqlite:///{self.folder}/engine.db",
                "COLUMNS": "200",
            },
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        return result

    def ok(self, *arguments: object, stdin: str | None = None) -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: object, stdin: str | None = None):
        """Run a command with --json: its standard output is one JSON document and no more."""
        return json.loads(self.ok(*arguments, "--json", stdin=stdin))

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def deployed(shell: Shell) -> Shell:
    """A shell whose database has the processes `approval` and `billing`."""
    shell.ok("deploy", shell.write("approval.bpmn", APPROVAL))
    shell.ok("deploy", shell.write("billing.bpmn", BILLING))
    return shell
