"""The file-share adapter: one set of rules, held against every kind of share.

The local share is a real folder, WebDAV is WsgiDAV behind cheroot, and fsspec's own protocols are
represented by the one that needs no server, memory.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from cheroot.wsgi import Server
from wsgidav.wsgidav_app import WsgiDAVApp

from adapters.file_share.adapter import FileShareAdapter
from adapters.file_share.errors import ERRORS
from adapters.file_share.profile import FileShareProfile
from adapters.file_share.schema import FileShareInput
from adapters.file_share.webdav import WebdavShare
from bpmn_engine.ports import Accepted, Done, Failed, FailureKind, JobContext

ADAPTER = FileShareAdapter()
CONTEXT = JobContext(
    job_key=7,
    process_instance_key=5,
    process_id="order",
    element_id="certificate",
    business_key=None,
    idempotency_key="order-5-certificate-1",
    attempt=1,
    deadline=None,
)
Profiles = Callable[..., FileShareProfile]


@pytest.fixture(scope="module")
def dav_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dav")


@pytest.fixture(scope="module")
def dav_address(dav_root: Path) -> Iterator[str]:
    users = {"*": {"alice": {"password": "pw"}}}
    application = WsgiDAVApp(
        {
            "provider_mapping": {"/": {"root": str(dav_root), "readonly": False}},
            "simple_dc": {"user_mapping": users},
            "http_authenticator": {"accept_basic": True, "accept_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
            "property_manager": True,
            "lock_storage": True,
        }
    )
    server = Server(("127.0.0.1", 0), application)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join()


@pytest.fixture(params=["local", "webdav", "memory"])
def profiles(request: pytest.FixtureRequest, tmp_path: Path) -> Profiles:
    """Return a maker of profiles for one kind of share, its root new and empty."""
    if request.param == "local":
        values: dict[str, object] = {"root": str(tmp_path)}
    elif request.param == "webdav":
        address: str = request.getfixturevalue("dav_address")
        root: Path = request.getfixturevalue("dav_root")
        (root / tmp_path.name).mkdir()
        values = {"root": f"{address}/{tmp_path.name}", "user": "alice", "password": "pw"}
    else:
        fsspec.filesystem("memory").makedirs(str(tmp_path))
        values = {"root": str(tmp_path)}

    def make(**changes: object) -> FileShareProfile:
        return FileShareProfile.model_validate({"protocol": request.param, **values, **changes})

    return make


def run(profile: FileShareProfile, **job_input: object) -> Done | Accepted | Failed:
    return ADAPTER.submit(CONTEXT, profile, FileShareInput.model_validate(job_input))


def write(
    profile: FileShareProfile, path: str, content: object = "done", **more: object
) -> object:
    return run(profile, operation="write", path=path, content=content, **more)


def read(profile: FileShareProfile, path: str, encoding: str = "text") -> object:
    outcome = run(profile, operation="read", path=path, encoding=encoding)
    return outcome.output["content"] if isinstance(outcome, Done) else failure(outcome)[0]


def failure(outcome: object) -> tuple[str, FailureKind]:
    assert isinstance(outcome, Failed)
    assert outcome.kind is ERRORS[outcome.code].kind
    assert outcome.bpmn_error_code == ERRORS[outcome.code].bpmn_error_code
    return outcome.code, outcome.kind


def test_a_file_is_written_with_its_folders_and_read_again(profiles: Profiles) -> None:
    outcome = write(profiles(), "2028/Übersicht & more/a b%2e#?.txt", "Grüße")

    assert isinstance(outcome, Done)
    assert outcome.output["size"] == 7
    assert len(str(outcome.output["sha256"])) == 64
    assert read(profiles(), "2028/Übersicht & more/a b%2e#?.txt") == "Grüße"


def test_a_file_is_never_overwritten(profiles: Profiles) -> None:
    write(profiles(), "a/certificate.txt", "first")

    again = write(profiles(), "a/certificate.txt", "first")
    other = write(profiles(), "a/certificate.txt", "second")
    longer = write(profiles(), "a/certificate.txt", "first, and more")

    assert isinstance(again, Done)
    assert failure(other) == ("FILE_EXISTS", FailureKind.BUSINESS)
    assert failure(longer) == ("FILE_EXISTS", FailureKind.BUSINESS)
    assert read(profiles(), "a/certificate.txt") == "first"


def test_overwriting_needs_the_task_and_the_profile(profiles: Profiles) -> None:
    write(profiles(), "a.txt", "first")

    refused = write(profiles(), "a.txt", "second", overwrite="true")
    allowed = write(profiles(allows_overwrite=True), "a.txt", "third", overwrite=True)

    assert failure(refused) == ("OPERATION_NOT_ALLOWED", FailureKind.PERMANENT)
    assert isinstance(allowed, Done)
    assert read(profiles(), "a.txt") == "third"


def test_json_and_base64_keep_their_values(profiles: Profiles) -> None:
    encoded = base64.b64encode(b"\x00\xff").decode()
    write(profiles(), "a.json", {"b": [1, None], "a": "ü"}, encoding="json")
    write(profiles(), "a.bin", encoded, encoding="base64")

    same = write(profiles(), "a.json", {"a": "ü", "b": [1, None]}, encoding="json")

    assert isinstance(same, Done)
    assert read(profiles(), "a.json", "json") == {"a": "ü", "b": [1, None]}
    assert read(profiles(), "a.json") == '{\n  "a": "ü",\n  "b": [\n    1,\n    null\n  ]\n}\n'
    assert read(profiles(), "a.bin", "base64") == encoded
    assert read(profiles(), "a.bin", "text") == "CONTENT_INVALID"
    assert read(profiles(), "a.bin", "json") == "CONTENT_INVALID"


@pytest.mark.parametrize(
    ("content", "encoding"), [({"a": 1}, "text"), ("no base64", "base64"), (None, "text")]
)
def test_content_that_is_not_of_the_encoding_is_refused(
    profiles: Profiles, content: object, encoding: str
) -> None:
    outcome = write(profiles(), "a.txt", content, encoding=encoding)

    assert failure(outcome) == ("CONTENT_INVALID", FailureKind.PERMANENT)


def test_an_absent_file_is_a_business_outcome(profiles: Profiles) -> None:
    outcome = run(profiles(), operation="read", path="none/at/all.txt")

    assert failure(outcome) == ("FILE_NOT_FOUND", FailureKind.BUSINESS)


def test_listing_shows_files_and_folders_in_order(profiles: Profiles) -> None:
    for path in ("b/2.txt", "b/1 ü.txt", "b/c/3.txt"):
        write(profiles(), path)

    folder = run(profiles(), operation="list", path="b/")
    root = run(profiles(), operation="list")
    absent = run(profiles(), operation="list", path="none")

    assert folder == Done(output={"path": "b/", "entries": ["1 ü.txt", "2.txt", "c/"]})
    assert root == Done(output={"path": "", "entries": ["b/"]})
    assert failure(absent)[0] == "FILE_NOT_FOUND"


def test_a_folder_beyond_the_bound_is_not_listed(profiles: Profiles) -> None:
    for number in range(3):
        write(profiles(), f"{number}.txt")

    outcome = run(profiles(max_entries=2), operation="list")

    assert failure(outcome) == ("TOO_MANY_ENTRIES", FailureKind.PERMANENT)


def test_a_file_beyond_the_bound_is_neither_written_nor_read(profiles: Profiles) -> None:
    write(profiles(), "large.txt", "x" * 100)

    written = write(profiles(max_file_bytes=99), "other.txt", "x" * 100)
    outcome = run(profiles(max_file_bytes=99), operation="read", path="large.txt")

    assert failure(written) == ("FILE_TOO_LARGE", FailureKind.PERMANENT)
    assert failure(outcome) == ("FILE_TOO_LARGE", FailureKind.PERMANENT)


def test_exists_and_delete(profiles: Profiles) -> None:
    write(profiles(), "a/b.txt")
    before = run(profiles(), operation="exists", path="a/b.txt")
    refused = run(profiles(), operation="delete", path="a/b.txt")
    deleted = run(profiles(allows_delete=True), operation="delete", path="a/b.txt")
    again = run(profiles(allows_delete=True), operation="delete", path="a/b.txt")
    after = run(profiles(), operation="exists", path="a/b.txt")

    assert before == Done(output={"path": "a/b.txt", "exists": True})
    assert failure(refused) == ("OPERATION_NOT_ALLOWED", FailureKind.PERMANENT)
    assert isinstance(deleted, Done)
    assert isinstance(again, Done)
    assert after == Done(output={"path": "a/b.txt", "exists": False})


@pytest.mark.parametrize(
    "path",
    ["../up.txt", "a/../../up.txt", "/etc/hosts", "a//b", "a\\..\\b", ".", "a\x00b", "", "a/"],
)
def test_no_path_leaves_the_root(profiles: Profiles, path: str) -> None:
    outcome = write(profiles(), path)

    assert failure(outcome) == ("PATH_NOT_ALLOWED", FailureKind.PERMANENT)


def test_a_quoted_step_upwards_is_only_a_name(profiles: Profiles) -> None:
    outcome = write(profiles(), "%2e%2e/a.txt")

    listed = run(profiles(), operation="list")
    assert isinstance(outcome, Done)
    assert isinstance(listed, Done)
    assert listed.output["entries"] == ["%2e%2e/"]


def test_find_tells_a_write_that_arrived_from_one_that_did_not(profiles: Profiles) -> None:
    wanted = FileShareInput.model_validate({"operation": "write", "path": "a.txt", "content": "x"})
    before = ADAPTER.find(CONTEXT, profiles(), wanted)
    submitted = ADAPTER.submit(CONTEXT, profiles(), wanted)
    after = ADAPTER.find(CONTEXT, profiles(), wanted)
    other = ADAPTER.find(CONTEXT, profiles(), wanted.model_copy(update={"content": "y"}))

    assert before is None
    assert after == submitted
    assert other is None


def test_of_many_who_write_at_once_one_wins(profiles: Profiles) -> None:
    if profiles().protocol == "memory":
        pytest.skip("fsspec's memory looks first and writes then")
    outcomes: list[object] = []
    threads = [
        threading.Thread(
            target=lambda text: outcomes.append(write(profiles(), "a.txt", text)),
            args=(f"{number}",),
        )
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Failed) for outcome in outcomes) == 5


def test_the_connection_test_looks_at_the_root(profiles: Profiles) -> None:
    known = profiles()

    assert ADAPTER.test(known).ok
    assert not ADAPTER.test(profiles(root=f"{known.root}/none")).ok


def test_links_do_not_lead_out_of_a_local_share(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("secret", encoding="utf-8")
    (root / "folder").symlink_to(outside)
    (root / "file.txt").symlink_to(outside / "secret.txt")
    os.mkfifo(root / "pipe")
    known = FileShareProfile(protocol="local", root=str(root), allows_overwrite=True)

    assert read(known, "folder/secret.txt") == "PATH_NOT_ALLOWED"
    assert read(known, "file.txt") == "PATH_NOT_ALLOWED"
    assert read(known, "pipe") == "PATH_NOT_ALLOWED"
    assert failure(write(known, "folder/new.txt"))[0] == "PATH_NOT_ALLOWED"
    assert isinstance(write(known, "file.txt", "mine", overwrite=True), Done)
    assert (outside / "secret.txt").read_text(encoding="utf-8") == "secret"
    assert not (outside / "new.txt").exists()
    assert run(known, operation="list") == Done(
        output={"path": "", "entries": ["file.txt", "pipe"]}
    )


def test_a_local_share_leaves_no_unfinished_file(tmp_path: Path) -> None:
    known = FileShareProfile(protocol="local", root=str(tmp_path))

    write(known, "a.txt", "first")
    write(known, "a.txt", "second")

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_refused_log_in_is_the_profiles_fault(dav_address: str) -> None:
    known = FileShareProfile.model_validate(
        {"protocol": "webdav", "root": dav_address, "user": "alice", "password": "wrong"}
    )

    assert failure(write(known, "a.txt")) == ("ACCESS_REFUSED", FailureKind.PROFILE)
    assert not ADAPTER.test(known).ok


def test_a_server_that_does_not_answer_is_retried() -> None:
    known = FileShareProfile(protocol="webdav", root="http://127.0.0.1:1")

    assert failure(write(known, "a.txt")) == ("SHARE_UNAVAILABLE", FailureKind.RETRY)


def test_the_server_itself_decides_whether_a_file_is_new(
    dav_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FileShareProfile.model_validate(
        {"protocol": "webdav", "root": dav_address, "user": "alice", "password": "pw"}
    )
    write(known, "decided.txt", "first")
    monkeypatch.setattr(WebdavShare, "exists", lambda self, path: False)

    assert failure(write(known, "decided.txt", "second"))[0] == "FILE_EXISTS"
    assert read(known, "decided.txt") == "first"


def test_a_protocol_nobody_knows_is_refused() -> None:
    known = FileShareProfile(protocol="telepathy", root="/")

    assert failure(write(known, "a.txt")) == ("SHARE_FAILED", FailureKind.PERMANENT)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_share_is_retried(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    known = FileShareProfile(protocol="local", root=str(tmp_path))

    with pytest.MonkeyPatch.context() as patch:
        real = os.open

        def full(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if str(path).startswith(".unfinished-"):
                os.close(real(path, flags, mode, dir_fd=dir_fd))
                return real("/dev/full", os.O_WRONLY)
            return real(path, flags, mode, dir_fd=dir_fd)

        patch.setattr(os, "open", full)
        outcome = write(known, "full/a.txt")

    assert failure(outcome) == ("SHARE_FULL", FailureKind.RETRY)
    assert list((tmp_path / "full").iterdir()) == []


def test_an_operation_can_neither_be_cancelled_nor_polled(tmp_path: Path) -> None:
    known = FileShareProfile(protocol="local", root=str(tmp_path))

    assert ADAPTER.cancel(CONTEXT, known, None) == "unsupported"
    with pytest.raises(RuntimeError, match="Expected no poll"):
        ADAPTER.poll(CONTEXT, known, None)
