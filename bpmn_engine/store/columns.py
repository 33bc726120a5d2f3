"""Column types that both databases share: keys, moments, bounded texts, JSON."""

from __future__ import annotations

import datetime as dt
from hashlib import blake2b
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from bpmn_engine.store.json_text import dump_json, load_json

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Moments are counted from here where they are numbers."""

MICROSECOND: Final = dt.timedelta(microseconds=1)

LONGEST_INDEXED_TEXT: Final = 250
"""Characters. An index entry of PostgreSQL holds 2,704 bytes, several columns together."""

_LARGEST_KEY: Final = 2**63 - 1


def to_microseconds(moment: dt.datetime) -> int:
    """Return microseconds since 1970, UTC.

    Raises:
        ValueError: `moment` is naive; a bug of the caller.
    """
    if moment.tzinfo is None:
        raise ValueError(f"Expected an aware datetime, but {moment!r} has no time zone.")
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(number: int) -> dt.datetime:
    """Return the moment, aware, UTC."""
    return EPOCH + dt.timedelta(microseconds=number)


def clean_text(text: str) -> str:
    """Return `text` with what PostgreSQL cannot hold (NUL, lone surrogates) as U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    cleaned = text.replace("\x00", "\ufffd")
    return cleaned.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def bounded_text(text: str) -> str:
    """Return `text`, or for a longer one its beginning and a digest of all of it.

    Applied when writing and when looking up alike, so equal texts stay equal.
    """
    cleaned = clean_text(text)
    if len(cleaned) <= LONGEST_INDEXED_TEXT:
        return cleaned
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{cleaned[: LONGEST_INDEXED_TEXT - 33]}…{digest}"


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC moment: timestamptz on PostgreSQL, microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int] | TypeEngine[dt.datetime]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    @override
    def process_bind_param(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> int | dt.datetime | None:
        if value is None:
            return None
        microseconds = to_microseconds(value)
        return value if dialect.name == "postgresql" else microseconds

    @override
    def process_result_value(
        self, value: int | dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        if value is None:
            return None
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC)
        return from_microseconds(value)


class BigKey(TypeDecorator[int]):
    """A 64-bit key; on SQLite `INTEGER`, so that a primary key is the row id itself.

    A larger number, which both drivers refuse, is NULL and so equals no key.
    """

    impl = BigInteger
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    @override
    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None or abs(value) > _LARGEST_KEY else value


BIG_KEY: Final = BigKey()


class FreeText(TypeDecorator[str]):
    """A text for people, of any length; never indexed."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean_text(value)


class IndexedText(TypeDecorator[str]):
    """A text that is looked up by; longer ones are kept as their beginning and a digest."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else bounded_text(value)


class JsonText(TypeDecorator[object]):
    """A JSON value as compact text; None is SQL NULL."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else dump_json(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return None if value is None else load_json(value)
