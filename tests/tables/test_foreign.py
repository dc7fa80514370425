"""Foreign predicates: Python functions in the bodies of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import planner
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.gather.foreign import Foreign
from planner.errors import InputError
from planner.io.dump import dump_rules
from planner.io.load import load_rules_text
from planner.kr.formulas import Aggregate, Atom, Comparison, Not, conjoin
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.engine.forward import Tier

X, Y, Z, N = (Variable(name) for name in "xyzn")
TIERS: tuple[Tier, ...] = ("tiny", "runs", "sorted", "hash")
DOUBLE = Predicate("double", (("int",), ("int",)), foreign=1)


def doubled(n: Any) -> Any:
    return n * 2


@pytest.mark.parametrize("tier", TIERS)
def test_a_function_in_a_recursion(tier: Tier) -> None:
    rules = [
        Rule(Atom("power", (Y,)), conjoin(Atom("power", (X,)), Atom("double", (X, Y)),
                                          Comparison("<", Y, 1000))),
    ]  # fmt: skip
    batches: list[int] = []

    def function(n: Any) -> Any:
        batches.append(len(n))
        return n * 2

    model = evaluate(
        rules,
        Facts.of([Atom("power", (1,)), Atom("power", (3,))]),
        declared=[DOUBLE],
        functions={"double": Foreign(DOUBLE, function)},
        tier=tier,
    )

    expected = {k * 2**i for k in (1, 3) for i in range(10)}
    assert {a.arguments[0] for a in model.atoms("power")} == {n for n in expected if n < 1000}
    assert sum(batches) == model.count("power")


@pytest.mark.parametrize("tier", TIERS)
def test_under_negation_and_in_aggregates(tier: Tier) -> None:
    near = Predicate("near", (("int",), ("int",)), foreign=2)
    rules = [
        Rule(Atom("odd", (X,)), conjoin(Atom("item", (X,)), Not(Atom("near", (X, X))))),
        Rule(
            Atom("sum", (N,)),
            Aggregate(N, "sum", (Y,), conjoin(Atom("item", (X,)), Atom("double", (X, Y)))),
        ),
    ]
    functions = {
        "double": Foreign(DOUBLE, doubled),
        "near": Foreign(near, lambda a, b: (a + b) % 4 == 0),
    }

    facts = Facts.of(Atom("item", (n,)) for n in range(5))
    model = evaluate(rules, facts, declared=[DOUBLE, near], functions=functions, tier=tier)

    assert [a.arguments for a in model.atoms("odd")] == [(1,), (3,)]
    assert [a.arguments for a in model.atoms("sum")] == [(20,)]


def test_functions_feed_each_other() -> None:
    db = planner.Database()
    db.add("word", [("oslo",), ("rome",)])
    db.foreign("letters(thing, int)", inputs=1)(lambda names: [len(name) for name in names])

    @db.foreign("part(thing, string, int)", inputs=1, many=True)
    def part(names: Any) -> Any:
        found = [(i, letter, k) for i, name in enumerate(names) for k, letter in enumerate(name)]
        return tuple(zip(*found, strict=True))

    db.rule("last(?w, ?l)", if_="part(?w, ?l, ?k) and letters(?w, ?n) and ?n = ?k + 1 and word(?w)")

    assert sorted(db.rows("last")) == [("oslo", "o"), ("rome", "e")]


def test_columns_are_arrays_and_undefined_values_make_no_row() -> None:
    kinds: list[str] = []
    db = planner.Database()
    db.add("weight", [("a", 4), ("b", -1), ("c", 2.25)])

    @db.foreign("root(number, number)", inputs=1)
    def root(values: Any) -> Any:
        kinds.append(values.dtype.kind)
        with np.errstate(invalid="ignore"):
            return np.sqrt(values)

    db.rule("rooted(?x, ?r)", if_="weight(?x, ?w) and root(?w, ?r)")

    assert [(x, float(r)) for x, r in db.rows("rooted")] == [("a", 2.0), ("c", 1.5)]
    assert kinds == ["f"]


def test_answers_are_kept() -> None:
    calls: list[int] = []
    db = planner.Database()
    db.add("n", [(i,) for i in range(5)])

    @db.foreign("double(int, int)", inputs=1)
    def double(values: Any) -> Any:
        calls.extend(values.tolist())
        return values * 2

    db.rule("d(?y)", if_="n(?x) and double(?x, ?y)")
    assert len(db.rows("d")) == 5
    db.fact("n(7)")
    assert len(db.rows("d")) == 6

    assert calls == [0, 1, 2, 3, 4, 7]


def test_a_function_behind_a_declaration_in_a_file() -> None:
    text = """
predicates:
  item(object, int): "{0} costs {1}"
  taxed(int, int): {meaning: "{0} is {1} with tax", foreign: 1}
  dear(object): "{0} is dear"
rules:
  - if: item(?x, ?p) and taxed(?p, ?q) and ?q > 100
    then: dear(?x)
constants: {object: [pen, desk]}
facts:
  - item(pen, 2)
  - item(desk, 90)
"""
    base = load_rules_text(text)
    assert load_rules_text(dump_rules(base)) == base
    db = planner.Database(base)

    with pytest.raises(InputError, match="`taxed` is foreign and has no function"):
        db.rows("dear")
    db.compute("taxed", lambda prices: prices * 125 // 100)

    assert list(db.rows("dear")) == [("desk",)]
    with pytest.raises(InputError, match="did you mean `taxed`"):
        db.compute("taxes", doubled)


def test_a_failing_function_is_located() -> None:
    db = planner.Database()
    db.add("n", [(2,), (0,)])

    @db.foreign("inverse(int, number)", inputs=1)
    def inverse(values: Any) -> Any:
        return [1 / value for value in values.tolist()]

    db.rule("i(?y)", if_="n(?x) and inverse(?x, ?y)")

    with pytest.raises(InputError) as caught:
        db.rows("i")
    message = str(caught.value)
    assert "the function of `inverse` (" in message
    assert "test_foreign.py:" in message
    assert "failed on 2 rows, the first of which is (2): ZeroDivisionError" in message


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (lambda n: 7, "must give a column of values"),
        (lambda n: [1], "must give 2 values a column, and gave '1'"),
        (lambda n: [object(), 1], "must give names, texts and numbers"),
        (lambda n: [True, False], "must give names, texts and numbers"),
    ],
)
def test_wrong_answers_are_refused(answer: Any, wanted: str) -> None:
    db = planner.Database()
    db.add("n", [(1,), (2,)])
    db.foreign("f(int, int)", inputs=1)(answer)
    db.rule("g(?y)", if_="n(?x) and f(?x, ?y)")

    with pytest.raises(InputError, match=wanted):
        db.rows("g")


def test_inputs_must_be_bound() -> None:
    db = planner.Database()
    db.foreign("double(int, int)", inputs=1)(doubled)
    db.rule("half(?x)", if_="double(?x, 8)")

    with pytest.raises(InputError, match=r"needs a value for \?x first"):
        db.rows("half")
