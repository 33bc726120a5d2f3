"""The command `bpmn-engine`: its tree of commands, and the place that turns errors to words."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click
from typing_extensions import override

from bpmn_engine.cli.exit_codes import EXIT_CODES_HELP, CommandFailedError, ExitCode
from bpmn_engine.errors import BpmnEngineError, DatabaseUnavailableError

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "demo": ("demo:demo", "Run the application with demo processes, people and data."),
        "cluster": ("cluster:cluster", "Run the engine scaled out, for trying out."),
        "serve": ("serving:serve", "Run the web application and the worker."),
        "worker": ("serving:worker", "Do jobs, fire timers; no web."),
        "migrate-db": ("serving:migrate_db", "Bring the database's tables up to date."),
        "feel": ("feel:feel", "Evaluate a FEEL expression."),
        "lint": ("deploying:lint", "Check diagrams without deploying them."),
        "test": ("process_tests:test", "Run process tests."),
        "dmn": ("dmn:dmn", "Evaluate, check and test decisions."),
        "deploy": ("deploying:deploy", "Deploy diagrams and forms."),
        "definitions": ("deleting:definitions", "See and delete process definitions."),
        "start": ("instances:start", "Start instances of a process."),
        "instances": ("instances:instances", "List process instances."),
        "show": ("instances:show", "Show one instance, and why it waits."),
        "why": ("why:why", "Show why an instance went where it went."),
        "move": ("moving:move", "Change where an instance is."),
        "skip": ("changing:skip", "Go on after an element, as if it were done."),
        "repeat": ("changing:repeat", "Do an element once more."),
        "restart": ("changing:restart", "Do finished instances again."),
        "migrate": ("migrating:migrate", "Let instances go on by another version."),
        "cancel": ("instances:cancel", "End an instance for good."),
        "suspend": ("instances:suspend", "Hold an instance."),
        "resume": ("instances:resume", "Let a suspended instance go on."),
        "message": ("messages:message", "Send a message to one instance."),
        "signal": ("messages:signal", "Send a signal to all that wait for it."),
        "tasks": ("tasks:tasks", "List user tasks."),
        "claim": ("tasks:claim", "Take a user task."),
        "complete": ("tasks:complete", "Complete a user task."),
        "incidents": ("incidents:incidents", "List instances that need a person."),
        "retry": ("incidents:retry", "Resolve an incident by trying again."),
        "retention": ("history:retention", "See and change how long history is kept."),
        "hold": ("history:hold", "See, place and lift legal holds."),
        "archive": ("history:archive", "See and restore archived instances."),
        "history": ("history:history", "Count the figures of dashboards anew."),
        "users": ("accounts:users", "See and change who can log in."),
        "tokens": ("accounts:tokens", "Make API tokens."),
        "export-templates": ("templates:export_templates", "Write element templates."),
    }
)
"""Name to where the command is defined and what it does, in the order of the help.

A module is imported when its command is used: most need neither web nor broker.
"""


class _Commands(click.Group):
    """A group that finds its commands in the table, and knows how errors end a command."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(
            import_module(f"bpmn_engine.cli.{module_name}"), attribute
        )
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CommandFailedError as error:
            code, message = error.exit_code, str(error)
        except DatabaseUnavailableError as error:
            code, message = ExitCode.UNAVAILABLE, str(error)
        except BpmnEngineError as error:
            code, message = ExitCode.USAGE, str(error)
        click.echo(f"Error: {message}", err=True)
        return ctx.exit(code)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES_HELP,
)
@click.version_option(package_name="bpmn-engine", prog_name="bpmn-engine")
def cli() -> None:
    """Run BPMN 2.0 processes, and see and steer what they do."""


def main() -> None:
    """Run the command and end the process with its exit code."""
    cli(prog_name="bpmn-engine")
