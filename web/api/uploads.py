"""Files in a request: the parts of a multipart form, or one raw XML body."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Request
from werkzeug.datastructures import FileStorage

from bpmn_engine.service.views import Resource
from web.errors import FieldError, ProblemError, invalid_input

MAX_FILES: Final = 100
MAX_FILE_NAME: Final = 255

_XML: Final = frozenset({"application/xml", "text/xml", "application/bpmn+xml"})
_ACCEPTED: Final = ", ".join(sorted({*_XML, "multipart/form-data"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The files of a request."""

    name: str | None  #: of the deployment
    files: tuple[Resource, ...]  #: at least one


def uploaded_resources(request: Request) -> Upload:
    """Return the files a request carries.

    Raises:
        ProblemError: There is none, or it is not usable; 415 or 422.
    """
    if request.mimetype == "multipart/form-data":
        return _parts(request)
    if request.mimetype in _XML:
        return _body(request)
    raise ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"Expected {_ACCEPTED}, but got {request.mimetype or 'no content type'}.",
        headers={"Accept": _ACCEPTED},
    )


def read_files(parts: list[FileStorage]) -> tuple[Resource, ...]:
    """Return the files of a form's parts, each with a usable name.

    Raises:
        ProblemError: There is none, too many, two of one name, or one without a name (422).
    """
    files = [part for part in parts if part.filename]
    if not files:
        raise invalid_input([FieldError(field="files", message="Expected at least one file.")])
    if len(files) > MAX_FILES:
        raise invalid_input(
            [FieldError(field="files", message=f"Expected at most {MAX_FILES} files.")]
        )
    resources = tuple(
        Resource(name=_checked_name(part.filename or ""), content=part.stream.read())
        for part in files
    )
    if len({each.name for each in resources}) < len(resources):
        raise invalid_input(
            [FieldError(field="files", message="Expected files of different names.")]
        )
    return resources


def _parts(request: Request) -> Upload:
    parts = [part for _field, part in request.files.items(multi=True)]
    name = request.form.get("name") or None
    if name is not None and len(name) > MAX_FILE_NAME:
        raise invalid_input(
            [FieldError(field="name", message=f"Expected at most {MAX_FILE_NAME} characters.")]
        )
    return Upload(name=name, files=read_files(parts))


def _body(request: Request) -> Upload:
    content = request.get_data()
    if not content.strip():
        raise invalid_input([FieldError(field="", message="Expected a diagram in the body.")])
    name = _checked_name(request.args.get("name", "diagram.bpmn"))
    return Upload(name=None, files=(Resource(name=name, content=content),))


def _checked_name(name: str) -> str:
    """Return the last part of a file's name, if it is a plain one."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    if not last or len(last) > MAX_FILE_NAME or not last.isprintable():
        raise invalid_input(
            [FieldError(field="files", message="Expected file names of 1 to 255 characters.")]
        )
    return last
