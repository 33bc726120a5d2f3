"""Deployed definitions: versions, tags, and what starts by itself."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bpmn_engine.expressions.timers import TimerSchedule
from bpmn_engine.ids import ElementId
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.definitions import Coverage, CoverageEntry, Severity, Violation
from bpmn_engine.model.extensions import FormDefinition, FormSource
from bpmn_engine.store import definitions, forms, starts
from bpmn_engine.store.database import Database
from bpmn_engine.store.definitions import NewDeployment, NewForm, ResourceRow
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.starts import NewStarts, StartSubscription, StartTimer
from bpmn_engine.views.definitions import StartFormView
from tests.integration.store.orders import MINUTE, NOON, HandClock, deploy

KEYS = KeyGenerator(HandClock())


def deployed(database, **changes):
    with database.transaction() as session:
        return deploy(session, KEYS, **changes)


def ask(database, query, *arguments, **values):
    with database.reading() as session:
        return query(session, *arguments, **values)


def test_versions_count_up_per_process(database):
    first, second = deployed(database), deployed(database)
    other = deployed(database, process_id="other")

    assert [row.version for row in (first, second, other)] == [1, 2, 1]
    assert ask(database, definitions.find_latest, "order") == second
    assert ask(database, definitions.find, first.key) == replace(first, is_latest=False)
    assert ask(database, definitions.find_version, "order", 1).key == first.key
    assert ask(database, definitions.find_version, "order", 3) is None
    found = ask(database, definitions.find_in_deployment, "order", first.deployment_key)
    assert found.key == first.key


def test_latest_version_with_a_tag_is_found(database):
    deployed(database, version_tag="stable")
    second = deployed(database, version_tag="stable")
    deployed(database)

    assert ask(database, definitions.find_tagged, "order", "stable").key == second.key
    assert ask(database, definitions.find_tagged, "order", "beta") is None


def test_definition_comes_back_whole(database):
    certificate = (
        CoverageEntry(
            element_id="Note",
            element_type="bpmn:textAnnotation",
            line=3,
            coverage=Coverage.DOCUMENTATION,
            reason="shown only",
        ),
    )
    warnings = (
        Violation(
            rule="xsd",
            message="odd",
            element_id=ElementId("Note"),
            line=3,
            severity=Severity.WARNING,
        ),
    )
    form = FormDefinition(source=FormSource.CAMUNDA_FORM, reference="order-form")
    start_forms = (StartFormView(element_id="Start", form=form),)

    row = deployed(
        database,
        certificate=certificate,
        warnings=warnings,
        start_forms=start_forms,
        element_names={"Start": "Order arrived"},
    )

    found = ask(database, definitions.find_details, row.key)
    assert (found.certificate, found.warnings, found.start_forms) == (
        certificate,
        warnings,
        start_forms,
    )
    assert (row.resource_name, row.deployed_by, row.deployed_at) == ("order.bpmn", "alice", NOON)
    assert found.element_names == {"Start": "Order arrived"}
    assert ask(database, definitions.load_xml, row.key) == b"<definitions/>"


def test_new_version_replaces_how_the_old_one_starts(database):
    schedule = TimerSchedule(due_at=NOON, repetitions=None, text="R/PT1M")
    deployed(
        database,
        starts=NewStarts(
            subscriptions=(StartSubscription(element_id="S", kind=WaitKind.SIGNAL, name="go"),),
            timers=(StartTimer(key=KEYS.next(), element_id="T", schedule=schedule),),
        ),
    )
    assert len(ask(database, starts.start_subscriptions, WaitKind.SIGNAL, "go")) == 1
    assert ask(database, starts.next_start_timer_due_at) == NOON

    deployed(database)

    assert ask(database, starts.start_subscriptions, WaitKind.SIGNAL, "go") == ()
    assert ask(database, starts.next_start_timer_due_at) is None


def test_start_timer_moves_on_until_its_last_firing(database):
    schedule = TimerSchedule(due_at=NOON, repetitions=1, text="R2/PT1M")
    timer = StartTimer(key=KEYS.next(), element_id="T", schedule=schedule)
    row = deployed(database, starts=NewStarts(timers=(timer,)))
    following = TimerSchedule(due_at=NOON + MINUTE, repetitions=0, text="R2/PT1M")

    with database.transaction() as session:
        (due,) = starts.due_start_timers(session, NOON, 10)
        starts.move_start_timer(session, due.key, following)
        early = starts.due_start_timers(session, NOON, 10)
        (last,) = starts.due_start_timers(session, NOON + dt.timedelta(days=1), 10)
        starts.move_start_timer(session, last.key, None)

    assert (due.definition_key, due.schedule, early) == (row.key, schedule, ())
    assert last.schedule == following
    assert ask(database, starts.next_start_timer_due_at) is None


def test_deployments_at_once_get_different_versions(database_url):
    database = Database(database_url)

    def deploy_one(_):
        with database.transaction() as session:
            definitions.lock_ids(session, ["order"])
            return deploy(session, KEYS).version

    with ThreadPoolExecutor(4) as threads:
        versions = sorted(threads.map(deploy_one, range(8)))

    assert versions == list(range(1, 9))
    database.dispose()


def test_forms_are_versioned(database):
    for content in (b'{"id":"f"}', b'{"id":"f","x":1}'):
        file = ResourceRow(
            key=KEYS.next(), name="f.form", kind="form", content=content, content_hash="h"
        )
        form = NewForm(key=KEYS.next(), resource_key=file.key, form_id="f", content_hash="h")
        new = NewDeployment(
            key=KEYS.next(),
            name="forms",
            at=NOON,
            actor=None,
            resources=(file,),
            definitions=(),
            forms=(form,),
        )
        with database.transaction() as session:
            definitions.insert_deployment(session, new)

    latest = ask(database, forms.find, "f")
    assert (latest.version, latest.content) == (2, b'{"id":"f","x":1}')
    assert ask(database, forms.find, "f", version=1).content == b'{"id":"f"}'
    assert ask(database, forms.latest, ["f", "gone"]) == {"f": latest}
