"""FEEL: what is refused when compiling, and what fails when evaluating."""

import datetime as dt

import pytest

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    SyntaxFailure,
    compile_expression,
)

NOW = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
VARIABLES = {
    "amount": "12",
    "nothing": None,
    "count of items": 3,
    "due": "2024-01-31",
    "order": {"id": 7},
    "flag": True,
    "xs": [1, "a"],
}

SYNTAX = [
    ("", 1, 1, "Expected a value, but the text ends."),
    ("=", 1, 2, "Expected a value, but the text ends."),
    ("1 +", 1, 4, "Expected a value, but the text ends."),
    ("=1 +", 1, 5, "Expected a value, but the text ends."),
    ("1 +\n  * 2", 2, 3, "Expected a value, but found `*`."),
    ("(1", 1, 3, "Expected an operator or )"),
    ("[1, 2", 1, 6, "but the text ends."),
    ("1 2", 1, 3, "but found `2`."),
    ('"open', 1, 1, "Expected a closing quote"),
    ("a ; b", 1, 3, "but found `;`."),
    ("if a then b", 1, 12, "but the text ends."),
    ("for x return x", 1, 7, "but found `return`."),
    ("1 + uuid()", 1, 5, "Expected the same each time it is evaluated, but uuid() is random."),
    ("random number()", 1, 1, "but random number() is random."),
    ("foo(1)", 1, 1, "there is no foo()"),
    ("string lenght(a)", 1, 1, "did you mean string length()?"),
    ("substring()", 1, 1, "Expected 2 to 3 arguments of substring(), but got 0."),
    ("upper case(a, b)", 1, 1, "Expected 1 argument of upper case(), but got 2."),
    ("append()", 1, 1, "Expected at least 2 arguments of append(), but got 0."),
    ("substring(text: a, start position: 1)", 1, 17, "named string, start position, length"),
    ("substring(string: a)", 1, 1, "Expected the argument start position of substring()."),
    ('@"nonsense"', 1, 2, "Expected a date, a time or a duration"),
    ('@"2024-13-01"', 1, 2, "Expected a date, a time or a duration"),
    ("{a: 1, a: 2}", 1, 8, "but `a` comes twice."),
    ("a instance of nonsense", 1, 15, "Expected a type"),
    ("a.b(1)", 1, 1, "Expected the name of a function before (, but a.b is of a variable."),
    ("a instance of list<nonsense>", 1, 15, "Expected a type"),
    ("function(x: nonsense) x", 1, 13, "Expected a type"),
    ("function(x) external {java: {}}", 1, 1, "but external functions are not called."),
    ("1e99999", 1, 1, "Expected a smaller number"),
    (r'"\U110000"', 1, 2, "Expected a Unicode character"),
    (r'"\uD800"', 1, 1, "half of a pair"),
    ("is defined(a, b)", 1, 1, "Expected 1 argument of is defined()."),
    ("[" * 500 + "]" * 500, 1, 100, "nests deeper"),
    ("not(" * 500 + "a" + ")" * 500, 1, 133, "nests deeper"),
    ("-" * 5000 + "1", 1, 100, "nests deeper"),
]
FAILURES = [
    (
        "price > 1",
        1,
        1,
        "Expected a number left of >, but `price` is not defined; in scope: amount",
    ),
    ("1 < price", 1, 5, "Expected a number right of <, but `price` is not defined"),
    ("nothing > 1", 1, 1, "Expected a number left of >, but nothing is null."),
    ("order.total > 1", 1, 1, "Expected a number left of >, but order.total is null."),
    ("price.total > 1", 1, 1, "but `price` is not defined"),
    ("null > 1", 1, 1, "Expected a number left of >, but it is null."),
    ("amount > 1", 1, 8, 'amount is the string "12" and 1 is the number 1.'),
    ("amount + 1", 1, 1, 'Expected a number left of +, but amount is the string "12".'),
    ("1 + amount", 1, 5, 'Expected a number right of +, but amount is the string "12".'),
    ("1 +\n  amount", 2, 3, 'Expected a number right of +, but amount is the string "12".'),
    ("1 + 2 + amount", 1, 9, "Expected a number right of +"),
    ("amount + nothing", 1, 10, "Expected a string right of +, but nothing is null."),
    ("flag + 1", 1, 1, "Expected a number left of +, but flag is the boolean true."),
    ("order * 2", 1, 1, "but order is a context with id."),
    ("xs - 1", 1, 1, "but xs is a list of 2 items."),
    ("-amount", 1, 2, "Expected a number right of -"),
    ("1 / 0", 1, 3, "Expected a divisor other than 0 right of /."),
    ('@"P1D" / 0', 1, 8, "Expected a divisor other than 0 right of /."),
    ("10 ** 9999", 1, 4, "Expected a result in reach of **"),
    ("0 ** 0", 1, 3, "Expected a result in reach of **"),
    ('1 = "1"', 1, 3, "Expected values of one kind around ="),
    ('order.id != "7"', 1, 10, 'order.id is the number 7 and "7" is the string "7"'),
    ('due > @"2024-01-01"', 1, 5, "text of a date or time becomes one with date()"),
    ('@"2024-01-01" > @"2024-01-01T00:00:00"', 1, 15, "Expected values of one kind"),
    ('@"2024-01-01T00:00:00Z" > @"2024-01-01T00:00:00"', 1, 25, "Expected values of one kind"),
    ("flag > true", 1, 1, "Expected a number left of >, but flag is the boolean true."),
    ("1 and flag", 1, 1, "Expected a boolean beside and, but it is the number 1."),
    ("flag and amount", 1, 10, 'Expected a boolean beside and, but amount is the string "12".'),
    ("not(amount)", 1, 5, "Expected a boolean as negand of not()"),
    ("if amount then 1 else 2", 1, 4, "Expected a boolean after if"),
    ("price between 1 and 2", 1, 1, "but `price` is not defined"),
    ("1 between price and 2", 1, 11, "but `price` is not defined"),
    ("price in [1..5]", 1, 1, "but `price` is not defined"),
    ("price in (> 5)", 1, 1, "Expected a number left of >, but `price` is not defined"),
    ("xs[item > 0]", 1, 9, "item is the string"),
    ("[1, 2][1.5]", 1, 8, "Expected a whole number other than 0 as index"),
    ("[1, 2][0]", 1, 8, "Expected a whole number other than 0 as index"),
    ("amount.length", 1, 1, "Expected a context left of .length"),
    ("for x in price return x", 1, 10, "Expected a list after in, but `price` is not defined"),
    ("for x in 1..amount return x", 1, 13, "Expected a whole number beside .."),
    ("some x in [1] satisfies x", 1, 25, "Expected a boolean after satisfies"),
    ("[1..price]", 1, 5, "but `price` is not defined"),
    ('["a"..1]', 1, 7, "Expected a range with two ends of one ordered kind"),
    ("[1..5]", 1, 1, "Expected a value that JSON can hold, but the result is a range."),
    ("function(x) x", 1, 1, "Expected a value that JSON can hold, but the result is a function."),
    ("string length(price)", 1, 15, "Expected a string as string of string length(), but `price`"),
    ("upper case(order.id)", 1, 12, "but order.id is the number 7."),
    ("count(price)", 1, 7, "Expected a list as list of count(), but `price` is not defined"),
    ("sum(xs)", 1, 5, "Expected numbers in sum(), but found the string"),
    ("max(xs)", 1, 5, "Expected values of one kind"),
    ('number("abc")', 1, 8, "Expected a text of a number as from of number()"),
    ('date("abc")', 1, 6, "Expected a date such as 2024-01-31 as from of date()"),
    ("date(2024, 2, 30)", 1, 6, "Expected a date or time that exists"),
    ('matches("a", "(")', 1, 14, "in the pattern ("),
    (r'matches("a", "(?=a)")', 1, 14, "no look-around"),
    (r'matches("aa", "(a)\\2")', 1, 15, "Expected the number of a group before it"),
    ('matches("a", "a", "z")', 1, 14, "Expected flags of smixq"),
    ("remove([1], 2)", 1, 13, "Expected a position from 1 to 1"),
    ('substring("a", 0)', 1, 16, "Expected a start position"),
    ("sqrt(-1)", 1, 6, "Expected a number from 0"),
    ("modulo(1, 0)", 1, 11, "Expected a divisor other than 0 in modulo()."),
    ('assert(1, false, "too few")', 1, 11, "too few"),
    ('string join([1], ",")', 1, 13, "Expected strings in the list of string join()"),
    ('@"999999999-12-31" + @"P1D"', 1, 20, "Expected a result in reach of +"),
    ("{f: 7}.f(1)", 1, 1, "Expected {f: 7}.f to be a function, but it is the number 7."),
    ("{f: function(x) x, y: f(z: 1)}", 1, 23, "Expected arguments of the function named x"),
    ("{f: function(x: number) x, y: f(flag)}", 1, 5, "Expected x to be number, but it is"),
    ("{f: function(x) x, y: f(1, 2)}", 1, 23, "Expected 1 argument of the function, but got 2."),
    ("get value(amount, 1)", 1, 11, "Expected a context as context of get value()"),
    ("get value(order, [1])", 1, 18, "Expected a key or list of keys as key"),
    ("context put(order, [], 1)", 1, 20, "Expected a key or list of keys as key"),
    ('context put(order, ["id", "x"], 1)', 1, 20, "Expected a context at id"),
    ("context merge([1])", 1, 15, "Expected contexts in context merge()"),
    ("context([1])", 1, 9, "Expected contexts with key and value"),
    ("all([1])", 1, 5, "Expected booleans in the list"),
    ("log(0)", 1, 5, "Expected a number above 0"),
    ("exp(9999)", 1, 1, "Expected a result in reach of exp()"),
    ("round(1, 5000)", 1, 10, "Expected a scale from -900 to 900"),
    ("odd(1.5)", 1, 5, "Expected a whole number"),
    ("partition([1], 0)", 1, 16, "Expected a size from 1"),
    ("sort([1, 2], 1)", 1, 14, "Expected a function"),
    ("sort([1, 2], function(x) x)", 1, 14, "a function of two parameters"),
    ("sort([1, 2], function(x, y) 1)", 1, 14, "Expected a boolean from the function"),
    ('sum(["a"])', 1, 5, "Expected numbers or durations in sum()"),
    ("mean(xs)", 1, 6, "Expected numbers in mean()"),
    ('time("abc")', 1, 6, "Expected a time such as 10:30:00"),
    ("time(25, 0, 0)", 1, 6, "Expected a date or time that exists"),
    ("time(1, 0, 0, 1)", 1, 15, "Expected a days and time duration"),
    ('date and time("abc")', 1, 15, "Expected a date and time such as"),
    (
        'date and time(@"2024-01-01", 1)',
        1,
        30,
        "Expected a time, or the name of a time zone,",
    ),
    ('duration("abc")', 1, 10, "Expected a duration such as"),
    ("day of week(amount)", 1, 13, "Expected a date as date"),
    ("total seconds(1)", 1, 15, "Expected a days and time duration"),
    ("from unix timestamp(1e300)", 1, 1, "Expected a result in reach of"),
    ('@"10:00:00Z" - @"10:00:00"', 1, 16, "Expected a fitting duration or date right of -"),
    ('@"2024-01-01" - 1', 1, 17, "Expected a fitting duration or date right of -"),
    ('@"P1D" * @"P1D"', 1, 1, "Expected a number left of *"),
    ("true between 1 and 2", 1, 1, "left of between"),
    ('@"2024-01-01".hour', 1, 1, "Expected a context left of .hour"),
    ('@"2024-01-01".hour + 1', 1, 1, "Expected a context left of .hour"),
    ("{f: 1, y: f(1)}", 1, 11, "Expected f to be a function"),
    ("{f: function(g) g(g), y: f(f)}", 1, 5, "nest too deep"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), SYNTAX)
def test_text_is_refused_with_its_place(text, line, column, words):
    failure = compile_expression(text)

    assert isinstance(failure, SyntaxFailure)
    assert failure.source == text
    assert words in failure.message
    assert (failure.line, failure.column) == (line, column), failure.message


@pytest.mark.parametrize(("text", "line", "column", "words"), FAILURES)
def test_evaluation_fails_with_words_and_place(text, line, column, words):
    expression = compile_expression(text)

    failure = expression.evaluate(VARIABLES, NOW)

    assert isinstance(failure, EvaluationFailure)
    assert failure.source == text
    assert words in failure.message
    assert failure.message.startswith("Expected ")
    assert (failure.line, failure.column) == (line, column), failure.message


def test_failure_shows_what_the_defined_variables_held():
    expression = compile_expression("amount + price > limit")

    failure = expression.evaluate({"amount": "12", "limit": None, "other": 1}, NOW)

    assert failure.values == {"amount": "12", "limit": None}


def test_failure_names_at_most_ten_variables_in_scope():
    variables = {f"v{number}": number for number in range(30)}

    failure = compile_expression("price > 1").evaluate(variables, NOW)

    assert failure.message.endswith("in scope: v0, v1, v2, v3, v4, v5, v6, v7, v8, v9.")


def test_failure_without_variables_says_so():
    failure = compile_expression("price > 1").evaluate({}, NOW)

    assert failure.message.endswith("`price` is not defined; in scope: nothing.")


def test_number_that_is_not_finite_is_a_failure():
    failure = compile_expression("amount > 1").evaluate({"amount": float("nan")}, NOW)

    assert isinstance(failure, EvaluationFailure)


@pytest.mark.parametrize(
    "text",
    [
        "for x in 1..1000000000 return x",
        "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
        "count(for a in 1..1000 return for b in 1..1000 return a * b)",
        "some a in 1..100000, b in 1..100000 satisfies false",
        "some x in [1..100000000] satisfies x < 0",
        "xs[count(xs[item = 1]) = 1]",
        "for x in xs return xs = xs",
        "for x in xs return index of(xs, x)",
        "distinct values(xs)",
        'for x in xs return contains(text, "zzz")',
        "string join(for x in xs return text, text)",
        "string(for x in xs return text)",
        "for x in xs return text",
        "text + text",
        'replace(text, "a", text)',
        'matches(text, "(a|a)*(a|a)*(a|a)*b")',
        "sort(xs, function(a, b) count(xs[item = a]) > 0)",
        "{a: for x in xs return x, b: concatenate(a, a), c: concatenate(b, b, b, b), "
        "d: concatenate(c, c, c, c, c, c), e: concatenate(d, d, d)}",
    ],
)
def test_costly_expression_fails_instead_of_hanging(text):
    variables = {"xs": list(range(20_000)), "text": "a" * 900_000}

    result = compile_expression(text).evaluate(variables, NOW)

    assert isinstance(result, EvaluationFailure), result
    assert "steps" in result.message or "characters" in result.message


def test_deep_value_is_a_failure():
    deep = []
    for _ in range(5_000):
        deep = [deep]

    result = compile_expression("xs").evaluate({"xs": deep}, NOW)

    assert isinstance(result, EvaluationFailure)
    assert "too deep" in result.message


def test_text_over_the_limit_is_refused():
    failure = compile_expression("1 + " * 10_000 + "1")

    assert isinstance(failure, SyntaxFailure)
    assert "20000 characters" in failure.message


def test_number_beyond_all_reach_is_shown_short():
    failure = compile_expression("amount + flag").evaluate(
        {"amount": 10**5_000, "flag": True}, NOW
    )

    assert "flag is the boolean true" in failure.message
