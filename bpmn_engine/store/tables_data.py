"""Tables of data that outlives process instances: data stores and cluster variables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

data_document: Final = Table(
    "data_document",
    METADATA,
    Column("name", IndexedText, primary_key=True, comment="of the data store"),
    Column("label", FreeText, nullable=False, comment="the name in full"),
    Column("content", JsonText, comment="a JSON value; null = nothing was written yet"),
    Column("changed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("changed_by", BIG_KEY, comment="process instance that wrote last; null = a person"),
    comment="what data stores hold: one JSON document each",
)

cluster_variable: Final = Table(
    "cluster_variable",
    METADATA,
    Column("name", IndexedText, primary_key=True, comment="what it is read by"),
    Column("scope", IndexedText, primary_key=True, comment="GLOBAL or TENANT"),
    Column("content", JsonText, comment="its value, JSON"),
    Column("metadata", JsonText, comment="what clients note beside it"),
    Column("changed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("changed_by", FreeText, comment="user id"),
    comment="values that every process may read",
)
