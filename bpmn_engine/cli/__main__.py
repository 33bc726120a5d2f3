"""`python -m bpmn_engine.cli` is the command `bpmn-engine`."""

from __future__ import annotations

from bpmn_engine.cli.main import main

main()
