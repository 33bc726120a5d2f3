"""Test processes with pytest: a clock that stands still, a database in memory, clear failures."""

from bpmn_engine.testing.process_test import ProcessTest as ProcessTest
