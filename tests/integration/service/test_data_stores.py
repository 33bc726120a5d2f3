"""Data stores through the database (BPMN 2.0.2, section 10.4.1): read, written, exactly once."""

from __future__ import annotations

from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.service import data_store_work
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.views.paging import Caller
from tests.data_diagrams import (
    assigned,
    data_object,
    moves,
    plain,
    store,
    transformed,
    user,
    working,
)
from tests.diagrams import end, exclusive, process, start, task

CAROL = Caller(user_id="carol", sees_all=True)
CUSTOMERS = '<bpmn:dataStore id="ds" name="Customers"/>'
LIST = (
    '<bpmn:itemDefinition id="item" isCollection="true"/>'
    '<bpmn:dataStore id="ds" name="Customers" itemSubjectRef="item" capacity="2" '
    'isUnlimited="false"/>'
)


def writing(roots: str, *parts: str) -> bytes:
    """Return a process with a task whose output goes into a store."""
    return plain(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "r", "".join(parts)),)),
            b=user(),
            e=end(),
            r=store("ds", "Customers"),
        ),
        roots,
    )


def reading() -> bytes:
    """Return a process with a task that needs what a store holds."""
    return plain(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=working(
                user(),
                needs={"i": 'name="known"'},
                gives={"o": 'name="seen"'},
                takes=(moves("r", "i"),),
                puts=(moves("i", "d"),),
            ),
            b=user(),
            e=end(),
            d=data_object("customers"),
            r=store("ds", "Customers"),
        ),
        CUSTOMERS,
    ).replace(b'id="p"', b'id="q"')


def held(world):
    found = world.service.data_store("Customers")
    return None if isinstance(found, Problem) else found.content


def finish(world, value):
    (one,) = [found for found in world.tasks() if found.element_id == "a"]
    done = world.service.complete_task(one.key, {"made": value}, caller=CAROL)
    assert not isinstance(done, Problem), done


def test_an_output_is_written_to_the_store_before_the_activity_is_left(world):
    world.deploy(writing(CUSTOMERS))
    key = world.start()

    finish(world, {"name": "Alice"})

    assert held(world) == {"name": "Alice"}
    assert world.here(key) == ["b"]
    assert world.service.data_store("Customers").changed_by == key


def test_what_one_process_wrote_another_reads(world):
    world.deploy(writing(CUSTOMERS))
    world.start()
    finish(world, {"name": "Alice"})
    world.deploy(reading())

    key = world.start("q")
    finish(world, None)

    assert world.variables(key)["customers"] == {"name": "Alice"}


def test_an_empty_store_is_read_as_null_and_blocks_nothing(world):
    world.deploy(reading())

    key = world.start("q")

    assert world.here(key) == ["a"]
    assert [found.element_id for found in world.tasks()] == ["a"]


def test_a_person_fills_a_store_and_reads_it(world):
    assert isinstance(world.service.data_store("Customers"), Problem)

    world.service.fill_data_store("Customers", ["Alice"])

    assert held(world) == ["Alice"]
    assert [found.name for found in world.service.data_stores()] == ["Customers"]


def test_an_assignment_changes_a_part_of_the_document(world):
    world.deploy(writing(CUSTOMERS, assigned("made", "Customers.bob")))
    world.service.fill_data_store("Customers", {"alice": 1})
    world.start()

    finish(world, 2)

    assert held(world) == {"alice": 1, "bob": 2}


def test_a_collection_gets_an_entry_and_is_full_at_its_capacity(world):
    world.deploy(writing(LIST))
    keys = [world.start() for _ in range(3)]
    for name in ("Alice", "Bob", "Carol"):
        found = sorted(
            (one for one in world.tasks() if one.element_id == "a"), key=lambda t: t.key
        )
        world.service.complete_task(found[0].key, {"made": name}, caller=CAROL)

    assert held(world) == ["Alice", "Bob"]
    assert [world.here(key) for key in keys] == [["b"], ["b"], ["a"]]
    (message,) = world.incidents()
    assert "at most 2 entries" in message


def test_a_full_store_is_written_when_there_is_room_again(world):
    world.deploy(writing(LIST))
    world.service.fill_data_store("Customers", ["Alice", "Bob"])
    key = world.start()
    finish(world, "Carol")
    (incident,) = world.service.incidents().items

    world.service.fill_data_store("Customers", ["Alice"])
    world.service.resolve_incident(incident.key)
    world.service.drain(10)

    assert held(world) == ["Alice", "Carol"]
    assert world.here(key) == ["b"]


def test_a_list_replaces_all_entries(world):
    world.deploy(writing(LIST))
    world.service.fill_data_store("Customers", ["Alice"])
    world.start()

    finish(world, ["Bob"])

    assert held(world) == ["Bob"]


def test_a_transformation_reads_and_writes_one_store(world):
    world.deploy(
        plain(
            process(
                "s -> a -> e",
                s=start(),
                a=working(task(), puts=(moves("r d", "r", transformed("Counter + step")),)),
                e=end(),
                d=data_object("step"),
                r=store("ds", "Counter"),
            ),
            '<bpmn:dataStore id="ds" name="Counter"/>',
        )
    )
    world.service.fill_data_store("Counter", 40)

    world.service.start_instance("p", variables={"step": 2})

    assert world.service.data_store("Counter").content == 42


def test_a_write_that_was_interrupted_happens_once(world, monkeypatch):
    world.deploy(writing(LIST))
    key = world.start()
    real = data_store_work.do

    def dies(work, reference):
        real(work, reference)
        raise RuntimeError("the process ended here")

    monkeypatch.setattr(data_store_work, "do", dies)
    finish(world, "Alice")
    assert held(world) is None
    monkeypatch.setattr(data_store_work, "do", real)

    assert world.service.drain(10) == 0  # its lock has not ended
    world.clock.advance(world.service.settings.lock_duration)
    world.service.requeue_expired_locks(10)
    world.service.drain(10)

    assert held(world) == ["Alice"]
    assert world.here(key) == ["b"]


def test_other_workers_leave_these_jobs_alone(world):
    world.deploy(writing(CUSTOMERS))
    world.start()
    finish(world, 1)

    assert world.activate(DATA_STORE) == []


def test_an_operator_sees_what_an_activity_waits_for(world):
    world.deploy(
        plain(
            process(
                "s -> x",
                "x -> a",
                "a -> e",
                s=start(),
                x=exclusive(),
                a=working(user(), needs={"i": 'name="copy"'}, takes=(moves("d", "i"),)),
                e=end(),
                d=data_object("order"),
            )
        )
    )

    key = world.start()

    assert world.waits(key) == ["Waits for data: order has no value yet."]


def test_nothing_is_written_when_the_output_was_not_given(world):
    world.deploy(writing(CUSTOMERS))
    key = world.start()

    finish(world, None)

    assert held(world) is None
    assert world.here(key) == ["b"]
