"""What was acknowledged survives the death of the process."""

import signal
import subprocess
import sys

from bpmn_engine.store import changes
from bpmn_engine.store.database import Database
from tests.integration.store.orders import NOON

WRITER = """
import datetime as dt, sys
from bpmn_engine.store import changes
from bpmn_engine.store.database import Database

database = Database(sys.argv[1])
while True:
    with database.transaction() as session:
        changes.insert(session, ["tasks"], dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC))
    with database.reading() as session:
        print(changes.latest(session), flush=True)
"""


def test_every_acknowledged_commit_survives_a_killed_process(database_url):
    command = [sys.executable, "-c", WRITER, database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)

    database = Database(database_url)
    with database.transaction() as session:
        changes.insert(session, ["tasks"], NOON)
    with database.reading() as session:
        found = [change.sequence for change in changes.read_after(session, 0, now=NOON)]
    database.dispose()

    assert set(range(1, acknowledged + 1)) <= set(found)
