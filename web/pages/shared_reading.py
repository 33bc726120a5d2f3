"""Each page is read in one transaction, from who asks to the counts beside the links."""

from __future__ import annotations

from flask import Flask, request

from web.context import service

_BLUEPRINT = "pages"
_READING_METHODS = frozenset({"GET", "HEAD"})


def register_shared_reading(app: Flask) -> None:
    """Make the pages of `app` read in one transaction; call before anything reads."""
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    if request.blueprint == _BLUEPRINT and request.method in _READING_METHODS:
        service().begin_shared_reading()


def _end(_error: BaseException | None) -> None:
    service().end_shared_reading()
