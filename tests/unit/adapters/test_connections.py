"""Connection profiles: names, references, reloading, and secrets that stay secret."""

from __future__ import annotations

import json
import os
from pathlib import Path

from adapters.connections import ProfileProblem, load_connections
from adapters.http.profile import BearerAuth, HttpProfile

HTTP = "bpmn-engine:http:1"


def file_with(folder: Path, text: str, name: str = "connections.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def message_of(found: object) -> str:
    assert isinstance(found, ProfileProblem)
    return found.message


def test_a_profile_is_found_by_job_type_and_name(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp]\nbase_url = "https://erp.example.com/api"')

    profile = load_connections(path, {}).profile(HTTP, "erp")

    assert profile == HttpProfile(base_url="https://erp.example.com/api/")


def test_an_alias_finds_the_same_profiles(tmp_path: Path) -> None:
    connections = load_connections(file_with(tmp_path, "[http.erp]\n[http.crm]"), {})

    assert connections.names("io.camunda:http-json:1") == ("erp", "crm")
    assert connections.profile("io.camunda:http-json:1", "crm") == HttpProfile()


def test_a_task_without_a_name_gets_the_default_profile(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.default]\nallowed_hosts = ["api.example.com"]')

    profile = load_connections(path, {}).profile(HTTP, None)

    assert profile == HttpProfile(allowed_hosts=("api.example.com",))


def test_a_missing_name_says_which_names_there_are(tmp_path: Path) -> None:
    path = file_with(tmp_path, "[http.erp]")

    said = message_of(load_connections(path, {}).profile(HTTP, "crm"))

    assert said == f"Expected a profile [http.crm] in {path}, but it has: erp."


def test_an_unknown_job_type_is_a_problem(tmp_path: Path) -> None:
    said = message_of(load_connections(file_with(tmp_path, ""), {}).profile("nobody:1", "erp"))

    assert said == "Expected a job type that an adapter serves, but 'nobody:1' has none."


def test_json_is_read_as_well(tmp_path: Path) -> None:
    text = json.dumps({"http": {"erp": {"base_url": {"env": "ERP_URL"}}}})
    path = file_with(tmp_path, text, "connections.json")

    profile = load_connections(path, {"ERP_URL": "https://erp.example.com/"}).profile(HTTP, "erp")

    assert profile == HttpProfile(base_url="https://erp.example.com/")


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp]\nauth = {type="bearer", token={env="TOKEN"}}')

    profile = load_connections(path, {"TOKEN": "s3cret"}).profile(HTTP, "erp")

    assert isinstance(profile, HttpProfile)
    assert isinstance(profile.auth, BearerAuth)
    assert profile.auth.token.get_secret_value() == "s3cret"


def test_a_secret_comes_from_a_file_without_its_last_line_break(tmp_path: Path) -> None:
    secret = file_with(tmp_path, "s3cret\n", "token")
    path = file_with(tmp_path, f'[http.erp.secrets]\nKEY = {{ file = "{secret}" }}')
    connections = load_connections(path, {})

    first = connections.profile(HTTP, "erp")
    secret.write_text("rotated\n", encoding="utf-8")
    second = connections.profile(HTTP, "erp")

    assert isinstance(first, HttpProfile)
    assert first.secrets["KEY"].get_secret_value() == "s3cret"
    assert isinstance(second, HttpProfile)
    assert second.secrets["KEY"].get_secret_value() == "rotated"


def test_a_secret_written_out_is_refused_without_repeating_it(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp]\nauth = {type="bearer", token="s3cret"}')

    said = message_of(load_connections(path, {}).profile(HTTP, "erp"))

    assert said.startswith("[http.erp].auth.token: Expected a reference such as")
    assert "s3cret" not in said


def test_a_secret_written_out_in_a_table_is_refused(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp.secrets]\nKEY = "s3cret"')

    said = message_of(load_connections(path, {}).profile(HTTP, "erp"))

    assert said.startswith("[http.erp].secrets.KEY: Expected a reference")


def test_a_reference_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    text = '[http.one]\nbase_url = {env="NO"}\n[http.two]\nbase_url = {file="/nowhere/at/all"}'
    connections = load_connections(file_with(tmp_path, text), {})

    first = message_of(connections.profile(HTTP, "one"))
    second = message_of(connections.profile(HTTP, "two"))

    assert first == "[http.one].base_url: Expected the environment variable NO, but it is unset."
    assert "/nowhere/at/all, but No such file" in second


def test_an_invalid_profile_is_described_without_its_values(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp]\nconnect_timeout_seconds = "s3cret"\ntypo = 1')

    said = message_of(load_connections(path, {}).profile(HTTP, "erp"))

    assert "[http.erp].connect_timeout_seconds" in said
    assert "[http.erp].typo" in said
    assert "s3cret" not in said


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = file_with(tmp_path, "[http.erp]")
    connections = load_connections(path, {})
    before = connections.names(HTTP)

    path.write_text("[http.crm]", encoding="utf-8")
    os.utime(path, ns=(1, 1))

    assert before == ("erp",)
    assert connections.names(HTTP) == ("crm",)


def test_an_absent_or_broken_file_is_a_problem_of_each_profile(tmp_path: Path) -> None:
    absent = load_connections(tmp_path / "none.toml", {})
    broken = load_connections(file_with(tmp_path, "[http"), {})
    listed = load_connections(file_with(tmp_path, "[]", "list.json"), {})

    assert "No such file" in message_of(absent.profile(HTTP, "erp"))
    assert "Expected connection profiles" in message_of(broken.profile(HTTP, "erp"))
    assert "Expected a table of adapters" in message_of(listed.profile(HTTP, "erp"))


def test_problems_are_listed_for_a_check_at_start(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.good]\n[http.bad]\nbase_url = "erp"')

    problems = load_connections(path, {}).problems((HTTP,))

    assert [problem.name for problem in problems] == ["bad"]


def test_no_representation_shows_a_secret(tmp_path: Path) -> None:
    path = file_with(tmp_path, '[http.erp]\nauth = {type="bearer", token={env="TOKEN"}}')
    connections = load_connections(path, {"TOKEN": "s3cret"})

    profile = connections.profile(HTTP, "erp")

    assert "s3cret" not in repr(connections) + repr(profile) + str(profile)
