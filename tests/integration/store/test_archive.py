"""The archive's document: what a release has written, every later one reads."""

import gzip
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bpmn_engine.kernel.commands import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    FailJob,
    FireTimer,
    ResolveIncident,
)
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store import archive, archive_documents, instances
from bpmn_engine.store.archive import SOURCES, ArchiveFormatError
from bpmn_engine.store.tables import archived_instance
from bpmn_engine.views.history import ArchiveFilter
from bpmn_engine.views.paging import PageRequest

GOLDEN = Path(__file__).parents[2] / "golden" / "v1" / "archive.json"


def rows_of(session, key):
    found = {}
    for source in SOURCES:
        wanted = sa.select(source.table).where(source.owner == key)
        if source.link is not None:
            wanted = wanted.join(source.parent, source.link[0] == source.link[1])
        rows = session.execute(wanted.order_by(*source.table.primary_key.columns)).all()
        if rows:
            found[source.table.name] = [tuple(row) for row in rows]
    return found


def put_away(database, run, key):
    """Archive and delete an instance; return the rows it had."""
    with database.transaction() as session:
        before = rows_of(session, key)
        archive.archive(session, [key], run.clock.now())
        assert archive.delete_instances(session, [key]) == 1
    return before


def completed(run):
    key = run.start()
    run.clock.advance()
    run.apply(key, FireTimer(wait=run.wait(key, WaitKind.TIMER)))
    return key


def document_of(database, key):
    with database.reading() as session:
        packed = session.scalar(
            sa.select(archived_instance.c.document).where(archived_instance.c.key == key)
        )
    return json.loads(gzip.decompress(packed))


def test_everything_comes_back_as_it_was(run, database):
    key = completed(run)
    before = put_away(database, run, key)

    with database.transaction() as session:
        assert rows_of(session, key) == {}
        archive.restore(session, key, archive.document(session, key))
        after = rows_of(session, key)

    assert after == before
    with database.reading() as session:
        assert archive.find(session, key) is None


def test_a_document_of_the_first_release_is_read(run, database):
    packed = gzip.compress(GOLDEN.read_bytes())
    rows = archive.unpack(packed)
    (instance,) = rows["process_instance"]
    key = instance["key"]

    with database.transaction() as session:
        archive.restore(session, key, rows)
        restored = instances.load(session, [key])
        found = rows_of(session, key)

    assert [row.business_key for row in restored] == ["A-1"]
    assert set(found) == {
        "process_instance",
        "element_visit",
        "journal",
        "user_task",
        "user_task_candidate",
    }
    assert run.graph.node_by_ref["CheckStock"] is not None


def test_this_release_writes_what_it_has_promised_to_read(run, database):
    key = run.start()
    run.clock.advance()
    run.apply(key, CompleteJob(wait=run.wait(key, WaitKind.JOB)))
    task = run.wait(key, WaitKind.USER_TASK)
    run.apply(key, CompleteUserTask(wait=task), actor="bob")
    run.apply(key, CancelInstance())
    put_away(database, run, key)

    written = document_of(database, key)

    golden = json.loads(GOLDEN.read_text("utf-8"))
    for name, table in golden["tables"].items():
        assert set(table["columns"]) <= set(written["tables"][name]["columns"])
        assert len(table["rows"]) == len(written["tables"][name]["rows"])


def test_what_a_later_release_has_added_is_left_out(run, database):
    key = completed(run)
    before = put_away(database, run, key)
    document = document_of(database, key)
    document["tables"]["process_instance"]["columns"].append("colour")
    document["tables"]["process_instance"]["rows"][0].append("blue")
    document["tables"]["feeling"] = {"columns": ["instance_key"], "rows": [[key]]}

    rows = archive.unpack(gzip.compress(json.dumps(document).encode()))
    with database.transaction() as session:
        archive.restore(session, key, rows)
        after = rows_of(session, key)

    assert after == before


def test_a_document_of_a_later_format_is_refused():
    document = {"format": archive.FORMAT + 1, "tables": {}}

    with pytest.raises(ArchiveFormatError):
        archive.unpack(gzip.compress(json.dumps(document).encode()))


def test_a_file_of_the_first_release_is_read_as_bytes(run, database):
    columns = ["key", "content"]
    table = {"columns": columns, "rows": [[1, [0, 255]], [2, "AP8="], [3, None]]}
    document = {"format": 1, "tables": {"task_attachment": table}}

    rows = archive.unpack(gzip.compress(json.dumps(document).encode()))

    found = [row["content"] for row in rows["task_attachment"]]
    assert found == [b"\x00\xff", b"\x00\xff", None]


def test_postgresql_writes_the_document_that_is_written_row_by_row(run, database):
    if database.is_sqlite:
        pytest.skip("of the way PostgreSQL does it")
    keys = [completed(run), run.start()]

    with database.reading() as session:
        whole = archive_documents.documents(session, keys)
        by_row = archive_documents.documents_by_row(session, keys)

    assert list(whole) == keys
    assert {key: json.loads(text) for key, text in whole.items()} == {
        key: json.loads(text) for key, text in by_row.items()
    }


def test_an_archive_is_paged_by_its_end(run, database):
    keys = [completed(run) for _ in range(5)]
    for key in keys:
        put_away(database, run, key)

    with database.reading() as session:
        first = archive.listed(session, ArchiveFilter(), PageRequest(limit=2))
        next_page = PageRequest(limit=2, cursor=first.next_cursor)
        second = archive.listed(session, ArchiveFilter(), next_page)
        of_process = archive.listed(session, ArchiveFilter(process_id="none"), PageRequest())

    assert [one.key for one in first.items] == [keys[4], keys[3]]
    assert [one.key for one in second.items] == [keys[2], keys[1]]
    assert of_process.items == ()


def test_a_resolved_incident_is_archived_too(run, database):
    key = run.start()
    run.apply(key, FailJob(wait=run.wait(key, WaitKind.JOB), message="no answer"))
    (incident,) = run.state(key).incidents
    run.apply(key, ResolveIncident(incident=incident))
    run.apply(key, FireTimer(wait=run.wait(key, WaitKind.TIMER)))

    before = put_away(database, run, key)

    assert len(before["incident"]) == 1
    assert len(document_of(database, key)["tables"]["incident"]["rows"]) == 1
