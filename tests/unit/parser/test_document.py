"""Attacks and accidents: each gets a clear answer, none hangs, none reads a file or network."""

import dataclasses
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn_engine.model.definitions import Definitions, Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.unit.parser.reading import PLAIN, file, read_process

NS = PLAIN.encode()


@pytest.mark.parametrize(
    ("xml", "rule", "word"),
    [
        (b"", "empty", "empty"),
        (b" \n ", "empty", "empty"),
        (b"\x00\x01\x02", "xml", "not XML"),
        (b"PK\x03\x04 a zip file", "xml", "not XML"),
        (b'{"json": true}', "xml", "not XML"),
        (b"<definitions", "xml", "not XML"),
        (b"<definitions " + NS + b"><process>", "xml", "Premature end"),
        (b"<html><body>Log in</body></html>", "not-bpmn", "web page"),
        (b"<!DOCTYPE html><html></html>", "doctype", "DOCTYPE"),
        (
            b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
            "not-bpmn",
            "DMN",
        ),
        (b"<definitions/>", "not-bpmn", "namespace"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "xml", "encoding"),
        (b'<?xml version="1.0" encoding="utf-8"?><a b="\xff"/>', "xml", "not XML"),
        (b"<definitions " + NS + b">&lol;</definitions>", "xml", "not defined"),
        (b"<definitions " + NS + b">" + b"<a>" * 100_000, "xml", "nested too deeply"),
    ],
)
def test_what_is_no_bpmn_is_refused_with_a_reason(xml, rule, word):
    outcome = read_definitions(xml)

    assert isinstance(outcome, Refusal)
    assert [found.rule for found in outcome.violations] == [rule]
    assert word in outcome.violations[0].message
    assert outcome.certificate.entries == ()


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE d SYSTEM "http://example.test/evil.dtd">',
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE d [<!ENTITY % x SYSTEM "http://example.test/x"> %x;]>',
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(
            b'<!ENTITY b%d "%s">' % (level, b"&b%d;" % (level - 1) * 10) for level in range(1, 20)
        )
        + b"]>",
    ],
)
def test_entities_are_refused_before_they_are_looked_at(doctype, monkeypatch):
    monkeypatch.setattr(socket, "socket", _no_network)
    xml = doctype + b"<definitions " + NS + b' name="&a;">&x;</definitions>'

    outcome = read_definitions(xml)

    assert isinstance(outcome, Refusal)
    assert [(found.rule, found.line) for found in outcome.violations] == [("doctype", 1)]


def test_a_doctype_in_a_text_is_text():
    process = read_process(
        "<documentation><![CDATA[<!DOCTYPE html>]]></documentation><task id='t'/>"
    )

    assert process.documentation == "<!DOCTYPE html>"


def test_a_file_of_50_mb_is_refused_unread():
    outcome = read_definitions(b"x" * 50 * 2**20)

    assert isinstance(outcome, Refusal)
    assert "20,971,520" in outcome.violations[0].message
    assert outcome.violations[0].rule == "too-large"


def test_the_limit_of_size_is_the_callers():
    xml = file("<task id='t'/>")

    assert isinstance(read_definitions(xml, max_bytes=len(xml)), Definitions)
    assert isinstance(read_definitions(xml, max_bytes=len(xml) - 1), Refusal)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_every_usual_encoding_is_read(encoding):
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = (
        f'<?xml version="1.0" encoding="{name}"?>' + file("<task id='t' name='Prüfen'/>").decode()
    )

    outcome = read_definitions(text.encode(encoding))

    assert isinstance(outcome, Definitions)
    assert outcome.processes[0].nodes[0].name == "Prüfen"


def test_a_chain_of_5000_elements_is_read_whole():
    tasks = "".join(f"<task id='t{n}'/>" for n in range(5000))
    flows = "".join(f"<sequenceFlow sourceRef='t{n}' targetRef='t{n + 1}'/>" for n in range(4999))

    process = read_process(tasks + flows)

    assert len(process.nodes) == 5000
    assert process.flows[-1].id == "flow_t4998_t4999_1"
    assert process.nodes[-1].incoming == ("flow_t4998_t4999_1",)


def test_sub_processes_may_be_nested_50_deep_and_no_deeper():
    def nested(depth):
        opening = "".join(f"<subProcess id='s{n}'>" for n in range(depth))
        return file(opening + "<task id='t'/>" + "</subProcess>" * depth)

    outcome = read_definitions(nested(51))

    assert isinstance(read_definitions(nested(50)), Definitions)
    assert isinstance(outcome, Refusal)
    assert [(v.rule, v.element_id) for v in outcome.violations] == [("too-deep", "s50")]


def test_very_many_violations_are_cut_off():
    outcome = read_definitions(file("<task id='t'/>\n" * 3000))

    assert isinstance(outcome, Refusal)
    assert len(outcome.violations) == 1001
    assert "too-many" in {found.rule for found in outcome.violations}


_SAMPLE = file(
    "<startEvent id='s'/><serviceTask id='a'><extensionElements><zeebe:taskDefinition type='x'/>"
    "</extensionElements></serviceTask><boundaryEvent id='b' attachedToRef='a'>"
    "<timerEventDefinition><timeDuration>PT1M</timeDuration></timerEventDefinition>"
    "</boundaryEvent><endEvent id='e'/><sequenceFlow sourceRef='s' targetRef='a'/>"
    "<sequenceFlow sourceRef='a' targetRef='e'/><sequenceFlow sourceRef='b' targetRef='e'/>"
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 40), st.binary(max_size=8)),
        max_size=4,
    )
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_never_raises(damages):
    xml = _SAMPLE
    for start, length, replacement in damages:
        xml = xml[:start] + replacement + xml[start + length :]

    outcome = read_definitions(xml)

    assert isinstance(outcome, Definitions | Refusal)


@given(st.lists(st.sampled_from(sorted({part for part in _SAMPLE.decode().split("<") if part}))))
@settings(max_examples=150, deadline=None)
def test_shuffled_elements_never_raise(parts):
    outcome = read_definitions(file("".join("<" + part for part in parts)))

    assert isinstance(outcome, Definitions | Refusal)


def test_nothing_but_the_schema_is_opened(monkeypatch):
    opened = []
    monkeypatch.setattr(socket, "socket", _no_network)
    monkeypatch.setattr(Path, "open", lambda path, *_: opened.append(path))
    roots = (
        "<import importType='http://www.w3.org/2001/XMLSchema' location='file:///etc/passwd' "
        "namespace='urn:x'/>"
    )

    process = read_process("<task id='t'/>", roots=roots)

    assert dataclasses.asdict(process)["id"] == "p"
    assert opened == []


def _no_network(*_arguments, **_options):
    message = "the network was used"
    raise AssertionError(message)
