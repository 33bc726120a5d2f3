"""Tables of figures for dashboards: what each transaction adds, and the sums of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, Table

from bpmn_engine.store.columns import BIG_KEY, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

rollup_delta: Final = Table(
    "rollup_delta",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
        comment="given by the database",
    ),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("at", UtcDateTime, nullable=False, comment="UTC; begin of the minute"),
    Column("started", Integer, nullable=False, comment="instances"),
    Column("completed", Integer, nullable=False, comment="instances"),
    Column("failed", Integer, nullable=False, comment="instances"),
    Column("terminated", Integer, nullable=False, comment="instances"),
    Column(
        "open_change", Integer, nullable=False, comment="more instances that are open, or less"
    ),
    Column("duration_ms", BigInteger, nullable=False, comment="of the completed ones, summed"),
    Column("durations", JsonText, nullable=False, comment="of these, how many in each bin"),
    sqlite_autoincrement=True,
    comment="insert only: what one transaction adds; soon added to the sums and deleted",
)

rollup_total: Final = Table(
    "rollup_total",
    METADATA,
    Column(
        "definition_key",
        BIG_KEY,
        primary_key=True,
        autoincrement=False,
        comment="of the process definition",
    ),
    Column("open_count", BigInteger, nullable=False, comment="instances that have not ended"),
    Column("completed", BigInteger, nullable=False, comment="instances, ever"),
    comment="sums of all time, but for what stands in rollup_delta",
)

rollup_bucket: Final = Table(
    "rollup_bucket",
    METADATA,
    Column("minutes", Integer, primary_key=True, autoincrement=False, comment="its length"),
    Column("at", UtcDateTime, primary_key=True, comment="UTC; its begin"),
    Column("process_id", IndexedText, primary_key=True, comment="of the definitions"),
    Column("started", BigInteger, nullable=False, comment="instances"),
    Column("completed", BigInteger, nullable=False, comment="instances"),
    Column("failed", BigInteger, nullable=False, comment="instances"),
    Column("terminated", BigInteger, nullable=False, comment="instances"),
    Column("duration_ms", BigInteger, nullable=False, comment="of the completed ones, summed"),
    Column("durations", JsonText, nullable=False, comment="of these, how many in each bin"),
    comment="sums of stretches of time, but for what stands in rollup_delta",
)
