"""Declared predicates among uncertain ones: equal to what listing all worlds gives."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

import planner
from planner.engine.facts import Facts
from planner.engine.gather.foreign import Foreign
from planner.engine.probability.declared import Declarations
from planner.engine.probability.infer import infer, infer_task
from planner.engine.probability.most_probable import most_probable_world_of_task
from planner.engine.provenance.abduction import abduce
from planner.errors import InputError, RuleFileError, UnsupportedError
from planner.io.python_texts import parse_formula
from planner.kr.formulas import Aggregate, And, Atom, Comparison, Exists, Not
from planner.kr.rules import Predicate, ProbabilisticFact, Rule
from planner.kr.terms import Arithmetic, TypedVariable, Variable
from tests.engine.probability.worlds import probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

X, Y, Z, N, M, K = (Variable(name) for name in "xyznmk")
PLACES = "abcd"


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def kept(name: str, arity: int, keep: str) -> Predicate:
    types = (("object",),) * (arity - 1) + (("number",),)
    return Predicate(name, types, keep=keep)


def compare(
    rules: Sequence[Rule],
    facts: Sequence[Atom],
    uncertain: Sequence[ProbabilisticFact],
    declarations: Declarations,
    asked: dict[str, int],
) -> int:
    """Whether ours equals the worlds'; how many atoms have a probability."""
    groups = [[(fact.probability, fact.atom)] for fact in uncertain]
    expected = probabilities(
        rules,
        facts,
        groups,
        asked,
        declared=declarations.predicates,
        functions=declarations.functions,
    )
    found = {}
    for name, arity in asked.items():
        places = [Variable(f"v{i}") for i in range(arity)]
        answers = infer(
            rules, Facts.of(facts), uncertain, Atom(name, tuple(places)), declarations=declarations
        )
        for answer in answers:
            if answer.probability > 1e-12:
                row = tuple(answer.binding[place.name] for place in places)
                found[Atom(name, row)] = answer.probability
    assert found == pytest.approx(expected, abs=1e-9)
    return len(found)


def chance(rng: random.Random) -> Fraction:
    return Fraction(rng.randint(1, 9), 10)


@pytest.mark.parametrize("seed", range(12))
def test_numbers_kept_of_what_is_certain_are_the_same_in_every_world(seed: int) -> None:
    rng = random.Random(seed)
    roads = {
        (rng.choice(PLACES), rng.choice(PLACES)): rng.randint(1, 5)
        for _ in range(rng.randint(3, 8))
    }
    facts = [a("road", x, y, n) for (x, y), n in roads.items()]
    uncertain = [ProbabilisticFact(chance(rng), a("open", place)) for place in PLACES]
    total = Arithmetic("+", N, M)
    rules = [
        Rule(a("dist", X, Y, N), a("road", X, Y, N)),
        Rule(a("dist", X, Z, total), And((a("dist", X, Y, N), a("road", Y, Z, M)))),
        Rule(
            a("near", X, Y),
            And((a("dist", X, Y, N), Comparison("<", N, 6), a("open", X), Not(a("open", Y)))),
        ),
        Rule(a("cost", X, N), And((a("near", X, Y), a("dist", X, Y, N)))),
    ]

    compare(rules, facts, uncertain, Declarations((kept("dist", 3, "min"),), {}), ASKED_OF_ROADS)


ASKED_OF_ROADS = {"dist": 3, "near": 2, "cost": 2}


@pytest.mark.parametrize("keep", ["min", "max"])
@pytest.mark.parametrize("seed", range(10))
def test_a_number_kept_of_what_is_uncertain_is_the_best_of_each_world(seed: int, keep: str) -> None:
    rng = random.Random(seed)
    facts = [a("offer", "s", "nail", rng.randint(1, 6)), a("price", "hammer", rng.randint(1, 6))]
    uncertain = [
        ProbabilisticFact(chance(rng), a("offer", shop, rng.choice(("nail", "hammer")), number))
        for shop, number in {(rng.choice("st"), rng.randint(1, 6)) for _ in range(5)}
    ]
    uncertain.append(ProbabilisticFact(chance(rng), a("price", "nail", rng.randint(1, 6))))
    rules = [
        Rule(a("price", Y, N), a("offer", X, Y, N)),
        Rule(a("cheap", Y), And((a("price", Y, N), Comparison("<", N, 4)))),
        Rule(a("prices", K), Aggregate(K, "count", (N,), a("price", Y, N))),
    ]

    declared = Declarations((kept("price", 2, keep),), {})
    assert compare(rules, facts, uncertain, declared, {"price": 2, "cheap": 1, "prices": 1}) > 2


PRICED = And((a("hours", X, N), a("price", N, M)))

SOMEHOW = Exists((TypedVariable("n"), TypedVariable("m")), PRICED)


def fares() -> Declarations:
    numbers = (("number",), ("number",))
    price = Predicate("price", numbers, foreign=1)
    even = Predicate("even", (("number",),), foreign=1)
    factor = Predicate("factor", numbers, foreign=1)

    def factors(values):
        found = [
            (i, k) for i, n in enumerate(values.tolist()) for k in range(1, n + 1) if n % k == 0
        ]
        positions, divisors = zip(*found, strict=True)
        return list(positions), list(divisors)

    functions = {
        "price": Foreign(price, lambda hours: np.where(hours > 4, np.nan, 40 + 25 * hours)),
        "even": Foreign(even, lambda values: values % 2 == 0),
        "factor": Foreign(factor, factors, many=True),
    }
    return Declarations((price, even, factor), functions)


@pytest.mark.parametrize("seed", range(10))
def test_functions_compute_in_every_world(seed: int) -> None:
    rng = random.Random(seed)
    uncertain = [
        ProbabilisticFact(chance(rng), a("hours", place, number))
        for place, number in {(rng.choice("ab"), rng.randint(1, 6)) for _ in range(5)}
    ]
    facts = [a("hours", "c", rng.randint(1, 6)), a("place", "a"), a("place", "b")]
    rules = [
        Rule(a("fare", X, M), PRICED),
        # A second function asks about what the first one answered.
        Rule(a("part", X, K), And((a("fare", X, M), a("factor", M, K), Comparison(">", K, 40)))),
        Rule(a("odd", X, N), And((a("hours", X, N), Not(a("even", N)), Not(a("fare", X, 65))))),
        Rule(
            a("free", X),
            And((a("place", X), Not(SOMEHOW))),
        ),
        Rule(a("fares", K), Aggregate(K, "sum", (M, X), PRICED)),
    ]

    asked = {"fare": 2, "part": 2, "odd": 2, "free": 1, "fares": 1}
    assert compare(rules, facts, uncertain, fares(), asked) > 3


def test_a_rule_with_a_chance_may_ask_a_function() -> None:
    rules = [
        Rule(
            a("cheap", X),
            And((a("hours", X, N), a("price", N, M), Comparison("<", M, 100))),
            probability=Fraction(1, 2),
        )
    ]
    uncertain = [ProbabilisticFact(Fraction(1, 5), a("hours", "a", 2))]

    answers = infer(
        rules, Facts.of([a("hours", "b", 1)]), uncertain, a("cheap", X), declarations=fares()
    )

    assert {(answer.binding["x"], round(answer.probability, 9)) for answer in answers} == {
        ("a", 0.1),
        ("b", 0.5),
    }


WAYS = """
task: ways
rules:
  types: {place: object}
  predicates:
    road(place, place, int): "from {0} to {1} it is {2} km"
    open(place): {meaning: "{0} is open", assumable: true}
    dist(place, place, int): {meaning: "from {0} to {1} it is {2} km", keep: min}
    level(place, int): {meaning: "{0} is on level {1}", functional: true}
    twice(int, int): {meaning: "twice {0} is {1}", foreign: 1}
    reached(place, int): "{0} is reached at {1}"
  facts:
    - road(a, b, 3)
    - road(b, c, 4)
    - road(a, c, 9)
    - 0.2::open(b)
    - 0.4::open(c)
  rules:
    - if: road(?x, ?y, ?d)
      then: dist(?x, ?y, ?d)
    - if: dist(?x, ?y, ?d) and road(?y, ?z, ?e)
      then: dist(?x, ?z, ?d + ?e)
    - if: dist(a, ?y, ?d) and twice(?d, ?n) and open(?y)
      then: reached(?y, ?n)
    - if: place(?x)
      then: level(?x, 1)
objects: {place: [a, b, c]}
goal: reached(?y, ?n)
"""


def twice(task: planner.Task) -> dict[str, Foreign]:
    return {"twice": Foreign(task.rules.predicates["twice"], lambda n: np.asarray(n) * 2)}


def test_tasks_are_asked_explained_and_completed_with_their_functions() -> None:
    task = planner.load_task_text(WAYS)

    answers = infer_task(task, functions=twice(task))
    world = most_probable_world_of_task(
        task, parse_formula("reached(c, 14)"), functions=twice(task)
    )

    found = {tuple(a.binding.values()): round(a.probability, 9) for a in answers}
    assert found == {("b", 6): 0.2, ("c", 14): 0.4}
    assert world.probability == pytest.approx(0.4)


def test_what_is_missing_is_found_beside_kept_numbers_and_functions() -> None:
    text = WAYS.replace("    - 0.2::open(b)\n    - 0.4::open(c)\n", "")
    task = planner.load_task_text(text)

    found = abduce(task, a("reached", "c", 14), functions=twice(task))
    beaten = abduce(task, a("reached", "c", 18), functions=twice(task))

    assert found.assumptions == ((a("open", "c"),),)
    assert beaten.assumptions == ()


def test_a_second_certain_value_is_an_error_with_both_places() -> None:
    text = WAYS.replace("then: level(?x, 1)", "then: level(?x, 1)\n    - then: level(b, 2)")
    text = text.replace("goal: reached(?y, ?n)", "goal: open(?x) and level(?x, ?n)")
    task = planner.load_task_text(text)

    with pytest.raises(RuleFileError, match=r"`level` is functional, and has two values") as error:
        infer_task(task, functions=twice(task))

    (diagnostic,) = error.value.diagnostics
    assert {diagnostic.span.line, *(span.line for span, _ in diagnostic.related)} == {26, 27}


def test_what_cannot_be_read_is_refused_with_a_reason() -> None:
    task = planner.load_task_text(WAYS)
    uncertain = planner.load_task_text(WAYS.replace("- road(b", "- 0.5::road(b"))

    with pytest.raises(InputError, match="`twice` is foreign and has no function"):
        infer_task(task)
    with pytest.raises(UnsupportedError, match=r"8:5: `dist` is declared `keep: min` and rests on"):
        infer_task(uncertain, functions=twice(uncertain))
