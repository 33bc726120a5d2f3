"""Whatever comes in that is not as described: a clear problem document, and nothing changes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.acceptance.diagrams import APPROVAL, BROKEN
from tests.acceptance.site import (
    Approval,
    Site,
    activate,
    deploy_approval,
    reach_shipping,
    running_site,
    start_approval,
)

MAX_BODY = 200_000


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A site with instances at a user task, at a locked job and at an incident."""

    site: Site
    admin: httpx.Client
    keys: dict[str, str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("bad")
    with running_site(folder, max_body_bytes=MAX_BODY) as site:
        deploy_approval(site)
        alice, admin = site.worker("alice"), site.worker("admin")
        approval: Approval = start_approval(alice)
        stuck = start_approval(alice)
        reach_shipping(alice, stuck)
        job = activate(admin)
        admin.post(
            f"/api/v1/jobs/{job['key']}/failure", json={"message": "broken", "retries_left": 0}
        )
        incident = admin.get("/api/v1/incidents").json()["items"][0]
        shipping = start_approval(alice)
        reach_shipping(alice, shipping)
        token = admin.get("/api/v1/tokens").json()["items"][0]
        yield Scene(
            site=site,
            admin=admin,
            keys={
                "process-definitions": approval.definition_key,
                "process-instances": approval.instance_key,
                "user-tasks": approval.task_key,
                "jobs": str(activate(admin)["key"]),
                "incidents": incident["key"],
                "tokens": token["token_key"],
            },
        )


@pytest.fixture(scope="module")
def document(scene: Scene) -> dict:
    return scene.admin.get("/api/v1/openapi.json").json()


def assert_refused(scene: Scene, answers: list[tuple[object, httpx.Response]]) -> None:
    """Hold that every answer is a whole problem document of the client's fault."""
    for what, answer in answers:
        assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json", what
        problem = answer.json()
        assert problem["status"] == answer.status_code, what
        assert {"type", "title", "status", "detail", "errors", "request_id"} <= set(problem), what
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert "Traceback" not in answer.text


def bodies(document: dict, scene: Scene) -> Iterator[tuple[str, str, dict]]:
    """Yield method, address and schema of every operation that takes JSON."""
    for path, item in document["paths"].items():
        address = path.replace("{key}", scene.keys.get(path.split("/")[3], "1"))
        for method, operation in item.items():
            content = operation.get("requestBody", {}) if method != "parameters" else {}
            if "application/json" in content.get("content", {}):
                reference = content["content"]["application/json"]["schema"]["$ref"]
                schema = document["components"]["schemas"][reference.rpartition("/")[2]]
                yield method.upper(), address.replace("{user_id}", "bob"), schema


BAD_BODIES = {
    "no JSON": b"{",
    "an array": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"12",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NaN": b'{"variables": {"a": NaN}}',
    "infinity": b'{"variables": {"a": -Infinity}}',
    "an infinite float": b'{"variables": {"a": 1e999}}',
    "a number beyond 64 bits": b'{"variables": {"a": 9223372036854775808}}',
    "a very long number": b'{"variables": {"a": ' + b"9" * 10_000 + b"}}",
    "half a surrogate pair": b'{"variables": {"a": "\\ud800"}}',
    "the character U+0000": b'{"variables": {"a": "x\\u0000y"}}',
    "deep nesting": b"[" * 100_000,
    "deep nesting that ends": b'{"variables": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
    "two values": b"{} {}",
    "an unknown field": b'{"surprise": 1}',
    "variables that are a list": b'{"variables": []}',
    "an empty variable name": b'{"variables": {"": 1}}',
}


@pytest.mark.parametrize("name", sorted(BAD_BODIES))
def test_a_bad_body_is_refused_by_every_operation(scene: Scene, document: dict, name: str) -> None:
    before = scene.site.content()

    answers = [
        ((method, path), scene.admin.request(
            method, path, content=BAD_BODIES[name], headers={"Content-Type": "application/json"}
        ))
        for method, path, _schema in bodies(document, scene)
    ]  # fmt: skip

    assert len(answers) > 15
    assert_refused(scene, answers)
    assert scene.site.content() == before


def wrong_values(schema: dict) -> Iterator[tuple[str, object]]:
    """Yield a field and a value of another type, for each field of a body."""
    for name, member in schema.get("properties", {}).items():
        kinds = member.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        for kind, value in (
            ("string", 12),
            ("string", ["x"]),
            ("string", {"x": 1}),
            ("integer", "12"),
            ("integer", 1.5),
            ("integer", True),
            ("number", "12"),
            ("number", -1),
            ("boolean", "true"),
            ("boolean", 1),
            ("object", "x"),
            ("object", ["x"]),
            ("array", "x"),
            ("array", {"x": 1}),
        ):
            if kind in kinds:
                yield name, value
        if "string" in kinds and "enum" not in member:
            yield name, "x" * 100_000


def test_a_value_of_the_wrong_type_names_its_field(scene: Scene, document: dict) -> None:
    before = scene.site.content()

    answers = [
        ((method, path, name, str(value)[:50]),
         scene.admin.request(method, path, json={name: value}))
        for method, path, schema in bodies(document, scene)
        for name, value in wrong_values(schema)
    ]  # fmt: skip

    assert len(answers) > 100
    assert_refused(scene, answers)
    for (_method, _path, name, _value), answer in answers:
        assert answer.status_code == 422
        fields = [error["field"].partition(".")[0] for error in answer.json()["errors"]]
        assert name in fields, (name, answer.text)
    assert scene.site.content() == before


def test_another_content_type_is_refused(scene: Scene, document: dict) -> None:
    before = scene.site.content()

    answers = [
        ((method, path, kind), scene.admin.request(
            method, path, content=b"a=1", headers={"Content-Type": kind}
        ))
        for method, path, _schema in bodies(document, scene)
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml")
    ]  # fmt: skip

    assert_refused(scene, answers)
    assert {answer.status_code for _what, answer in answers} == {415}
    assert scene.site.content() == before


def test_a_body_beyond_the_limit_is_refused(scene: Scene, document: dict) -> None:
    before = scene.site.content()
    body = json.dumps({"variables": {"a": "x" * MAX_BODY}}).encode()

    answers = [
        ((method, path), scene.admin.request(
            method, path, content=body, headers={"Content-Type": "application/json"}
        ))
        for method, path, _schema in bodies(document, scene)
    ]  # fmt: skip

    assert_refused(scene, answers)
    assert {answer.status_code for _what, answer in answers} == {413}
    assert scene.site.content() == before


def test_keys_that_are_none_lead_nowhere(scene: Scene, document: dict) -> None:
    before = scene.site.content()
    paths = [
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if "{key}" in path and method != "parameters"
    ]

    answers = [
        ((method, path, key), scene.admin.request(method, path.replace("{key}", key)))
        for method, path in paths
        for key in (
            "abc",
            "-1",
            "1.5",
            "99999999999999999999",
            "9223372036854775808",
            "%00",
            "1%20",
        )
    ]

    assert_refused(scene, answers)
    assert {answer.status_code for _what, answer in answers} <= {400, 404, 405}
    assert scene.site.content() == before


@pytest.mark.parametrize("key", ["0", "1", "9223372036854775807", "9223372036854775808"])
def test_a_key_that_nothing_has_is_not_found(scene: Scene, document: dict, key: str) -> None:
    paths = [path for path, item in document["paths"].items() if "{key}" in path and "get" in item]

    answers = [(path, scene.admin.get(path.replace("{key}", key))) for path in paths]

    assert len(answers) > 12
    assert_refused(scene, answers)
    assert {answer.status_code for _path, answer in answers} == {404}


def lists(document: dict) -> list[str]:
    return [
        path
        for path, item in document["paths"].items()
        if "get" in item
        and any(each.get("name") == "cursor" for each in item["get"].get("parameters", []))
    ]


BAD_QUERIES = {
    "an unknown parameter": "surprise=1",
    "no limit": "limit=0",
    "too high a limit": "limit=201",
    "a negative limit": "limit=-1",
    "a limit that is no number": "limit=ten",
    "a cursor of nonsense": "cursor=nonsense",
    "a cursor of bytes": "cursor=AAAA%2F%2B%3D%3D",
    "an empty cursor": "cursor=",
    "a huge cursor": "cursor=" + "A" * 3000,
    "not UTF-8": "cursor=%ff%fe",
    "the character U+0000": "cursor=a%00b",
}


@pytest.mark.parametrize("name", sorted(BAD_QUERIES))
def test_a_bad_query_is_refused_by_every_list(scene: Scene, document: dict, name: str) -> None:
    paths = [path.replace("{key}", scene.keys["process-instances"]) for path in lists(document)]

    answers = [(path, scene.admin.get(f"{path}?{BAD_QUERIES[name]}")) for path in paths]

    assert len(answers) > 5
    assert_refused(scene, answers)


@pytest.mark.parametrize(
    "query",
    [
        "status=running",
        "definition_key=abc",
        "has_incident=perhaps",
        "started_after=yesterday",
        "started_after=2026-11-21T10:00:00",
        "parent_key=99999999999999999999",
        "business_key=" + "x" * 300,
    ],
)
def test_a_bad_filter_of_instances_is_refused(scene: Scene, query: str) -> None:
    answer = scene.admin.get(f"/api/v1/process-instances?{query}")

    assert_refused(scene, [(query, answer)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/xml", b"", 422),
        ("application/xml", b"no xml", 422),
        ("application/xml", b"<a/>", 422),
        ("application/xml", b"\x00\xff\xfe", 422),
        ("application/xml", BROKEN.encode(), 422),
        ("application/xml", APPROVAL.encode()[:-200], 422),
        ("application/xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422),
        ("application/xml", b"<a>" + b"x" * MAX_BODY + b"</a>", 413),
        ("application/json", b"{}", 415),
        ("text/plain", APPROVAL.encode(), 415),
        ("", APPROVAL.encode(), 415),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data", b"nothing", 422),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 422),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/deployments", "/api/v1/lint"])
def test_a_bad_diagram_stores_nothing(
    scene: Scene, path: str, content_type: str, content: bytes, status: int
) -> None:
    before = scene.site.content()

    answer = scene.admin.post(path, content=content, headers={"Content-Type": content_type})

    is_checked = path.endswith("lint") and status == 422 and answer.status_code == 200
    if is_checked:
        assert answer.json()["is_accepted"] is False
        assert answer.json()["violations"]
    else:
        assert answer.status_code == status
        assert_refused(scene, [(content[:40], answer)])
    assert scene.site.content() == before


@pytest.mark.parametrize(
    "files",
    [
        [("a", ("", b"x"))],
        [("a", ("x.bpmn", b""))],
        [("a", ("x.txt", b"text"))],
        [("a", ("same.bpmn", APPROVAL)), ("b", ("same.bpmn", APPROVAL))],
        [("a", ("good.bpmn", APPROVAL)), ("b", ("bad.bpmn", BROKEN))],
        [("a", ("good.bpmn", APPROVAL)), ("b", ("bad.form", b"{"))],
        [("a", ("x" * 300 + ".bpmn", APPROVAL))],
    ],
    ids=[
        "no name",
        "empty",
        "a text",
        "one name twice",
        "a bad diagram",
        "a bad form",
        "long name",
    ],
)
def test_one_bad_file_refuses_the_whole_deployment(scene: Scene, files: list) -> None:
    before = scene.site.content()

    answer = scene.admin.post("/api/v1/deployments", files=files)

    assert_refused(scene, [("files", answer)])
    assert scene.site.content() == before


def test_a_refused_deployment_says_where_and_why(scene: Scene) -> None:
    answer = scene.admin.post("/api/v1/deployments", files={"file": ("broken.bpmn", BROKEN)})

    problem = answer.json()
    assert answer.status_code == 422
    assert any(each["severity"] == "error" and each["line"] for each in problem["violations"])
    assert isinstance(problem["certificate"], list)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/me", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/api/v1/me", 405),
        ("PUT", "/api/v1/jobs", 405),
        ("GET", "/api/v1/messages", 405),
        ("GET", "/api/v1/users/nobody", 404),
        ("PATCH", "/api/v1/users/nobody", 404),
        ("GET", "/%ff", 400),
        ("GET", "/api/v1/users/%00", 400),
        ("TRACE", "/api/v1/me", 405),
    ],
)
def test_what_is_not_there_is_a_problem_document(
    scene: Scene, method: str, path: str, status: int
) -> None:
    answer = scene.admin.request(method, path)

    assert answer.status_code == status
    assert_refused(scene, [(path, answer)])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/process-instances", {}, 422),
        ("/api/v1/process-instances", {"process_id": "none"}, 404),
        ("/api/v1/process-instances", {"process_id": "approval", "version": 99}, 404),
        ("/api/v1/process-instances", {"process_id": "approval", "version": 0}, 422),
        ("/api/v1/process-instances", {"definition_key": "12"}, 404),
        ("/api/v1/process-instances", {"process_id": "approval", "definition_key": "12"}, 422),
        ("/api/v1/process-instances", {"process_id": "approval", "start_element_id": "x"}, 422),
        ("/api/v1/process-instances/batch", {"requests": []}, 422),
        ("/api/v1/process-instances/batch", {"requests": [{}]}, 422),
        ("/api/v1/process-instances/batch", {"requests": [{"process_id": "a"}] * 1001}, 422),
        ("/api/v1/messages", {"name": "nobody-waits"}, 404),
        ("/api/v1/messages", {"name": ""}, 422),
        ("/api/v1/jobs/activation", {"types": [], "worker": "w"}, 422),
        ("/api/v1/jobs/activation", {"types": ["a"], "worker": "w", "limit": 1000}, 422),
        ("/api/v1/jobs/activation", {"types": ["a"], "worker": "w", "wait_seconds": 31}, 422),
        ("/api/v1/jobs/activation", {"types": ["a"]}, 422),
        ("/api/v1/incidents/groups/resolution", {"group_id": "none"}, 404),
        ("/api/v1/users", {"user_id": "x y", "password": "a long password"}, 422),
        ("/api/v1/users", {"user_id": "eve", "password": "short"}, 422),
        ("/api/v1/users", {"user_id": "alice", "password": "a long password"}, 409),
        ("/api/v1/users", {"user_id": "eve", "password": "a long password", "role": "god"}, 422),
        ("/api/v1/tokens", {"name": "x", "user_id": "nobody"}, 404),
        (
            "/api/v1/tokens",
            {"name": "x", "user_id": "alice", "expires_at": "2020-01-01T00:00:00Z"},
            422,
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    scene: Scene, path: str, body: dict, status: int
) -> None:
    before = scene.site.content()

    answer = scene.admin.post(path, json=body)

    assert answer.status_code == status, answer.text
    assert_refused(scene, [(path, answer)])
    assert scene.site.content() == before


def test_the_lock_of_a_job_is_needed_to_finish_it(scene: Scene) -> None:
    before = scene.site.content()
    job = f"/api/v1/jobs/{scene.keys['jobs']}"

    answers = [
        (path, scene.admin.post(f"{job}/{path}", json={"lock_token": "1", **more}))
        for path, more in (
            ("completion", {}),
            ("failure", {"message": "x"}),
            ("error", {"error_code": "x"}),
            ("lock", {"lock_seconds": 60}),
        )
    ]

    assert_refused(scene, answers)
    assert {answer.status_code for _path, answer in answers} == {409}
    assert scene.site.content() == before
