"""`bpmn-engine dmn`: decisions from files, as a process owner tries them out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bpmn_engine.dmn.problems import ProblemKind
from tests.decisions import decision, feel, file_xml, input_data, table

DISCOUNT = file_xml(
    "\n",
    input_data("amount", "number"),
    decision(
        "discount", table("U", ["amount"], [">= 1000 | 0.1", "< 1000 | 0"]), requires=["amount"]
    ),
)
CASES = """
<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
           xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
           xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>discount.dmn</modelName>
  <testCase id="large">
    <inputNode name="amount"><value xsi:type="xsd:decimal">1200</value></inputNode>
    <resultNode name="discount"><expected><value xsi:type="xsd:decimal">0.1</value></expected>
    </resultNode>
  </testCase>
  <testCase id="small">
    <inputNode name="amount"><value xsi:type="xsd:decimal">12</value></inputNode>
    <resultNode name="discount"><expected><value xsi:type="xsd:decimal">0.5</value></expected>
    </resultNode>
  </testCase>
  <testCase id="no number">
    <inputNode name="amount"><value xsi:type="xsd:string">x</value></inputNode>
    <resultNode name="discount" errorResult="true"/>
  </testCase>
</testCases>
"""


@pytest.fixture
def discount(tmp_path: Path) -> Path:
    path = tmp_path / "discount.dmn"
    path.write_text(DISCOUNT, encoding="utf-8")
    return path


def test_evaluate_prints_the_value(shell, discount):
    result = shell.run("dmn", "evaluate", discount, "--inputs", '{"amount": 1200}')

    assert (result.exit_code, result.stdout) == (0, "0.1\n")
    assert result.stderr == "discount: rules that hold: 1\n"


def test_evaluate_reads_the_inputs_from_a_file(shell, discount):
    inputs = discount.with_name("order.json")
    inputs.write_text('{"amount": 1}', encoding="utf-8")

    assert shell.ok("dmn", "evaluate", discount, "--decision", "discount", "--input", inputs)


def test_evaluate_tells_problems_with_where_and_fails(shell, discount):
    result = shell.run("dmn", "evaluate", discount, "--inputs", '{"amount": "x"}', "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["value"] is None
    assert told["problems"][0]["message"] == (
        'Expected amount of the type number, but it is the string "x".'
    )
    assert told["problems"][0]["spot"]["file_line"] == 2


def test_evaluate_asks_which_decision_where_there_are_several(shell, tmp_path):
    path = tmp_path / "two.dmn"
    path.write_text(file_xml(decision("a", feel("1")), decision("b", feel("2"))), encoding="utf-8")

    result = shell.run("dmn", "evaluate", path)

    assert result.exit_code == 2
    assert "has these decisions: a, b." in result.stderr
    assert shell.run("dmn", "evaluate", path, "--decision", "b").stdout == "2\n"


def test_an_import_is_found_beside_the_file(shell, tmp_path):
    imported = '<import name="other" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
    it = decision("it", feel("other.base + 1"), decisions=["urn:other#base"])
    (tmp_path / "main.dmn").write_text(file_xml(imported, it), encoding="utf-8")
    other = file_xml(decision("base", feel("41")), namespace="urn:other")
    (tmp_path / "other.dmn").write_text(other, encoding="utf-8")

    assert shell.run("dmn", "evaluate", tmp_path / "main.dmn").stdout == "42\n"


def test_check_prints_findings_with_file_and_line(shell, discount):
    discount.write_text(DISCOUNT.replace("&lt; 1000", "&lt; 900"), encoding="utf-8")

    result = shell.run("dmn", "check", discount)

    assert result.exit_code == 0
    assert result.stdout == f"{discount}: 1 warning\n"
    assert result.stderr.startswith(f"{discount}:2: warning: ")
    assert "discount: No rule holds for amount = 900, and there is no" in result.stderr


@pytest.mark.parametrize(
    "content",
    ["no xml", file_xml(decision("a", feel("1 +"))), file_xml('<decision id="a"/>')],
    ids=["xml", "feel", "structure"],
)
def test_check_fails_on_an_error(shell, tmp_path, content):
    path = tmp_path / "wrong.dmn"
    path.write_text(content, encoding="utf-8")

    result = shell.run("dmn", "check", path, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)[str(path)][0]["severity"] == "error"


def test_test_prints_the_score_and_each_case_that_fails(shell, discount):
    discount.with_name("discount-test.xml").write_text(CASES, encoding="utf-8")

    result = shell.run("dmn", "test", discount.parent)

    assert (result.exit_code, result.stdout) == (1, "2/3\n")
    assert "small: discount: expected 0.5, but got 0" in result.stderr


def test_test_finds_no_cases(shell, tmp_path):
    assert shell.run("dmn", "test", tmp_path).exit_code == 3


def test_the_page_tells_every_kind_of_problem():
    page = (Path(__file__).parents[3] / "docs" / "dmn.md").read_text(encoding="utf-8")

    told = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)

    assert sorted(told) == sorted(kind.value for kind in ProblemKind)
