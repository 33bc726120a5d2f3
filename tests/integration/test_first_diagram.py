"""A process that has just begun reads its first diagrams with several threads at once."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROCESSES = 25
THREADS = 6

SCRIPT = f"""
import os
import threading

from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import end, process, service, start

XML = process("s -> a -> e", s=start(), a=service("work"), e=end())


def first_diagram(together, read):
    together.wait()
    read.append(read_definitions(XML, filename="p.bpmn"))


def begun():
    together, read = threading.Barrier({THREADS}), []
    given = (together, read)
    threads = [threading.Thread(target=first_diagram, args=given) for _ in range({THREADS})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(read) == {THREADS}


for _ in range({PROCESSES}):
    child = os.fork()
    if child == 0:
        os._exit(0 if begun() else 1)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes begin as forks")
def test_first_diagrams_are_read_at_the_same_time():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
