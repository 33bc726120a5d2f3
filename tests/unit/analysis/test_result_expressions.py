"""Result and error expressions of connectors that are no FEEL."""

from dataclasses import replace

import pytest

from tests.diagrams import end, process, service, start
from tests.unit.analysis.findings import findings, words


def _with_header(key, text):
    headers = f'<zeebe:taskHeaders><zeebe:header key="{key}" value="{text}"/></zeebe:taskHeaders>'
    asking = service("http")
    asking = replace(asking, extensions=asking.extensions + headers)
    return process("s -> a -> e", s=start(), a=asking, e=end())


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("resultExpression", "={id: response.body.id}"),
        ("resultExpression", "{id: response.body.id}"),
        ("resultExpression", ""),
        (
            "errorExpression",
            "=if error.code = 1 then bpmnError('GONE', error.message) else null",
        ),
        ("errorExpression", "=jobError(&quot;wait&quot;, {}, 2, @&quot;PT1M&quot;)"),
        ("comment", "={id: }"),
    ],
)
def test_header_that_can_be_read_is_no_finding(key, text):
    quoted = text.replace("'", "&quot;")

    assert words(_with_header(key, quoted)) == set()


@pytest.mark.parametrize(
    ("key", "text", "place"),
    [
        ("resultExpression", "={id: }", "(line 1, column 7 of the header)"),
        ("resultExpression", "{id: }", "(line 1, column 6 of the header)"),
        ("errorExpression", "=if x then", "(line 1, column 11 of the header)"),
        ("resultExpression", "=nothing(1)", "(line 1, column 2 of the header)"),
    ],
)
def test_header_that_is_no_feel_is_told_with_its_place(key, text, place):
    (finding,) = [
        one for one in findings(_with_header(key, text)) if one.rule == "result-expression"
    ]

    assert finding.element_id == "a"
    assert key in finding.message
    assert finding.message.endswith(place)
