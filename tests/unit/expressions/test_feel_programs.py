"""FEEL as decisions use it: null with a warning, names in scope, values of every type."""

import datetime as dt
from decimal import Decimal

import pytest

from bpmn_engine.expressions.expression import FailingError, SyntaxFailure
from bpmn_engine.expressions.feel.program import (
    Names,
    compile_program,
    compile_unary_tests,
)
from bpmn_engine.expressions.feel.scope import Evaluation
from bpmn_engine.expressions.feel.types import SIMPLE_TYPES, ListType
from bpmn_engine.expressions.feel.values import Function, text_of

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VALUES = {
    "amount": Decimal(12),
    "Applicant Age": Decimal(35),
    "a": Decimal(5),
    "b": Decimal(2),
    "a-b": Decimal(100),
    "Pre-Tax/Income": Decimal(7),
    "order": {"net price": Decimal(3), "x+y": Decimal(4), "lines": [{"p-q": Decimal(1)}]},
    "nothing": None,
    "flags": [True, None],
}
KNOWN = Names(
    variables=frozenset(VALUES),
    members=frozenset({"net price", "x+y", "lines", "p-q"}),
    types={"tNumbers": ListType(item=SIMPLE_TYPES["number"])},
)


def evaluated(text, values=VALUES, known=KNOWN):
    program = compile_program(text, known)
    assert not isinstance(program, SyntaxFailure), program.message
    return program.evaluate(values, NOW)


def shown(text):
    outcome = evaluated(text)
    assert outcome.failure is None
    return text_of(outcome.value)


NAMES = [
    ("Applicant Age + 1", "36"),
    ("a-b", "100"),
    ("a - b", "100"),
    ("a-b-b", "98"),
    ("b-a", "-3"),
    ("Pre-Tax/Income * 2", "14"),
    ("order.net price", "3"),
    ("order.x+y", "4"),
    ("order.x + y", "4"),
    ("order.lines[p-q = 1].p-q", "[1]"),
    ("order.lines[item.p-q = 1].p-q", "[1]"),
    ("{c-d: 1, e: c-d + 1}.e", "2"),
    ("{a b: 1, c d: a b + 1}.c d", "2"),
    ('{"x y": 1, z: x y + 1}.z', "2"),
    ("for n-m in [1, 2] return n-m * 2", "[2, 4]"),
    ("some n m in [1, 2] satisfies n m > 1", "true"),
    ("(function(x-y, z w) x-y + z w)(1, 2)", "3"),
    ("{f: function(x-y: number) x-y}.f(x-y: 4)", "4"),
    ("`a-b` + 1", "101"),
    ("{🐎: 1, b: 🐎 + 1}.b", "2"),
    ("date and time(date, time) instance of date", "false"),
]


@pytest.mark.parametrize(("text", "value"), NAMES)
def test_longest_name_in_scope_wins(text, value):
    assert shown(text) == value


def test_same_text_is_a_subtraction_where_the_name_is_not_in_scope():
    known = Names(variables=frozenset({"a", "b"}))

    assert evaluated("a-b", known=known).value == 3


NULLS = [
    ("1 + null", "Expected a number right of +, but it is null."),
    ('1 + "a"', "Expected a number right of +"),
    ("unheard + 1", "but `unheard` is not defined; in scope: amount"),
    ("1 < null", "Expected a number right of <"),
    ('1 = "1"', "Expected values of one kind around ="),
    ("1 / 0", "Expected a divisor other than 0"),
    ("1 between null and 2", "right of between"),
    ("-[1]", "Expected a number right of -"),
    ("order.absent", "Expected a context with absent"),
    ("amount.absent", "Expected a context left of .absent"),
    ("nothing.absent", "Expected a context, but nothing is null."),
    ("[1, 2][3]", "Expected an index up to 2"),
    ("[1, 2][0]", "Expected a whole number other than 0 as index"),
    ("abs()", "Expected 1 argument of abs(), but got 0."),
    ('abs("a")', "Expected a number as n of abs()"),
    ("abs(m: 1)", "Expected arguments of abs() named n, but found m."),
    ("absent(1)", "`absent` is not defined"),
    ('"abs"(1)', 'Expected "abs" to be a function'),
    ("log(0)", "Expected a number above 0"),
    ('@"soon"', "Expected a date, a time or a duration"),
    ("{a: 1, a: 2}", "`a` comes twice"),
    ("1 instance of nonsense", "Expected a type"),
    ("(function(x: number) x)(true)", "Expected x to be number, but it is the boolean true."),
    ("(function(x) x)(1, 2)", "Expected 1 argument of the function, but got 2."),
    ("(function(x) x)(y: 2)", "Expected arguments of the function named x, but got y."),
    ("function(x) external {java: {}}", "external functions are not called"),
    ("for x in nothing return x", "Expected a list after in, but nothing is null."),
    ('for x in 1.."a" return x', "Expected a whole number beside .."),
    ('[1.."a"]', "Expected a range with two ends of one ordered kind"),
    ("uuid()", "Expected uuid() where randomness is given."),
    ("random number()", "Expected random number() where randomness is given."),
    ('assert(1, false, "never")', "but: never."),
    ('matches("a", "(")', "in the pattern"),
    ('matches("a", "a", "y")', "Expected flags of smixq"),
    ('replace("a", "x*", "b")', "does not fit the empty string"),
    ('replace("a", "a", "$")', "Expected a replacement"),
    ('@"999999999-12-31T00:00:00" + @"P1D"', "in reach of +"),
]


@pytest.mark.parametrize(("text", "words"), NULLS)
def test_what_goes_wrong_is_null_with_a_warning(text, words):
    outcome = evaluated(text)

    assert outcome.value is None
    assert outcome.failure is None
    assert words in outcome.warnings[0].message


def test_warning_says_where():
    outcome = evaluated("1 +\n  unheard")

    (warning,) = outcome.warnings
    assert (warning.source, warning.line, warning.column) == ("1 +\n  unheard", 2, 3)


def test_warnings_are_kept_up_to_a_hundred():
    assert len(evaluated("for i in 1..500 return i + null").warnings) == 100


VALUES_OF = [
    ("null and false", "false"),
    ("null and true", "null"),
    ("1 and false", "false"),
    ("flags and true", "null"),
    ("true or null", "true"),
    ('if "a" then 1 else 2', "2"),
    ("not(null)", "null"),
    ("[1, 2, 3][item > 1]", "[2, 3]"),
    ("[1, 2][item + 1 > null]", "[]"),
    ("[{x: 1}, {y: 2}].x", "[1, null]"),
    ("amount[1]", "12"),
    ("amount[item > 20]", "[]"),
    ("null[1]", "null"),
    ("[1, 2, 3][-1]", "3"),
    ("[abs(-1), 2][count([1])]", "1"),
    ("[[1]][1] = [1]", "true"),
    ("abs([-1])", "1"),
    ("1 in 1", "true"),
    ("1 in [2, 1]", "true"),
    ("1 in ([2..3], [0..1])", "true"),
    ("1 in (> 5, < 2)", "true"),
    ("1 in != 2", "true"),
    ("5 in (null..10]", "null"),
    ("null in [1..10]", "null"),
    ("null in null", "true"),
    ("for i in [1..3) return i", "[1, 2]"),
    ("for i in 3..1 return i", "[3, 2, 1]"),
    ('for d in @"2024-02-28"..@"2024-03-01" return d.day', "[28, 29, 1]"),
    ("for i in 1..6 return if i < 3 then 1 else partial[-1] + partial[-2]", "[1, 1, 2, 3, 5, 8]"),
    ("for i in [1, 2], j in [i..2] return i * j", "[1, 2, 4]"),
    ("for i in 5 return i", "[5]"),
    ("{fac: function(n) if n < 2 then 1 else n * fac(n - 1)}.fac(20)", "2432902008176640000"),
    ("{sum to: function(n) if n < 1 then 0 else n + sum to(n - 1)}.sum to(80)", "3240"),
    ("{add: function(x) function(y) x + y}.add(1)(2)", "3"),
    ("(function(f) f(-2))(abs)", "2"),
    ("{f: abs}.f(-2)", "2"),
    ("{f: abs}.f(n: -2)", "2"),
    ("sort(list: [2, 1], precedes: function(x, y) x < y)", "[1, 2]"),
    ("(function(x: tNumbers) x)(1)", "[1]"),
    ('(function(x: string) x)(["a"])', "a"),
    ('(function(x: date and time) x)(@"2024-01-01")', "2024-01-01T00:00:00Z"),
    ('"\\s" = "\\\\s"', "true"),
    ('string length("\\U01F40E\\uD83D\\uDCA9")', "2"),
    ("1 + if true then 2 else 3", "3"),
    ("1 /* one */ + // two\n 1", "2"),
    ('string([1, "a\\"b", {"c:d": @"P1D"}])', '[1, "a\\"b", {"c:d": P1D}]'),
    ('[@"2024-01-01"..@"2024-01-02"]', '[@"2024-01-01"..@"2024-01-02"]'),
    ('is(value1: @"10:00:00Z", value2: @"11:00:00+01:00")', "false"),
    ('@"10:00:00Z" = @"11:00:00+01:00"', "true"),
    ("is defined(absent)", "false"),
    ("get or else(absent, 1)", "1"),
    ("odd(2.5)", "false"),
    ("(function(f) f())(abs)", "null"),
    ("(function(f) f(1, 2))(function(x) x)", "null"),
    ("sort([2, 1], function(x) x)", "null"),
    ("some x in nothing satisfies x", "null"),
    ('"a" in (< 5)', "null"),
    ('"a" in = 5', "null"),
    ('"a" in (!= 5)', "null"),
    ('is defined(get value({a: 1}, "a"))', "true"),
    ("is defined(1, 2)", "null"),
    ('[1, 2]["a"]', "[]"),
    ("(< 5) = (< 5)", "true"),
    ('5 in range(from: "[1..5]")', "true"),
    ("Score 1 = null", "true"),
    ("1e999 * 10", "null"),
    ("{a: 1}.a instance of a.b", "null"),
    ('substring("foobar", 3, 3.8)', "oba"),
    ("decimal(1 / 3, 2)", "0.33"),
]


@pytest.mark.parametrize(("text", "value"), VALUES_OF)
def test_value_is_that_of_the_standard(text, value):
    assert shown(text) == value


INSTANCES = [
    ("1 instance of number", True),
    ("1 instance of Any", True),
    ("null instance of Any", False),
    ("null instance of Null", True),
    ("null instance of number", False),
    ("[1, 2] instance of list<number>", True),
    ('[1, "a"] instance of list<number>', False),
    ("[] instance of list<string>", True),
    ("[1] instance of tNumbers", True),
    ("{a: 1, b: 2} instance of context<a: number>", True),
    ("{b: 2} instance of context<a: number>", False),
    ("{a: {b: [1]}} instance of context<a: context<b: list<number>>>", True),
    ("[1..2] instance of range<number>", True),
    ('["a".."b"] instance of range<number>', False),
    ("function(x: number) x instance of function<number> -> Any", True),
    ("(function(x: number) x) instance of function<number>->Any", True),
    ("(function(x: number) x) instance of function<string> -> Any", False),
    ("(function(x: number) x) instance of function<number, number> -> Any", False),
    ("abs instance of function", True),
    ('@"P1D" instance of days and time duration', True),
    ('@"P1Y" instance of years and months duration', True),
    ('@"2024-01-01T00:00:00" instance of date and time', True),
    ('@"2024-01-01T00:00:00" instance of date', False),
    ("1 instance of number and true", True),
]


@pytest.mark.parametrize(("text", "value"), INSTANCES)
def test_instance_of(text, value):
    if text.startswith("function"):
        text = f"({text.split(' instance')[0]}) instance{text.split(' instance')[1]}"

    assert evaluated(text).value is value


@pytest.mark.parametrize(
    "text",
    [
        "1 instance of list<number",
        "1 instance of function<number>",
        "1 instance of context<a number>",
        "1 instance of " + "list<" * 40 + "number" + ">" * 40,
    ],
)
def test_type_that_is_none_is_null(text):
    assert evaluated(text).value is None
    assert "type" in evaluated(text).warnings[0].message or "<" in text


def test_external_function_of_the_caller_is_called_with_values_in_order():
    def surcharge(values):
        age, area = values
        return Decimal(100) if age < 25 or area == "high" else Decimal(0)

    function = Function(parameters=("Driver Age", "Area"), invoke=surcharge)
    values = {"surcharge for": function}
    known = Names(variables=frozenset(values))

    positional = evaluated('surcharge for(20, "low")', values, known)
    named = evaluated('surcharge for(Area: "high", Driver Age: 40)', values, known)

    assert (positional.value, named.value) == (100, 100)


def test_random_values_follow_from_the_seed():
    program = compile_program("[random number(), random number(), uuid()]")

    first = program.run({}, Evaluation(NOW, seed=7))
    again = program.run({}, Evaluation(NOW, seed=7))

    assert first == again
    assert first[0] != first[1]
    assert 0 <= first[0] < 1
    assert first[2][14] == "4"


def test_several_programs_share_one_budget():
    program = compile_program("for i in 1..50000 return i")
    evaluation = Evaluation(NOW)
    program.run({}, evaluation)

    with pytest.raises(FailingError, match="steps"):
        program.run({}, evaluation)


TESTS = [
    ("-", 1, True),
    ("5", 5, True),
    ("5, 6", 6, True),
    ("< 5", 4, True),
    ("not(< 5)", 4, False),
    ("not(5, 6)", 7, True),
    ("not((1..5])", 7, True),
    ("not(null), not(true)", False, True),
    ("[1..5]", 5, True),
    ("]1..5[", 5, False),
    ("(1..5)", 3, True),
    ("[2, 3]", 3, True),
    ("null", None, True),
    ("null", 1, False),
    ("? > 3 and ? < 6", 5, True),
    ("even(?)", 5, False),
    ("count(list) > 1", 5, True),
    ("limit", 9, True),
    ("> limit", 10, True),
    ("> limit * 2, < limit", 10, False),
    ('"a"', 1, None),
    ("< 5", None, None),
    ("true", True, True),
    ("false", True, False),
    ("? = null", None, True),
]


@pytest.mark.parametrize(("text", "value", "outcome"), TESTS)
def test_unary_test_of_an_input(text, value, outcome):
    values = {"limit": Decimal(9), "list": [Decimal(1), Decimal(2)], "?": value}
    known = Names(variables=frozenset(values))

    program = compile_unary_tests(text, known)

    assert program.evaluate(values, NOW).value is outcome


@pytest.mark.parametrize("text", ["", "1 +", "not(", "5,", "(1..", "x" * 20_001])
def test_entry_that_is_no_test_is_refused(text):
    assert isinstance(compile_unary_tests(text), SyntaxFailure)


def nested(levels):
    value = Decimal(1)
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("x = x", nested(5_000), "these nest too deep"),
        ("-x", dt.timedelta.max, "Expected values in reach"),
    ],
)
def test_value_beyond_reach_is_a_failure_and_no_exception(text, value, words):
    outcome = evaluated(text, {"x": value}, Names(variables=frozenset("x")))

    assert outcome.value is None
    assert words in outcome.failure.message


@pytest.mark.parametrize("text", ["a" + ".b" * 6_000, "-" * 300 + "1"])
def test_text_that_nests_too_deep_is_refused(text):
    assert "nests deeper" in compile_program(text).message


def test_function_that_is_called_with_too_few_values_is_null():
    outcome = evaluated("list replace([1], function(a, b, c) true, 2)")

    assert outcome.value is None
    assert outcome.warnings[0].message == "Expected 3 arguments of the function, but got 2."


def test_name_may_end_in_a_number():
    assert evaluated("Extra days case 1 + 1", {"Extra days case 1": 2}, Names()).value == 3
