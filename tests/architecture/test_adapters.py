"""Every adapter keeps the rules that workers, modelers and operators rely on."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from adapters import ADAPTERS
from adapters.connections import load_connections
from adapters.file_share.adapter import FileShareAdapter
from adapters.http.adapter import HttpAdapter
from adapters.http.connector import HttpConnector
from adapters.loading import adapter_folder, load_adapter
from adapters.mail.adapter import MailAdapter
from adapters.script.adapter import ScriptAdapter
from adapters.templates import FLAVOURS
from bpmn_engine.ports import Adapter, Capability, FailureKind, Profile

ROOT = Path(__file__).parents[2] / "adapters"
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/adapter.py"))


def every_adapter() -> tuple[Adapter, ...]:
    """mypy proves here that each class satisfies the Protocol."""
    return (HttpAdapter(), HttpConnector(), ScriptAdapter(), MailAdapter(), FileShareAdapter())


def loaded(job_type: str) -> Adapter:
    adapter = load_adapter(job_type)
    assert adapter is not None
    return adapter


@pytest.mark.parametrize("job_type", ADAPTERS)
def test_every_row_of_the_table_loads_an_adapter(job_type: str) -> None:
    adapter = loaded(job_type)

    assert type(adapter) in {type(known) for known in every_adapter()}
    assert job_type in {adapter.meta.job_type, *adapter.meta.aliases}
    assert issubclass(adapter.profile_type, Profile)
    assert all(spec.text.endswith(".") for spec in adapter.errors.values())


def test_every_folder_has_a_row_and_every_alias_too() -> None:
    served = [one for known in every_adapter() for one in _served(known)]

    assert sorted(served) == sorted(ADAPTERS)
    assert len(served) == len(set(served))
    assert sorted({adapter_folder(job_type) or "" for job_type in ADAPTERS}) == FOLDERS


def _served(adapter: Adapter) -> tuple[str, ...]:
    return (adapter.meta.job_type, *adapter.meta.aliases)


def test_an_unknown_job_type_has_no_adapter() -> None:
    assert load_adapter("bpmn-engine:telepathy:1") is None
    assert adapter_folder("bpmn-engine:telepathy:1") is None


def test_the_same_object_serves_a_job_type_and_its_aliases() -> None:
    assert load_adapter("io.camunda:http-json:1") is load_adapter("bpmn-engine:http:1")


@pytest.mark.parametrize("job_type", ADAPTERS)
def test_the_readme_names_every_error_field_and_option(job_type: str) -> None:
    adapter = loaded(job_type)
    readme = (ROOT / str(adapter_folder(job_type)) / "README.md").read_text(encoding="utf-8")

    inputs = {field.alias or name for name, field in adapter.input_type.model_fields.items()}
    outputs = {field.alias or name for name, field in adapter.output_type.model_fields.items()}
    options = set(adapter.profile_type.model_fields)
    wanted = {*adapter.errors, *inputs, *outputs, *options, *_served(adapter)}

    assert sorted(name for name in wanted if f"`{name}`" not in readme) == []


def test_the_overview_names_every_job_type_and_folder() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in [*ADAPTERS, *FOLDERS] if name not in readme] == []


@pytest.mark.parametrize("job_type", ADAPTERS)
def test_every_field_of_an_input_has_a_title_and_a_description(job_type: str) -> None:
    fields = loaded(job_type).input_type.model_fields

    assert [name for name, field in fields.items() if not field.title] == []
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("job_type", ADAPTERS)
def test_both_flavours_of_templates_can_be_made(job_type: str, flavour: str) -> None:
    template = FLAVOURS[flavour](loaded(job_type))

    assert template["name"] == loaded(job_type).meta.name
    assert template["properties"]


@pytest.mark.parametrize("job_type", ADAPTERS)
def test_only_business_failures_carry_a_bpmn_error_code(job_type: str) -> None:
    for code, spec in loaded(job_type).errors.items():
        is_business = spec.kind is FailureKind.BUSINESS

        assert (spec.bpmn_error_code is not None) == is_business, code


def test_adapters_do_not_know_each_other_nor_the_engine() -> None:
    allowed = {"bpmn_engine.ports", "bpmn_engine.values"}
    strangers: list[str] = []
    for folder in FOLDERS:
        for path in (ROOT / folder).glob("**/*.py"):
            for name in _imports(path):
                is_own = name == f"adapters.{folder}" or name.startswith(f"adapters.{folder}.")
                is_ours = name.split(".")[0] in {"adapters", "bpmn_engine", "web"}
                if is_ours and not is_own and name not in allowed:
                    strangers.append(f"{path.name}: {name}")

    assert strangers == []


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "bpmn_engine":
            names += [f"bpmn_engine.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def test_an_adapter_that_may_accept_declares_poll() -> None:
    assert Capability.POLL in ScriptAdapter.meta.capabilities


def test_the_sample_of_connections_is_valid_for_every_adapter(tmp_path: Path) -> None:
    text = (ROOT / "connections.example.toml").read_text(encoding="utf-8")
    for name in ("partner_key", "webdav"):
        (tmp_path / name).write_text("a secret\n", encoding="utf-8")
    sample = tmp_path / "connections.toml"
    sample.write_text(text.replace("/run/secrets", str(tmp_path)), encoding="utf-8")
    environ = dict.fromkeys(("ERP_TOKEN", "SMTP_PASSWORD", "DB_PASSWORD"), "a secret")

    connections = load_connections(sample, environ)

    assert connections.problems(tuple(ADAPTERS)) == ()
    assert set(tomllib.loads(text)) == set(FOLDERS)
