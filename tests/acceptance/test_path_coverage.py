"""The cases of the shipped processes take every path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpmn_engine.testing.cases.case_file import CaseFile
from bpmn_engine.testing.cases.case_running import run_case
from bpmn_engine.testing.cases.file_reading import read_case_file
from bpmn_engine.testing.coverage.tally import CoverageTally

PROCESSES = Path(__file__).parents[2] / "processes"


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in PROCESSES.glob("*/*.bpmn")))
def test_every_element_and_flow_of_a_shipped_process_is_passed_by_its_cases(folder):
    file = read_case_file(PROCESSES / folder / f"{folder}.bpmn-test.yaml")
    assert isinstance(file, CaseFile)
    tally = CoverageTally()

    for case in file.cases:
        tally.add(file.resources, run_case(file, case).traces)

    (coverage,) = tally.coverage()
    assert (coverage.missing_elements, coverage.missing_flows) == ((), ())
