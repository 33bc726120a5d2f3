"""docs/cli.md says what the command does, no more and no less."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bpmn_engine.cli.exit_codes import ExitCode
from bpmn_engine.cli.main import COMMANDS, cli

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
EVERYWHERE = frozenset({"--json", "--database", "--as"})


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def options(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


ALL = dict(commands(cli))


def test_page_has_a_section_for_each_command_in_the_order_of_the_help():
    titles = re.findall(r"^### `([a-z -]+?)(?: [A-Z_.\[\]]+)*`$", PAGE, re.MULTILINE)

    assert titles == list(ALL)


@pytest.mark.parametrize("name", ALL)
def test_section_lists_every_option_and_no_other(name):
    section = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1 + list(ALL).index(name)]

    listed = {
        option
        for line in section.splitlines()
        if line.startswith("| `--")
        for option in re.findall(r"`(--?[a-z-]+)`", line.split("|")[1])
    }

    assert listed == options(ALL[name]) - EVERYWHERE


@pytest.mark.parametrize("name", ALL)
def test_every_command_prints_json_and_every_option_is_explained(name):
    command = ALL[name]

    assert "--json" in options(command)
    assert command.help
    unexplained = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert unexplained == []


def test_every_exit_code_is_explained():
    codes = re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)

    assert codes == [str(int(code)) for code in ExitCode]


def test_help_names_every_command_and_the_exit_codes():
    text = cli.get_help(click.Context(cli, info_name="bpmn-engine"))

    assert all(re.search(rf"^  {name}\s", text, re.MULTILINE) for name in COMMANDS)
    assert "Exit codes: 0 ok" in text
