"""The file-share adapter: files below one folder of a share."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from pathlib import Path

from pydantic import BaseModel

from adapters.file_share.errors import ERRORS
from adapters.file_share.filesystem import FilesystemShare
from adapters.file_share.local import LocalShare
from adapters.file_share.profile import FileShareProfile
from adapters.file_share.schema import Encoding, FileShareInput, FileShareOutput, Operation
from adapters.file_share.share import Share, ShareError
from adapters.file_share.webdav import WebdavShare
from bpmn_engine import ports, values

_NAME = re.compile(r"[^\x00-\x1f\x7f\\/]{1,255}")


class FileShareAdapter:
    """Writes once, reads, lists and deletes files.

    Every operation may be repeated: a write of content that is there already is done, a delete of
    a file that is absent as well.
    """

    meta = ports.AdapterMeta(
        job_type="bpmn-engine:file-share:1",
        name="File on a share",
        description="Write a file once, read, list or delete files on a share",
        capabilities=frozenset({ports.Capability.FIND, ports.Capability.IDEMPOTENT}),
    )
    profile_type: type[ports.Profile] = FileShareProfile
    input_type: type[BaseModel] = FileShareInput
    output_type: type[BaseModel] = FileShareOutput
    errors = ERRORS

    def test(self, profile: ports.Profile) -> ports.Health:
        """Look at the root; nothing is written."""
        try:
            _share(_file_share_profile(profile)).check()
        except ShareError as error:
            return ports.Health(ok=False, detail=str(error))
        return ports.Health(ok=True, detail="The root answers.")

    def find(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | None:
        """Return the write as done if the file is there with this very content.

        A share that cannot be asked, and any other operation, counts as absent: submitting again
        does no harm.
        """
        del context
        known, wanted = _file_share_profile(profile), _file_share_input(job_input)
        if wanted.operation is not Operation.WRITE:
            return None
        try:
            path, content = _checked_path(wanted), _encode(wanted)
            is_there = _holds(_share(known), path, content)
        except ShareError:
            # It is asked again, and judged, by `submit`.
            return None
        return ports.Done(output=_written(wanted, content)) if is_there else None

    def submit(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | ports.Failed:
        """Do the operation."""
        del context
        known, wanted = _file_share_profile(profile), _file_share_input(job_input)
        try:
            output = _operate(known, wanted)
        except ShareError as error:
            row = ERRORS[error.code]
            return ports.Failed(
                kind=row.kind,
                code=error.code,
                message=f"{wanted.path}: {error}",
                bpmn_error_code=row.bpmn_error_code,
                variables={"path": wanted.path},
            )
        return ports.Done(output=output)

    def poll(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.Running | ports.Done | ports.Failed:
        """Refuse: every operation is over in `submit`."""
        del context, profile, handle
        raise RuntimeError("Expected no poll, but this adapter never answers Accepted.")

    def cancel(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.CancelOutcome:
        """Return unsupported: nothing is left to stop."""
        del context, profile, handle
        return "unsupported"


def _file_share_profile(profile: ports.Profile) -> FileShareProfile:
    if not isinstance(profile, FileShareProfile):
        raise TypeError(f"Expected FileShareProfile, but {type(profile).__name__} was given.")
    return profile


def _file_share_input(job_input: BaseModel) -> FileShareInput:
    if not isinstance(job_input, FileShareInput):
        raise TypeError(f"Expected FileShareInput, but {type(job_input).__name__} was given.")
    return job_input


def _share(profile: FileShareProfile) -> Share:
    if profile.protocol == "local":
        return LocalShare(Path(profile.root))
    if profile.protocol == "webdav":
        return WebdavShare(profile)
    return FilesystemShare(profile)


def _checked_path(wanted: FileShareInput) -> tuple[str, ...]:
    """Return the names of the path.

    Raises:
        ShareError: PATH_NOT_ALLOWED, where a name is none or leads upwards.
    """
    is_folder = wanted.operation in {Operation.LIST, Operation.EXISTS}
    text = wanted.path.removesuffix("/") if is_folder else wanted.path
    if not text and is_folder:
        return ()
    names = tuple(text.split("/"))
    if any(not _NAME.fullmatch(name) or name in {".", ".."} for name in names):
        raise ShareError("PATH_NOT_ALLOWED", "Expected names with / between them, none of them ..")
    return names


def _operate(profile: FileShareProfile, wanted: FileShareInput) -> values.Variables:
    path, share = _checked_path(wanted), _share(profile)
    match wanted.operation:
        case Operation.WRITE:
            return _write(profile, share, path, wanted)
        case Operation.READ:
            return _read(profile, share, path, wanted)
        case Operation.LIST:
            return _list(profile, share, path, wanted)
        case Operation.EXISTS:
            return {"path": wanted.path, "exists": share.exists(path)}
        case Operation.DELETE:
            if not profile.allows_delete:
                raise ShareError("OPERATION_NOT_ALLOWED", "The profile has not allows_delete.")
            share.delete(path)
            return {"path": wanted.path}


def _write(
    profile: FileShareProfile, share: Share, path: tuple[str, ...], wanted: FileShareInput
) -> values.Variables:
    content = _encode(wanted)
    if len(content) > profile.max_file_bytes:
        raise _too_large(profile)
    if wanted.overwrite:
        if not profile.allows_overwrite:
            raise ShareError("OPERATION_NOT_ALLOWED", "The profile has not allows_overwrite.")
        share.replace(path, content)
    elif not share.create(path, content) and not _holds(share, path, content):
        raise ShareError("FILE_EXISTS", "Expected no file, but one with other content is there.")
    return _written(wanted, content)


def _holds(share: Share, path: tuple[str, ...], content: bytes) -> bool:
    try:
        return share.read(path, bound=len(content)) == content
    except ShareError as error:
        if error.code == "FILE_NOT_FOUND":
            return False
        raise


def _written(wanted: FileShareInput, content: bytes) -> values.Variables:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": wanted.path, "size": len(content), "sha256": digest}


def _read(
    profile: FileShareProfile, share: Share, path: tuple[str, ...], wanted: FileShareInput
) -> values.Variables:
    content = share.read(path, profile.max_file_bytes)
    if len(content) > profile.max_file_bytes:
        raise _too_large(profile)
    return {**_written(wanted, content), "content": _decode(content, wanted.encoding)}


def _list(
    profile: FileShareProfile, share: Share, path: tuple[str, ...], wanted: FileShareInput
) -> values.Variables:
    entries = share.entries(path, profile.max_entries)
    if len(entries) > profile.max_entries:
        raise ShareError(
            "TOO_MANY_ENTRIES", f"Expected at most {profile.max_entries} entries, but got more."
        )
    names = sorted(f"{entry.name}/" if entry.is_folder else entry.name for entry in entries)
    return {"path": wanted.path, "entries": names}


def _too_large(profile: FileShareProfile) -> ShareError:
    bound = profile.max_file_bytes
    return ShareError("FILE_TOO_LARGE", f"Expected at most {bound} bytes, but it has more.")


def _encode(wanted: FileShareInput) -> bytes:
    """Return the bytes of the content; of equal JSON values the bytes are equal.

    Raises:
        ShareError: CONTENT_INVALID, where the content is not of the encoding.
    """
    if wanted.encoding is Encoding.JSON:
        text = json.dumps(wanted.content, ensure_ascii=False, indent=2, sort_keys=True)
        return f"{text}\n".encode()
    if not isinstance(wanted.content, str):
        raise ShareError("CONTENT_INVALID", "Expected a text as content, but it is none.")
    if wanted.encoding is Encoding.TEXT:
        return wanted.content.encode()
    try:
        return base64.b64decode(wanted.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ShareError("CONTENT_INVALID", f"Expected base64, but {error}.") from error


def _decode(content: bytes, encoding: Encoding) -> values.JsonValue:
    if encoding is Encoding.BASE64:
        return base64.b64encode(content).decode("ascii")
    try:
        text = content.decode()
        parsed: values.JsonValue = text if encoding is Encoding.TEXT else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ShareError("CONTENT_INVALID", f"Expected {encoding.value}, but {error}.") from error
    return parsed
