"""JUEL: one line per rule, template to value, refusal or failure."""

import datetime as dt

import pytest

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
)

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES = {
    "amount": 12,
    "price": 0.1,
    "name": "Bob",
    "approved": True,
    "rejected": False,
    "nothing": None,
    "digits": "12",
    "word": "true",
    "items": [1, 2, 3.5],
    "none": [],
    "order": {"id": 7, "a b": 1, "note": None, "lines": [{"p": 2}]},
    "execution": {"processInstanceId": "77", "processBusinessKey": "A-1"},
}

VALUES = [
    ("${amount}", 12),
    ("#{amount}", 12),
    ("  ${amount}\n", 12),
    ("${ amount }", 12),
    ("${price}", 0.1),
    ("${approved}", True),
    ("${nothing}", None),
    ("${items}", [1, 2, 3.5]),
    ("${'text'}", "text"),
    ('${"text"}', "text"),
    (r"${'it\'s'}", "it's"),
    ("${1}", 1),
    ("${1.5}", 1.5),
    ("${1e2}", 100),
    ("${true}", True),
    ("${false}", False),
    ("${null}", None),
    ("${1 + 2 * 3}", 7),
    ("${(1 + 2) * 3}", 9),
    ("${5 - 2 - 1}", 2),
    ("${5 / 2}", 2.5),
    ("${5 div 2}", 2.5),
    ("${7 % 4}", 3),
    ("${7 mod 4}", 3),
    ("${-amount}", -12),
    ("${price + 0.2}", 0.3),
    ("${digits + 1}", 13),
    ("${amount == 12}", True),
    ("${amount eq 12}", True),
    ("${amount == 12.0}", True),
    ("${amount != 12}", False),
    ("${amount ne 13}", True),
    ("${amount < 13}", True),
    ("${amount lt 12}", False),
    ("${amount > 11}", True),
    ("${amount gt 12}", False),
    ("${amount <= 12}", True),
    ("${amount le 11}", False),
    ("${amount >= 12}", True),
    ("${amount ge 13}", False),
    ("${name == 'Bob'}", True),
    ("${name != 'Alice'}", True),
    ("${name < 'Carol'}", True),
    ("${digits == 12}", True),
    ("${12 == digits}", True),
    ("${digits > 9}", True),
    ("${word == true}", True),
    ("${approved == 'true'}", True),
    ("${nothing == null}", True),
    ("${amount == null}", False),
    ("${null != amount}", True),
    ("${items == name}", False),
    ("${approved && amount > 10}", True),
    ("${approved and amount > 20}", False),
    ("${rejected || approved}", True),
    ("${rejected or rejected}", False),
    ("${rejected && unknown}", False),
    ("${approved || unknown}", True),
    ("${!approved}", False),
    ("${not approved}", False),
    ("${!(amount > 20)}", True),
    ("${!rejected && approved}", True),
    ("${word and approved}", True),
    ("${empty nothing}", True),
    ("${empty none}", True),
    ("${empty items}", False),
    ("${empty ''}", True),
    ("${empty name}", False),
    ("${empty unknown}", True),
    ("${empty unknown.deeper}", True),
    ("${empty order.note}", True),
    ("${not empty name}", True),
    ("${empty amount}", False),
    ("${amount > 10 ? 'many' : 'few'}", "many"),
    ("${amount > 20 ? 'many' : amount > 11 ? 'some' : 'few'}", "some"),
    ("${order.id}", 7),
    ("${order['a b']}", 1),
    ("${order.missing}", None),
    ("${order.note.deeper}", None),
    ("${order.lines[0].p}", 2),
    ("${items[0]}", 1),
    ("${items[9]}", None),
    ("${items[amount - 10]}", 3.5),
    ("${nothing[0]}", None),
    ("Hello ${name}!", "Hello Bob!"),
    ("${name}-${amount}", "Bob-12"),
    ("${price} ${approved} ${nothing}", "0.1 true "),
    ("${amount} ", 12),
    ("a ${order.lines}", 'a [{"p": 2}]'),
    ("x${'}'}y", "x}y"),
    ("x${'${'}y", "x${y"),
    (r"\${name} is ${name}", "${name} is Bob"),
    (r"\#{name}", "#{name}"),
    ("${name.length()}", 3),
    ("${name.isEmpty()}", False),
    ("${name.contains('o')}", True),
    ("${name.startsWith('B')}", True),
    ("${name.endsWith('b')}", True),
    ("${name.equals('Bob')}", True),
    ("${name.equalsIgnoreCase('BOB')}", True),
    ("${name.toUpperCase()}", "BOB"),
    ("${name.toLowerCase()}", "bob"),
    ("${' a '.trim()}", "a"),
    ("${name.substring(1)}", "ob"),
    ("${name.substring(1, 2)}", "o"),
    ("${name.indexOf('b')}", 2),
    ("${name.indexOf('z')}", -1),
    ("${name.replace('b', 'x')}", "Box"),
    ("${name.matches('B.b')}", True),
    ("${name.matches('B')}", False),
    ("${name.toLowerCase().contains('b')}", True),
    ("${items.size()}", 3),
    ("${items.isEmpty()}", False),
    ("${items.get(0)}", 1),
    ("${items.contains(2)}", True),
    ("${items.contains('2')}", False),
    ("${order.size()}", 4),
    ("${order.isEmpty()}", False),
    ("${order.get('id')}", 7),
    ("${order.containsKey('id')}", True),
    ("${order.containsKey('x')}", False),
    ("${name.isBlank()}", False),
    ("${'  '.isBlank()}", True),
    ("${name.concat('by')}", "Bobby"),
    ("${name.charAt(1)}", "o"),
    ("${'a.b.a'.lastIndexOf('a')}", 4),
    ("${'a.b.'.split('.')}", ["a", "b"]),
    ("${'ab'.split('')}", ["a", "b"]),
    ("${'a'.compareTo('b')}", -1),
    ("${amount.toString()}", "12"),
    ("${amount.equals(12)}", True),
    ("${amount.equals('12')}", False),
    ("${price.intValue()}", 0),
    ("${(5 / 2).longValue()}", 2),
    ("${approved.toString()}", "true"),
    ("${items.indexOf(2)}", 1),
    ("${items.indexOf(7)}", -1),
    ("${items.containsAll(items)}", True),
    ("${none.containsAll(items)}", False),
    ("${items.subList(1, 3)}", [2, 3.5]),
    ("${order.containsValue(7)}", True),
    ("${order.getOrDefault('x', 4)}", 4),
    ("${order.keySet()}", ["id", "a b", "note", "lines"]),
    ("${order.values().size()}", 4),
    ("${order.prop('id').numberValue()}", 7),
    ("${order.prop('lines').elements().get(0).prop('p').numberValue() > 1}", True),
    ("${order.hasProp('id') and not order.hasProp('x')}", True),
    ("${order.prop('note').isNull()}", True),
    ("${order.fieldNames()}", ["id", "a b", "note", "lines"]),
    ("${order.prop('id').isNumber() && order.isObject() && items.isArray()}", True),
    ("${name.isValue() and not items.isValue()}", True),
    ("${order.jsonPath('$.lines[0].p').numberValue()}", 2),
    ("${order.jsonPath(\"$['a b']\").numberValue()}", 1),
    ("${name.stringValue()}", "Bob"),
    ("${approved.boolValue()}", True),
    ("""${S('{"a": [1, 2.5]}').prop('a').elements().get(1)}""", 2.5),
    ("${S(order).prop('id')}", 7),
    ("""${JSON('"x"').stringValue()}""", "x"),
    ("${now()}", "2024-05-06T07:08:09Z"),
    ("${dateTime().plusDays(3).toDate()}", "2024-05-09T07:08:09Z"),
    ("${dateTime().plusMonths(1).minusYears(1)}", "2023-06-06T07:08:09Z"),
    ("${dateTime().minusWeeks(1).withTimeAtStartOfDay()}", "2024-04-29T00:00:00Z"),
    ("${now().getDayOfWeek()}", 1),
    ("${now().getTime()}", 1_714_979_289_000),
    ("${now() < '2024-05-06T09:08:10+02:00'}", True),
    ("${dateTime().plusHours(1).isAfter(now())}", True),
    ("${now().before('2024-05-06T07:08:09Z')}", False),
    ("${execution.getVariable('amount')}", 12),
    ("${execution.getVariable('unknown')}", None),
    ("${execution.getVariable('order').id}", 7),
    ("${execution.hasVariable('amount')}", True),
    ("${execution.hasVariable('unknown')}", False),
    ("${execution.getProcessInstanceId()}", "77"),
    ("${execution.processInstanceId}", "77"),
    ("${execution.getProcessBusinessKey()}", "A-1"),
    ("${execution.processBusinessKey}", "A-1"),
    ("${execution.getBusinessKey()}", "A-1"),
    ("order-${execution.businessKey}", "order-A-1"),
]
REFUSED = [
    ("${", 1, 1, "Expected } after ${"),
    ("${a", 1, 1, "Expected } after ${"),
    ("${'a}", 1, 3, "Expected a closing quote"),
    ("${a + '}'", 1, 1, "Expected } after ${"),
    ("${}", 1, 3, "Expected a value"),
    ("${1 +}", 1, 6, "Expected a value"),
    ("x\n ${a > }", 2, 8, "Expected a value"),
    ("${a b}", 1, 5, "but found `b`"),
    ("${a = 1}", 1, 5, "but found `=`"),
    ("${exit()}", 1, 3, "Expected a variable or one of JSON(), S(), dateTime(), now(), but found"),
    ("${now(1)}", 1, 3, "Expected 0 argument(s) of now(), but got 1."),
    ("${order.prop('a', 1)}", 1, 8, "Expected 1 argument(s) of prop(), but got 2."),
    ("${bean.run()}", 1, 7, "but found run()."),
    ("${name.lenght()}", 1, 7, "but found lenght(). Did you mean length()?"),
    ("${name.getClass()}", 1, 7, "but found getClass()."),
    ("${name.length(1)}", 1, 7, "Expected 0 argument(s) of length(), but got 1."),
    ("${execution.setVariable('a', 1)}", 1, 12, "but found setVariable()."),
    ("${execution.getVariable()}", 1, 12, "but found getVariable()."),
    ("${execution['x']}", 1, 12, "but found […]."),
    ("${execution.engineServices}", 1, 12, "but found engineServices."),
    ("${" + "(" * 3 + "!" * 3_000 + "a" + ")" * 3 + "}", 1, 105, "nests deeper"),
    ("${1e999999}", 1, 3, "Expected a smaller number"),
]
FAILURES = [
    ("${unknown}", 1, 3, "`unknown` is not defined; in scope: amount, price, name"),
    ("${unknown == null}", 1, 3, "`unknown` is not defined"),
    ("${amount > 10 && unknown}", 1, 18, "`unknown` is not defined"),
    ("${name + 1}", 1, 3, 'Expected a number left of +, but name is the string "Bob".'),
    ("a\n${1 + name}", 2, 7, "Expected a number right of +"),
    ("${nothing + 1}", 1, 3, "Expected a number left of +, but nothing is null."),
    ("${nothing > 1}", 1, 3, "Expected a number left of >, but nothing is null."),
    ("${1 < nothing}", 1, 7, "Expected a number right of <"),
    ("${!nothing}", 1, 4, "Expected a boolean right of !, but nothing is null."),
    ("${amount && approved}", 1, 3, "Expected a boolean beside &&, but amount is the number 12."),
    ("${rejected || name}", 1, 15, "Expected a boolean beside ||"),
    ("${amount ? 1 : 2}", 1, 3, "Expected a boolean before ?"),
    ("${name == 12}", 1, 3, "Expected a number left of =="),
    ("${true == name}", 1, 11, "Expected a boolean right of =="),
    ("${1 / 0}", 1, 5, "Expected a divisor other than 0 right of /."),
    ("${1 % 0}", 1, 5, "Expected a divisor other than 0 right of %."),
    ("${name.first}", 1, 3, "Expected a map left of .first"),
    ("${amount[0]}", 1, 3, "Expected a list or map left of ["),
    ("${items['a']}", 1, 9, "Expected a whole number as index of a list"),
    ("${order[0]}", 1, 9, "Expected a string as key of a map"),
    ("${amount.length()}", 1, 3, "Expected a value with length() of 0 arguments, but amount is"),
    ("${items.get(9)}", 1, 8, "Expected an index below 3, but got 9."),
    ("${items.get('a')}", 1, 8, "Expected a whole number in get()"),
    ("${name.contains(1)}", 1, 7, "Expected a string in contains(), but got the number 1."),
    ("${name.substring(9)}", 1, 7, "Expected positions from 0 to 3"),
    ("${name.matches('(')}", 1, 7, "in the pattern ("),
    ("${name.charAt(3)}", 1, 7, "Expected a position below 3, but got 3."),
    ("${items.containsAll(1)}", 1, 8, "Expected a list, but got the number 1."),
    ("${items.subList(2, 9)}", 1, 8, "Expected positions from 0 to 3, but got 2 and 9."),
    ("${order.prop('x')}", 1, 8, "Expected a property x, but there are: id, a b, note, lines."),
    ("${order.prop('id').stringValue()}", 1, 3, "Expected a value with stringValue() of 0"),
    ("${order.jsonPath('$.x')}", 1, 8, "Expected .x in $.x, but there is a context"),
    ("${order.jsonPath('$..x')}", 1, 8, "Expected .name or [index] in the path, but found ..x."),
    ("${order.jsonPath('x')}", 1, 8, "Expected a path that begins with $, but got x."),
    ("${S('{')}", 1, 3, "Expected JSON in S(), but"),
    ("${S('[1e999]')}", 1, 3, "Expected JSON in S(), but 1e999 is no number of JSON."),
    ("${JSON('NaN')}", 1, 3, "Expected JSON in JSON(), but NaN is no number of JSON."),
    ("${dateTime().plusYears(9000)}", 1, 13, "Expected a date in the years 1 to 9999"),
    ("${dateTime().plusSeconds(1e99)}", 1, 13, "Expected a date in the years 1 to 9999"),
    ("${now() > amount}", 1, 11, "Expected a date and time right of >, but amount is the number"),
    ("${now().isAfter(name)}", 1, 8, "Expected a date and time, but got the string"),
    ("${execution.getVariable(amount)}", 1, 25, "Expected a variable name in getVariable()"),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_template_has_value(text, value):
    expression = compile_expression(text)

    result = expression.evaluate(VARIABLES, NOW)

    assert expression.language is Language.JUEL
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED)
def test_template_is_refused_with_its_place(text, line, column, words):
    failure = compile_expression(text)

    assert isinstance(failure, SyntaxFailure)
    assert words in failure.message
    assert (failure.line, failure.column) == (line, column), failure.message


@pytest.mark.parametrize(("text", "line", "column", "words"), FAILURES)
def test_evaluation_fails_with_words_and_place(text, line, column, words):
    failure = compile_expression(text).evaluate(VARIABLES, NOW)

    assert isinstance(failure, EvaluationFailure)
    assert words in failure.message
    assert (failure.line, failure.column) == (line, column), failure.message


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${amount > limit}", {"amount", "limit"}),
        ("${order.id} ${name}", {"order", "name"}),
        ("${execution.getVariable('amount')}", {"amount"}),
        ("${execution.processInstanceId}", {"execution"}),
        ("${1}", set()),
    ],
)
def test_template_knows_the_variables_it_may_read(text, names):
    assert compile_expression(text).names == names


def test_instance_id_that_nobody_offers_is_a_failure():
    failure = compile_expression("${execution.processInstanceId}").evaluate({}, NOW)

    assert "`execution.processInstanceId` is not defined" in failure.message


def test_juel_as_default_reads_a_plain_text_as_one_expression():
    expression = compile_expression("amount > 10", default=Language.JUEL)

    assert expression.evaluate(VARIABLES, NOW) is True
