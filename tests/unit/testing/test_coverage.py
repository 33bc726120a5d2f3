"""Path coverage: counted right, drawn from the diagram, safe against what diagrams hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from bpmn_engine.parser.diagram_interchange import read_planes
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing import Completion, ProcessTest
from bpmn_engine.testing.coverage.drawing import draw_coverage
from bpmn_engine.testing.coverage.pages import write_pages
from bpmn_engine.testing.coverage.tally import CoverageTally, ProcessCoverage, Share, read_traces
from tests.diagrams import each, end, exclusive, process, service, start, task, user

SVG = "{http://www.w3.org/2000/svg}"
DIAGRAM = process(
    "s -> x",
    "x -> a if yes",
    "x -> b default",
    "a, b -> e",
    s=start(),
    x=exclusive(),
    a=user(),
    b=task(),
    e=end(),
)
HOSTILE = "<script>alert('1')</script>&\"'"


def drawn(diagram: bytes, shapes: str) -> bytes:
    """Give a diagram a drawing."""
    di = (
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="D">'
        f'<bpmndi:BPMNPlane id="P" bpmnElement="p">{shapes}</bpmndi:BPMNPlane>'
        "</bpmndi:BPMNDiagram></bpmn:definitions>"
    )
    return diagram.replace(b"</bpmn:definitions>", di.encode())


def shape(element: str, x: object = 0, y: object = 0) -> str:
    return (
        f'<bpmndi:BPMNShape id="{element}_di" bpmnElement="{element}">'
        f'<dc:Bounds x="{x}" y="{y}" width="100" height="80"/></bpmndi:BPMNShape>'
    )


def edge(flow: str, *points: tuple[object, object]) -> str:
    waypoints = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<bpmndi:BPMNEdge id="{flow}_di" bpmnElement="{flow}">{waypoints}</bpmndi:BPMNEdge>'


SHAPES = "".join(shape(name, x=150 * place) for place, name in enumerate("sxabe")) + edge(
    "x_b", (200, 40), (400, 40)
)


def covered(diagram: bytes, *runs: bool) -> ProcessCoverage:
    """Run the process once for each value of `yes`, and add up what was passed."""
    tally = CoverageTally()
    resources = [Resource(name="a.bpmn", content=diagram)]
    tally.add(resources, ())
    for yes in runs:
        with ProcessTest() as test:
            test.deploy_resources(resources)
            test.start("p", {"yes": yes})
            tally.add(resources, read_traces(test.engine.service, resources))
    (coverage,) = tally.coverage()
    return coverage


def test_every_element_and_flow_counts_once_however_often_it_was_passed():
    coverage = covered(DIAGRAM, False, False)

    assert coverage.element_share == Share(passed=4, total=5)
    assert coverage.flow_share == Share(passed=3, total=5)
    assert coverage.passed == {"s": 2, "x": 2, "b": 2, "e": 2}
    assert [element.element_id for element in coverage.missing_elements] == ["a"]
    assert [flow.flow_id for flow in coverage.missing_flows] == ["x_a", "a_e"]


def test_what_was_reached_but_not_completed_is_not_passed():
    coverage = covered(DIAGRAM, True)

    assert "a" in coverage.reached
    assert not coverage.passed.get("a")


def test_a_process_that_no_case_started_is_not_covered_at_all():
    coverage = covered(DIAGRAM)

    assert str(coverage.element_share) == "0 % (0 of 5)"


def test_hundred_per_cent_is_said_only_of_all():
    assert Share(passed=9999, total=10000).percent == 99.9
    assert Share(passed=3, total=3).percent == 100.0
    assert Share(passed=0, total=0).percent == 100.0


def test_instances_of_a_multi_instance_activity_are_counted_without_its_body():
    diagram = process("s -> w -> e", s=start(), w=service("w", loop=each("[1, 2]")), e=end())
    resources = [Resource(name="a.bpmn", content=diagram)]
    with ProcessTest() as test:
        test.answer_jobs("w", Completion())
        test.deploy_resources(resources)
        test.start("p")

        (trace,) = read_traces(test.engine.service, resources)

    assert trace.passed == {"s": 1, "w": 2, "e": 1}


# Drawing --------------------------------------------------------------------------------------


def classes(picture: bytes) -> dict[str, str]:
    """Return the class of each group by the words of its title, up to the colon."""
    root = etree.fromstring(picture)
    return {
        title.text.partition(":")[0]: group.get("class")
        for group in root.iter(f"{SVG}g")
        if (title := group.find(f"{SVG}title")) is not None
    }


def test_each_element_is_drawn_as_what_it_is():
    diagram = drawn(DIAGRAM, SHAPES)

    picture = draw_coverage(covered(diagram, False), read_planes(diagram))

    assert classes(picture) == {
        "s": "passed",
        "x": "passed",
        "a": "missing",
        "b": "passed",
        "e": "passed",
        "x_b": "passed",
    }


def test_what_was_not_passed_is_said_in_words_too():
    diagram = drawn(DIAGRAM, SHAPES)

    picture = draw_coverage(covered(diagram, True, True), read_planes(diagram)).decode()

    assert "<title>a: reached, but never completed</title>" in picture
    assert "<title>b: not passed by any case</title>" in picture
    assert "<title>s: passed 2 times</title>" in picture
    assert ">not passed<" in picture
    assert "stroke-dasharray" in picture


def test_names_are_text_and_nothing_else(tmp_path):
    written = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    diagram = drawn(DIAGRAM, SHAPES)
    for name in ("a", "p"):
        diagram = diagram.replace(
            f'id="{name}"'.encode(), f'id="{name}" name="{written}"'.encode()
        )

    page = write_pages(tmp_path / "out", [covered(diagram, False)])

    picture = (tmp_path / "out" / "p.svg").read_text()
    assert "<script" not in picture
    assert "<script" not in page.read_text()
    assert "default-src 'none'" in page.read_text()
    assert HOSTILE in "".join(etree.fromstring(picture.encode()).itertext())


@pytest.mark.parametrize("place", ["NaN", "inf", "1e300", "here", "", "-Infinity"])
def test_places_that_are_no_numbers_are_left_out(place):
    diagram = drawn(
        DIAGRAM, shape("s", x=place) + shape("x") + edge("s_x", (0, place), (1, 1), (2, 2))
    )

    (plane,) = read_planes(diagram)
    picture = draw_coverage(covered(DIAGRAM, False), [plane])

    assert [one.element_id for one in plane.shapes] == ["x"]
    assert plane.edges[0].waypoints == ((1.0, 1.0), (2.0, 2.0))
    assert not re.search(r"\b(nan|inf)\b", picture.decode(), re.IGNORECASE)


def test_shapes_of_nothing_and_edges_of_one_point_are_left_out():
    diagram = drawn(DIAGRAM, shape("nothing") + shape("s") + edge("s_x", (1, 1)))

    (plane,) = read_planes(diagram)

    assert [one.element_id for one in plane.shapes] == ["s"]
    assert plane.edges == ()


def test_a_diagram_without_a_drawing_has_a_page_in_words(tmp_path):
    page = write_pages(tmp_path, [covered(DIAGRAM, False)]).read_text()

    assert "holds no drawing" in page
    assert "x_a: x to a" in page


def test_pictures_of_processes_with_one_id_have_names_of_their_own(tmp_path):
    other = process("s -> e", s=start(), e=end())

    write_pages(tmp_path, [covered(DIAGRAM, False), covered(other, False)])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "p-2.svg", "p.svg"]


def test_a_picture_of_a_large_diagram_is_drawn():
    flows = " -> ".join(f"t{number}" for number in range(2000))
    elements = {f"t{number}": task() for number in range(2000)}
    diagram = process(flows, **elements)
    shapes = "".join(shape(name, x=150 * place) for place, name in enumerate(elements))
    diagram = drawn(diagram, shapes)

    picture = draw_coverage(covered(diagram), read_planes(diagram))

    assert picture.count(b'class="missing"') == 2001


def test_the_shipped_processes_are_drawn_whole():
    for path in (Path(__file__).parents[3] / "processes").glob("*/*.bpmn"):
        diagram = path.read_bytes()
        tally = CoverageTally()
        tally.add([Resource(name="a.bpmn", content=diagram)], ())
        (coverage,) = tally.coverage()

        picture = draw_coverage(coverage, read_planes(diagram))

        elements = coverage.process.elements
        assert (
            picture.count(b'class="missing"') == len(elements.elements) + len(elements.flows) + 1
        )
