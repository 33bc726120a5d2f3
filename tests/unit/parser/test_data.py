"""Data in files: names, certificate, refusals, item definitions (BPMN 2.0.2, section 10.4)."""

import pytest

from bpmn_engine.model.data_elements import ItemType
from bpmn_engine.model.definitions import Coverage
from tests.unit.parser.reading import (
    PLAIN,
    ZEEBE,
    broken_rules,
    coverage,
    entry,
    read,
    read_node,
    read_process,
)

STATE = "<dataState id='state' name='new'/>"
XSD = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="http://example.test" '
MOVED = (
    "<dataObject id='o' {data}/><dataObjectReference id='r' name='Order [new]' dataObjectRef='o'>"
    "<dataState id='state' name='new'/></dataObjectReference><userTask id='n'>"
    "<ioSpecification id='io'><dataInput id='i' name='copy'/><inputSet id='set'>"
    "<dataInputRefs>i</dataInputRefs></inputSet><outputSet/></ioSpecification>"
    "<dataInputAssociation id='x'><sourceRef>r</sourceRef><targetRef>i</targetRef>{parts}"
    "</dataInputAssociation></userTask>"
)


def moved(data: str = "", parts: str = "") -> str:
    return MOVED.replace("{data}", data).replace("{parts}", parts)


FORMAL = "xsi:type='tFormalExpression'"


# Certificate ----------------------------------------------------------------------------------


def test_data_that_is_read_is_executed_with_all_that_moves_it():
    outcome = read(moved(), namespaces=PLAIN)

    for element_type, element_id in (
        ("bpmn:dataObject", "o"),
        ("bpmn:dataObjectReference", "r"),
        ("bpmn:ioSpecification", "io"),
        ("bpmn:dataInput", "i"),
        ("bpmn:inputSet", "set"),
        ("bpmn:dataInputAssociation", "x"),
    ):
        assert coverage(outcome, element_type, element_id) is Coverage.EXECUTED, element_id
    assert coverage(outcome, "bpmn:dataState", "state") is Coverage.DOCUMENTATION


def test_in_a_file_of_camunda_all_of_it_is_documentation_with_that_reason():
    outcome = read(moved(), namespaces=ZEEBE)

    for element_type, element_id in (
        ("bpmn:dataObject", "o"),
        ("bpmn:dataObjectReference", "r"),
        ("bpmn:dataInput", "i"),
        ("bpmn:dataInputAssociation", "x"),
    ):
        found = entry(outcome, element_type, element_id)
        assert found.coverage is Coverage.DOCUMENTATION
        assert "as in Camunda" in found.reason
    assert read_process(moved(), namespaces=ZEEBE).data == ()


def test_data_that_is_only_drawn_is_documentation():
    body = (
        "<dataObject id='o'/><dataObjectReference id='r' name='Order' dataObjectRef='o'/>"
        "<userTask id='n'><dataOutputAssociation id='x'><targetRef>r</targetRef>"
        "</dataOutputAssociation></userTask>"
    )

    outcome = read(body, namespaces=PLAIN)

    assert "drawn" in entry(outcome, "bpmn:dataObjectReference", "r").reason
    assert "drawn" in entry(outcome, "bpmn:dataOutputAssociation", "x").reason
    assert read_node(body, namespaces=PLAIN).data is None


def test_a_store_is_executed_where_an_association_reaches_it():
    body = (
        "<dataStoreReference id='r' dataStoreRef='s'/><dataStoreReference id='q'/>"
        "<userTask id='n'><ioSpecification><dataInput id='i'/><inputSet><dataInputRefs>i"
        "</dataInputRefs></inputSet><outputSet/></ioSpecification><dataInputAssociation>"
        "<sourceRef>r</sourceRef><targetRef>i</targetRef></dataInputAssociation></userTask>"
    )
    roots = "<dataStore id='s' name='Customers' capacity='5' isUnlimited='false'/>"

    outcome = read(body, roots=roots, namespaces=PLAIN)
    (move,) = read_node(body, roots=roots, namespaces=PLAIN).data.incoming

    assert coverage(outcome, "bpmn:dataStore", "s") is Coverage.EXECUTED
    assert coverage(outcome, "bpmn:dataStoreReference", "r") is Coverage.EXECUTED
    assert coverage(outcome, "bpmn:dataStoreReference", "q") is Coverage.DOCUMENTATION
    (store,) = move.sources
    assert (store.name, store.variable, store.capacity) == ("Customers", "Customers", 5)


@pytest.mark.parametrize(
    ("attributes", "capacity"),
    [
        ("", None),
        ("capacity='3'", 3),
        ("capacity='3' isUnlimited='true'", None),
        ("capacity='0' isUnlimited='false'", None),
        ("isUnlimited='false'", None),
    ],
)
def test_a_capacity_counts_unless_the_store_is_unlimited(attributes, capacity):
    body = (
        "<dataObject id='o'/><dataStoreReference id='r' dataStoreRef='s'/><task id='n'>"
        "<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>r</targetRef>"
        "</dataOutputAssociation></task>"
    )

    node = read_node(body, roots=f"<dataStore id='s' {attributes}/>", namespaces=PLAIN)

    assert node.data.outgoing[0].target.capacity == capacity


# Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "variable"),
    [
        ("name='order'", "order"),
        ("name='Purchase order'", "Purchase order"),
        ("name='order/2'", "Order"),
        ("", "Order"),
    ],
)
def test_a_data_object_is_called_by_its_name_else_by_that_of_its_reference(data, variable):
    body = moved(data).replace("Order [new]", "Order").replace(STATE, "")

    (found,) = read_process(body, namespaces=PLAIN).data

    assert found.variable == variable


def test_an_expression_that_reads_the_id_decides():
    parts = f"<transformation {FORMAL}>o.total</transformation>"

    body = moved("name='order'", parts).replace(STATE, "")

    (found,) = read_process(body, namespaces=PLAIN).data

    assert found.variable == "o"


# Refusals -------------------------------------------------------------------------------------


def test_an_assignment_has_to_name_a_place():
    parts = f"<assignment id='y'><from {FORMAL}>1</from><to {FORMAL}>a + b</to></assignment>"

    rules = broken_rules(moved(parts=parts), namespaces=PLAIN)

    assert rules == {("assignment-target", "y")}


@pytest.mark.parametrize("language", ["http://www.w3.org/1999/XPath", "java"])
def test_a_transformation_in_another_language_is_refused(language):
    parts = f"<transformation id='y' {FORMAL} language='{language}'>1</transformation>"

    rules = broken_rules(moved(parts=parts), namespaces=PLAIN)

    assert rules == {("expression-language", "y")}


def test_a_transformation_that_is_no_expression_is_refused_when_it_is_compiled():
    parts = f"<transformation id='y' {FORMAL}></transformation>"

    assert ("empty-expression", "y") in broken_rules(moved(parts=parts), namespaces=PLAIN)


# Item definitions -----------------------------------------------------------------------------

SCHEMA = (
    "<extensionElements><xsd:schema targetNamespace='http://example.test'>"
    "<xsd:simpleType name='colour'><xsd:restriction base='xsd:string'>"
    "<xsd:enumeration value='red'/><xsd:enumeration value='blue'/></xsd:restriction>"
    "</xsd:simpleType><xsd:complexType name='line'><xsd:sequence>"
    "<xsd:element name='count' type='xsd:int'/>"
    "<xsd:element name='colour' type='t:colour' minOccurs='0'/></xsd:sequence></xsd:complexType>"
    "<xsd:element name='order'><xsd:complexType><xsd:sequence>"
    "<xsd:element name='lines' type='t:line' maxOccurs='unbounded'/></xsd:sequence>"
    "</xsd:complexType></xsd:element></xsd:schema></extensionElements>"
)


def typed(structure: str, schema: str = ""):
    (found,) = read_process(
        moved("itemSubjectRef='item'"),
        roots=f"<itemDefinition id='item' structureRef='{structure}'>{schema}</itemDefinition>",
        namespaces=PLAIN + XSD,
    ).data
    return found.item


@pytest.mark.parametrize("structure", ["xsd:integer", "integer"])
def test_a_simple_type_of_xml_schema_is_known(structure):
    assert typed(structure).type == ItemType(simple="integer")


def test_a_structure_of_a_schema_in_the_file_is_known():
    (lines,) = typed("t:order", SCHEMA).type.fields

    assert (lines.name, lines.type.is_collection) == ("lines", True)
    count, colour = lines.type.fields
    assert (count.name, count.type, count.is_required) == ("count", ItemType(simple="int"), True)
    assert colour.type == ItemType(simple="string", choices=("red", "blue"))
    assert not colour.is_required


@pytest.mark.parametrize("structure", ["java.lang.String", "t:elsewhere", "String"])
def test_what_is_defined_elsewhere_is_documentation_with_its_reason(structure):
    outcome = read(
        moved("itemSubjectRef='item'"),
        roots=f"<itemDefinition id='item' structureRef='{structure}'/>",
        namespaces=PLAIN + XSD,
    )

    found = entry(outcome, "bpmn:itemDefinition", "item")
    assert found.coverage is Coverage.DOCUMENTATION
    assert "not in this file" in found.reason


def test_a_physical_item_is_no_value():
    roots = "<itemDefinition id='item' structureRef='xsd:int' itemKind='Physical'/>"

    outcome = read(moved("itemSubjectRef='item'"), roots=roots, namespaces=PLAIN + XSD)

    found = entry(outcome, "bpmn:itemDefinition", "item")
    assert found.coverage is Coverage.DOCUMENTATION
    assert "physical" in found.reason


def test_a_schema_in_an_item_is_executed_with_it():
    roots = f"<itemDefinition id='item' structureRef='t:order'>{SCHEMA}</itemDefinition>"

    outcome = read(moved("itemSubjectRef='item'"), roots=roots, namespaces=PLAIN + XSD)

    assert coverage(outcome, "xsd:schema", "item") is Coverage.EXECUTED


def test_a_checked_item_is_executed():
    roots = "<itemDefinition id='item' structureRef='xsd:int'/>"

    outcome = read(moved("itemSubjectRef='item'"), roots=roots, namespaces=PLAIN + XSD)

    assert coverage(outcome, "bpmn:itemDefinition", "item") is Coverage.EXECUTED
