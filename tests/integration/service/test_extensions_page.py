"""What docs/extensions.md shows is true."""

from __future__ import annotations

import re
from pathlib import Path

from bpmn_engine import Engine
from tests.diagrams import Contents, Element, end, process, service, start

PAGE = (Path(__file__).parents[3] / "docs" / "extensions.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run_block(word: str, engine: Engine, **names: object) -> None:
    """Execute the example of the page that has this word in it."""
    (block,) = (block for block in PYTHON if word in block)
    exec(block, {"engine": engine, **names})  # noqa: S102 — the page is ours


def test_the_worker_of_a_bean():
    asked = {
        "camunda:expression": "${rates.find(country)}",
        "camunda:resultVariable": "rate",
    }
    task = Element("serviceTask", asked)
    with Engine() as engine:
        engine.deploy(process("s -> a -> e", s=start(), a=task, e=end()))
        run_block("rates.find", engine, RATES={"FR": 3})

        instance = engine.start("p", {"country": "FR"})
        engine.run_until_idle()

        assert instance.variables == {"country": "FR", "rate": 3}


def test_the_worker_of_an_ad_hoc_sub_process():
    extensions = (
        "<zeebe:taskDefinition type='agent'/>"
        "<zeebe:adHoc outputCollection='answers' outputElement='=answer'/>"
    )
    led = Element(
        "adHocSubProcess", {}, extensions, contents=Contents((), {"ask": service("ask")})
    )
    with Engine() as engine:
        engine.deploy(process("s -> a -> e", s=start(), a=led, e=end()))
        run_block("agent", engine)

        @engine.worker("ask")
        def ask(job):
            return {"answer": f"{job.variables['person']} says yes"}

        instance = engine.start("p")
        engine.run_until_idle()

        assert instance.variables == {"answers": ["Bob says yes"]}
