"""Data stores that are tables of other databases: rows read, written, and written once."""

import datetime as dt

import pytest
import sqlalchemy as sa

from bpmn_engine.clock import VirtualClock
from bpmn_engine.engine import Engine
from bpmn_engine.errors import SettingError
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.outside_tables import load_outside_tables
from bpmn_engine.views.work import JobFilter
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings
from tests.data_diagrams import data_object, moves, plain, store, transformed, working
from tests.diagrams import end, process, start, task

ROW = {"id": 1, "name": "Alice", "since": "2026-01-05", "balance": 10.5}


@pytest.fixture
def outside(own_database_url):
    """A database with the table of another application, which the engine shares for the test."""
    made = sa.create_engine(own_database_url)
    metadata = sa.MetaData()
    sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("since", sa.Date),
        sa.Column("balance", sa.Numeric(10, 2)),
    )
    sa.Table(
        "notice",
        metadata,
        sa.Column("text", sa.Text),
        sa.Column("written_by", sa.Text, unique=True, nullable=False),
    )
    metadata.create_all(made)
    yield made
    made.dispose()


def rows(outside, table):
    with outside.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {table}"))]  # noqa: S608


@pytest.fixture
def settings(outside, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM", outside.url.render_as_string(hide_password=False))
    path = tmp_path / "stores.toml"
    path.write_text(
        '[Customers]\nurl = {env = "CRM"}\ntable = "customer"\nkey = ["id"]\n'
        '[Notices]\nurl = {env = "CRM"}\ntable = "notice"\nidempotency_column = "written_by"\n'
        '[Nowhere]\nurl = {env = "CRM"}\ntable = "nowhere"\nkey = ["id"]\n'
    )
    return EngineSettings(data_stores=str(path), backoff_jitter=0)


@pytest.fixture
def engine(own_database_url, settings):
    with Engine(own_database_url, clock=VirtualClock(), settings=settings) as made:
        yield made


def diagram(name, *, reads=False, capacity=""):
    """Return a process that copies data into a store, or the other way round."""
    ends = ("r", "d") if reads else ("d", "r")
    return plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(task(), puts=(moves(*ends),)),
            e=end(),
            d=data_object("given"),
            r=store("ds", name),
        ),
        f'<bpmn:dataStore id="ds" name="{name}" {capacity}/>',
    )


def test_a_context_is_a_row_and_a_list_is_several(engine, outside):
    engine.deploy(diagram("Customers"))

    one = engine.start("p", {"given": ROW})
    engine.start("p", {"given": [{"id": 2, "name": "Bob"}, {"id": 3, "name": "Carol"}]})
    engine.run_until_idle()

    assert one.is_ended
    assert [row[:2] for row in rows(outside, "customer")] == [
        (1, "Alice"),
        (2, "Bob"),
        (3, "Carol"),
    ]


def test_a_row_with_the_key_of_another_replaces_it(engine, outside):
    engine.deploy(diagram("Customers"))

    for name in ("Alice", "Bob"):
        engine.start("p", {"given": {"id": 1, "name": name}})
        engine.run_until_idle()

    assert [row[:2] for row in rows(outside, "customer")] == [(1, "Bob")]


def test_rows_are_read_as_contexts(engine):
    engine.deploy(diagram("Customers"))
    engine.start("p", {"given": ROW})
    engine.run_until_idle()
    engine.deploy(diagram("Customers", reads=True).replace(b'id="p"', b'id="q"'))

    reader = engine.start("q")
    engine.run_until_idle()

    assert reader.variables == {"given": [ROW]}


def test_values_are_parameters_and_never_sql(engine, outside):
    engine.deploy(diagram("Customers"))
    name = "Robert'); DROP TABLE customer; --"

    engine.start("p", {"given": {"id": 1, "name": name}})
    engine.run_until_idle()

    assert [row[:2] for row in rows(outside, "customer")] == [(1, name)]


@pytest.mark.parametrize("name", ["Customers", "Notices"])
def test_a_job_that_is_repeated_writes_once(engine, outside, name, monkeypatch):
    engine.deploy(diagram(name))
    given = {"id": 1, "name": "Alice"} if name == "Customers" else {"text": "Hello"}
    instance = engine.start("p", {"given": given})
    service = engine.service
    real = service._commit

    def dies(work):
        raise KeyboardInterrupt

    (job,) = service.activate_jobs(None, worker="w", limit=1, lock=dt.timedelta(minutes=1))
    monkeypatch.setattr(service, "_commit", dies)
    with pytest.raises(KeyboardInterrupt):
        service.do_data_store_job(job.key, lock_token=job.lock_token, worker="w")
    monkeypatch.setattr(service, "_commit", real)
    assert len(rows(outside, name[:-1].lower())) == 1
    assert not instance.is_ended

    service.do_data_store_job(job.key, lock_token=job.lock_token, worker="w")

    assert len(rows(outside, name[:-1].lower())) == 1
    assert instance.is_ended


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("Customers", 5, "Expected rows"),
        ("Customers", {"name": "Alice"}, "there is no id"),
        ("Customers", {"id": 1, "name": "A", "size": 3}, "no column size"),
        ("Customers", {"id": 1, "name": "A", "since": "soon"}, "Expected a date"),
        ("Customers", {"id": 1, "name": None}, "to take or give rows"),
        ("Nowhere", {"id": 1}, "NoSuchTableError"),
    ],
)
def test_what_the_table_cannot_take_is_an_incident(engine, outside, name, given, said):
    engine.deploy(diagram(name))

    instance = engine.start("p", {"given": given})
    engine.run_until_idle()

    (incident,) = engine.service.incidents().items
    assert said in incident.message
    assert not instance.is_ended
    assert rows(outside, "customer") == []


def test_a_full_table_takes_nothing(engine, outside):
    engine.deploy(diagram("Customers", capacity='capacity="1" isUnlimited="false"'))

    engine.start("p", {"given": [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]})
    engine.run_until_idle()

    (incident,) = engine.service.incidents().items
    assert "at most 1 entries" in incident.message
    assert rows(outside, "customer") == []


def test_a_database_that_is_away_is_tried_again(own_database_url, tmp_path):
    away = tmp_path / "away"
    path = tmp_path / "stores.toml"
    path.write_text(
        f'[Customers]\nurl = "sqlite:///{away}/crm.db"\ntable = "customer"\nkey = ["id"]\n'
    )
    settings = EngineSettings(data_stores=str(path), backoff_jitter=0)
    clock = VirtualClock()
    with Engine(own_database_url, clock=clock, settings=settings) as engine:
        engine.deploy(diagram("Customers"))
        instance = engine.start("p", {"given": {"id": 1, "name": "Alice"}})
        engine.run_until_idle()
        (job,) = engine.service.jobs(JobFilter()).items
        assert (job.retries_left, job.attempt) == (2, 1)
        assert str(away) not in job.last_failure

        away.mkdir()
        made = sa.create_engine(f"sqlite:///{away}/crm.db")
        with made.begin() as connection:
            connection.execute(sa.text("CREATE TABLE customer (id INTEGER PRIMARY KEY, name)"))
        clock.advance(dt.timedelta(minutes=1))
        engine.run_until_idle()

        assert rows(made, "customer") == [(1, "Alice")]
        assert instance.is_ended
        made.dispose()


def test_workers_do_these_jobs_and_those_of_documents(engine, outside):
    engine.deploy(diagram("Customers"), diagram("Other").replace(b'id="p"', b'id="q"'))
    runner = JobRunner(engine.service, WorkerSettings(name="w"))
    row = engine.start("p", {"given": {"id": 1, "name": "Alice"}})
    document = engine.start("q", {"given": 5})
    assert not document.is_ended

    for job in runner.activate(10):
        runner.run(job)

    assert row.is_ended
    assert document.is_ended
    assert engine.service.data_store("Other").content == 5
    assert [row[:2] for row in rows(outside, "customer")] == [(1, "Alice")]
    runner.stop()


def test_a_transformation_makes_rows(engine, outside):
    engine.deploy(
        plain(
            process(
                "s -> a -> e",
                s=start(),
                a=working(
                    task(),
                    puts=(moves("d", "r", transformed("= {id: order.number, name: order.who}")),),
                ),
                e=end(),
                d=data_object("order"),
                r=store("ds", "Customers"),
            ),
            '<bpmn:dataStore id="ds" name="Customers"/>',
        )
    )

    engine.start("p", {"order": {"number": 4, "who": "Bob"}})
    engine.run_until_idle()

    assert [row[:2] for row in rows(outside, "customer")] == [(4, "Bob")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[A", "Expected the tables of data stores"),
        ('[A]\ntable = "t"\nkey = ["id"]', "url"),
        ('[A]\nurl = "sqlite://"\ntable = "t"', "either key"),
        ('[A]\nurl = "sqlite://"\nkey = ["id"]', "name of a table"),
        ('[A]\nurl = "sqlite://"\ntable = "t"\nkey = ["id"]\nsql = "x"', "no sql"),
        ('[A]\nurl = "nonsense"\ntable = "t"\nkey = ["id"]', "url of a database"),
        ('[A]\nurl = {env = "UNSET"}\ntable = "t"\nkey = ["id"]', "variable set"),
    ],
)
def test_a_file_that_cannot_be_used_names_what_is_wrong(tmp_path, text, said):
    path = tmp_path / "stores.toml"
    path.write_text(text)

    with pytest.raises(SettingError, match=said):
        load_outside_tables(str(path), {})
