"""Element templates are valid by the schemas that Camunda Modeler itself uses."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no types

from adapters import ADAPTERS
from adapters.loading import load_adapter
from adapters.templates import FLAVOURS, Template
from bpmn_engine.ports import Adapter
from bpmn_engine.values import JsonValue
from tests.missing import missing

PACKAGES = {
    "camunda7": ("element-templates-json-schema", "0.22.1"),
    "camunda8": ("zeebe-element-templates-json-schema", "0.46.0"),
}
JOB_TYPES = sorted(one for one in ADAPTERS if one.startswith("bpmn-engine:"))


@pytest.fixture(scope="module", params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def validator(flavour: str, tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    name, version = PACKAGES[flavour]
    folder = tmp_path_factory.mktemp("schema")
    npm = shutil.which("npm")
    if npm is None:
        missing("needs the program npm to fetch Camunda's schemas")
        raise AssertionError
    fetched = subprocess.run(
        [npm, "pack", "--silent", f"@camunda/{name}@{version}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if fetched.returncode != 0:
        missing(f"npm cannot fetch @camunda/{name}: {fetched.stderr[-200:]}")
    with tarfile.open(folder / fetched.stdout.strip()) as archive:
        schema = archive.extractfile("package/resources/schema.json")
        assert schema is not None
        return Draft7Validator(json.load(schema))


def adapter(job_type: str) -> Adapter:
    found = load_adapter(job_type)
    assert found is not None
    return found


@pytest.mark.parametrize("job_type", JOB_TYPES)
def test_a_template_is_valid_by_the_schema_of_its_flavour(
    job_type: str, flavour: str, validator: Draft7Validator
) -> None:
    template = json.loads(json.dumps(FLAVOURS[flavour](adapter(job_type))))

    errors = list(validator.iter_errors(template))

    assert [f"{list(error.path)}: {error.message[:200]}" for error in errors] == []


def test_the_schema_refuses_a_template_that_is_broken(
    flavour: str, validator: Draft7Validator
) -> None:
    template = json.loads(json.dumps(FLAVOURS[flavour](adapter("bpmn-engine:http:1"))))
    template["properties"][0]["type"] = "Telepathy"

    assert not validator.is_valid(template)


def properties(flavour: str, job_type: str) -> dict[str, Template]:
    listed = FLAVOURS[flavour](adapter(job_type))["properties"]
    assert isinstance(listed, list)
    return {str(one.get("id")): one for one in listed}


def test_an_enumeration_is_a_list_to_choose_from(flavour: str) -> None:
    mode = properties(flavour, "bpmn-engine:script:1")["mode"]

    assert mode["type"] == "Dropdown"
    assert mode["value"] == "wait"
    assert [one["value"] for one in choices(mode)] == ["wait", "detach"]


def choices(template: Template) -> list[dict[str, JsonValue]]:
    listed = template["choices"]
    assert isinstance(listed, list)
    return listed


def test_required_fields_must_be_filled_in_and_the_profile_comes_first(flavour: str) -> None:
    known = properties(flavour, "bpmn-engine:http:1")

    visible = [name for name in known if name != "None"]
    assert visible[0] == "profile"
    assert known["url"]["constraints"] == {"notEmpty": True}
    assert "constraints" not in known["body"]
    assert "authentication" not in known


def test_boxes_and_numbers_are_as_the_flavour_has_them(flavour: str) -> None:
    box = properties(flavour, "bpmn-engine:file-share:1")["overwrite"]
    number = properties(flavour, "bpmn-engine:http:1")["readTimeoutInSeconds"]

    is_new = flavour == "camunda8"
    assert box["type"] == ("Boolean" if is_new else "Dropdown")
    assert number["type"] == ("Number" if is_new else "String")
    assert box["condition"] == {"property": "operation", "equals": "write"}


def test_what_a_form_delivers_unfilled_is_a_valid_input() -> None:
    for job_type in JOB_TYPES:
        input_type = adapter(job_type).input_type
        named = {one.alias or name: one for name, one in input_type.model_fields.items()}
        filled = {
            "bpmn-engine:http:1": {"url": "x"},
            "bpmn-engine:http-connector:1": {"url": "x"},
            "bpmn-engine:script:1": {"command": "x"},
            "bpmn-engine:mail:1": {"to": "alice@example.com", "subject": "x"},
            "bpmn-engine:file-share:1": {"operation": "write", "path": "x"},
        }[job_type]

        values = {**dict.fromkeys(named, ""), **filled, "profile": "default"}

        assert isinstance(input_type.model_validate(values), input_type)
