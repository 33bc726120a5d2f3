"""One process that removes old history: started by `bench_archive`, of this checkout or another.

It says when it is ready, waits for a line, and then says how many instances it removed and how
many seconds of the processor it took for them.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database


def main() -> None:
    """Remove what there is, so many instances at a time."""
    url, limit, is_archived, number = sys.argv[1:]
    settings = EngineSettings(
        history_time_to_live=dt.timedelta(seconds=1),
        archive_history=is_archived == "yes",
        worker_number=int(number),
    )
    database = Database(url)
    service = EngineService(database, SystemClock(), settings)
    count = service.remove_old_history(1)  # everything is compiled and connected then
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    while removed := service.remove_old_history(int(limit)):
        count += removed
    print(count, time.process_time() - began, flush=True)
    database.dispose()


if __name__ == "__main__":
    main()
