"""Test processes: a clock that stands still, a database in memory, clear failures.

In Python with the fixture `bpmn`, or in YAML with `bpmn-engine test`.
"""

from bpmn_engine.testing.job_answers import Completion as Completion
from bpmn_engine.testing.job_answers import ErrorThrown as ErrorThrown
from bpmn_engine.testing.job_answers import Failure as Failure
from bpmn_engine.testing.process_test import ProcessTest as ProcessTest
