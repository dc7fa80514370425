"""``functional``: a second value is an error that names both derivations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.diagnostics import Span
from planner.engine.facts import Facts
from planner.engine.forward import evaluate, saturate
from planner.errors import RuleFileError
from planner.io.load import load_task_text
from planner.kr.formulas import Atom, Comparison, conjoin
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Arithmetic, Variable

if TYPE_CHECKING:
    from planner.engine.forward import Tier

X, Y, D, N = (Variable(name) for name in "xydn")
TIERS: tuple[Tier, ...] = ("tiny", "runs", "sorted", "hash", "bits")
LEVEL = Predicate("level", (("object",), ("int",)), properties=frozenset({"functional"}))


@pytest.mark.parametrize("tier", TIERS)
def test_one_value_is_fine(tier: Tier) -> None:
    rules = [Rule(Atom("level", (X, D)), Atom("seen", (X, D)))]
    facts = Facts.of([Atom("seen", ("a", 1)), Atom("seen", ("b", 1)), Atom("level", ("a", 1))])

    assert evaluate(rules, facts, declared=[LEVEL], tier=tier).count("level") == 2


@pytest.mark.parametrize("tier", TIERS)
def test_a_second_value_names_both_derivations(tier: Tier) -> None:
    one = Rule(Atom("level", (X, D)), Atom("seen", (X, D)), "seen", span=Span("r.yaml", 3, 5))
    other = Rule(Atom("level", (X, 7)), Atom("top", (X,)), "top", span=Span("r.yaml", 9, 5))
    facts = Facts.of([Atom("seen", ("a", 1)), Atom("top", ("a",)), Atom("seen", ("b", 7))])

    with pytest.raises(RuleFileError) as caught:
        evaluate([one, other], facts, declared=[LEVEL], tier=tier)

    (found,) = caught.value.diagnostics
    places = {str(found.span), *(str(span) for span, _ in found.related)}
    assert found.code == "second-value"
    assert places == {"r.yaml:3:5", "r.yaml:9:5"}
    assert "`level(a, 1)` follows by rule `seen` (r.yaml:3:5) from seen(a, 1)" in found.message
    assert "`level(a, 7)` follows by rule `top` (r.yaml:9:5) from top(a)" in found.message


@pytest.mark.parametrize("tier", TIERS)
def test_a_recursion_that_counts_on_ends_with_the_error(tier: Tier) -> None:
    # Without the declaration this would count for ever.
    more = conjoin(Atom("level", (X, D)), Atom("road", (X, Y)))
    rules = [
        Rule(Atom("level", (Y, N)), conjoin(more, Comparison("=", N, Arithmetic("+", D, 1)))),
    ]
    facts = Facts.of([Atom("level", ("a", 0)), Atom("road", ("a", "b")), Atom("road", ("b", "a"))])

    with pytest.raises(RuleFileError, match="has two values"):
        evaluate(rules, facts, declared=[LEVEL], tier=tier)


def test_a_file_is_told_the_lines() -> None:
    task = load_task_text(
        """
task: levels
rules:
  predicates:
    seen(object, int): "{0} was seen at {1}"
    level(object, int): {meaning: "{0} is at {1}", functional: true}
  rules:
    - if: seen(?x, ?n)
      then: level(?x, ?n)
objects: {object: [a]}
init:
  - seen(a, 1)
  - seen(a, 2)
goal: level(a, ?n)
""",
        name="levels.yaml",
    )

    with pytest.raises(RuleFileError, match=r"levels\.yaml:9:13"):
        saturate(task)
