"""Regular expressions: what matches, what is refused, and that none is slow."""

import re

import pytest

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.patterns.pattern import PatternError, compile_pattern

SEARCHES = [
    ("abc", "xabcx"),
    ("a|b", "cb"),
    ("a|ab", "ab"),
    ("(a|ab)(c|bcd)", "abcd"),
    ("a*", "aaa"),
    ("a+?", "aaa"),
    ("a{2}", "aaa"),
    ("a{2,}", "aaaa"),
    ("a{1,2}?", "aaa"),
    ("a{0}b", "ab"),
    ("(a*)*", "aaa"),
    ("(a|b)*c", "ababc"),
    ("(?:ab)+", "ababx"),
    ("^a$", "a"),
    ("^a$", "ba"),
    (r"\d+", "ab123"),
    (r"\w+@\w+\.org", "mail alice@example.org"),
    (r"\bcat\b", "a cat."),
    (r"\Bcat", "concat"),
    ("[a-c]+", "xabcd"),
    ("[^a-c]+", "abxyc"),
    ("[]a]+", "x]a"),
    ("[a-]+", "x-a"),
    (r"[\d.]+", "v1.2"),
    (r"[\]x]+", "a]x"),
    (".+", "a\nb"),
    ("(a)|(b)", "b"),
    ("((a)(b)?)+", "aba"),
    ("x*", "aaa"),
    ("", "abc"),
    ("a.c", "abc"),
    (r"\s\S", "a b"),
    (r"a\.b", "a.b"),
    ("(a?)(a?)(a?)aaa", "aaa"),
    (r"(a|b)\1", "abba"),
    (r"(a*)b\1", "aabaaa"),
    (r"(?:(a)|b)*\1", "abab"),
    (r"(a+?)\1+$", "aaaa"),
    (r"((a)|b)\2?c", "bc"),
]
REFUSED = [
    "(",
    ")",
    "a)",
    "[a",
    "[]",
    "*a",
    "a**b{",
    "a{2,1}",
    "a{99999}",
    "a{",
    "\\",
    r"\1",
    r"(a\1)",
    r"(a)\2",
    r"(a)[\1]",
    r"\p{IsElvish}",
    r"\q",
    "(?=a)",
    "(?<n>a)",
    r"\p{",
    r"\p{X}",
    "[b-a]",
    "((a{99}){99}){99}",
    "(" * 99,
]


@pytest.mark.parametrize(("pattern", "text"), SEARCHES)
def test_match_is_the_one_a_backtracking_matcher_finds(pattern, text):
    expected = re.search(pattern, text)

    slots = compile_pattern(pattern).search(text, Budget())

    assert (slots and slots[:2]) == (expected and expected.span())


@pytest.mark.parametrize(("pattern", "text"), SEARCHES)
def test_whole_match_is_the_one_a_backtracking_matcher_finds(pattern, text):
    expected = re.fullmatch(pattern, text)

    slots = compile_pattern(pattern).full_match(text, Budget())

    assert (slots is None) == (expected is None)


@pytest.mark.parametrize("pattern", REFUSED)
def test_pattern_is_refused(pattern):
    with pytest.raises(PatternError, match="Expected "):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "matches"),
    [
        ("abc", "i", "xABCx", True),
        ("[a-c]", "i", "B", True),
        ("^b", "m", "a\nb", True),
        ("a$", "m", "a\nb", True),
        ("a.b", "s", "a\nb", True),
        ("a b", "x", "ab", True),
        ("a.b", "q", "a.b", True),
        ("a.b", "q", "axb", False),
        (r"\p{L}+", "", "é", True),
        (r"\p{Lu}", "", "a", False),
        (r"\P{L}", "", "a", False),
        ("[a-z-[aeiou]]", "", "e", False),
        ("[a-z-[aeiou]]", "", "f", True),
        (r"[\-x]", "", "-", True),
        (r"\n", "", "\n", True),
        ("a[ b]c", "x", "a c", True),
        (r"a \] b", "x", "a]b", True),
        (r"(a)\1", "i", "xaA", True),
        (r"(a)\1", "", "xaA", False),
        (r"^\i\c*$", "", "a-1.b", True),
        (r"^\i\c*$", "", "1a", False),
        (r"\I\C", "", "1!", True),
        (r"\p{IsGreek}", "", "λ", True),
        (r"\P{IsBasicLatin}", "", "abc", False),
        (r"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\11$", "", "abcdefghijkk", True),
        (r"^(a)\11$", "", "aa1", True),
    ],
)
def test_flags_and_classes(pattern, flags, text, matches):
    found = compile_pattern(pattern, flags).search(text, Budget())

    assert (found is not None) is matches


@pytest.mark.parametrize(
    ("pattern", "replacement", "text", "result"),
    [
        ("b", "x", "abcb", "axcx"),
        ("(a)(b)", "$2$1", "abab", "baba"),
        ("a", r"\$0", "a", "$0"),
        ("a", "$0$0", "ab", "aab"),
        ("(x)?a", "[$1]", "a", "[]"),
        ("a", "$9", "a", ""),
        ("(a)", "$12", "a", "a2"),
        ("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "$10", "abcdefghij", "j"),
        ("", "-", "ab", "-a-b-"),
        ("a", "$", "a", "$"),
    ],
)
def test_replacement(pattern, replacement, text, result):
    assert compile_pattern(pattern).replace(text, replacement, Budget()) == result


def test_back_references_end_with_the_budget():
    pattern = compile_pattern(r"(a*)*(a*)*(a*)*\1\2\3b")

    with pytest.raises(FailingError, match="steps"):
        pattern.search("a" * 200, Budget())
