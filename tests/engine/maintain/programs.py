"""Random programs whose recursive layers may be kept on bit rows, and changes to their facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import And, Atom, Formula, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from planner.engine.maintain.live import LiveModel

X, Y, Z, W = (Variable(name) for name in "xyzw")
NAMES = ("edge", "cut", "mark", "left", "right", "near", "far", "lonely")
ARITY = {"cut": 1, "mark": 1, "lonely": 1}


def linear_rules(rng: random.Random) -> list[Rule]:
    """Closures, alone or of two predicates through one another, and a layer that reads them."""
    ends = {"left": rng.choice((True, False)), "right": True}
    return [
        *(rule for name, forward in ends.items() for rule in _closure(rng, name, forward)),
        Rule(Atom("near", (X, Y)), And((Atom("left", (X, Y)), Not(Atom("cut", (Y,)))))),
        Rule(Atom("far", (X, Z)), And((Atom("near", (X, Y)), Atom("far", (Y, Z))))),
        Rule(Atom("far", (X, Y)), And((Atom("right", (X, Y)), Atom("mark", (X,))))),
        Rule(Atom("lonely", (X,)), And((Atom("mark", (X,)), Not(Atom("far", (X, Variable("_"))))))),
    ]


def _closure(rng: random.Random, name: str, forward: bool) -> list[Rule]:
    guard: list[Formula] = [Not(Atom("cut", (Y,)))] if rng.random() < 0.5 else []
    other = rng.choice((name, "left", "right"))
    if forward:
        body: list[Formula] = [Atom(other, (X, Y)), Atom("edge", (Y, Z)), *guard]
    else:
        body = [Atom("edge", (X, Y)), Atom(name, (Y, Z)), *guard]
    rules = [Rule(Atom(name, (X, Z)), And(tuple(body)))]
    rules.append(Rule(Atom(name, (X, Y)), Atom("edge", (X, Y))))
    if rng.random() < 0.3:
        rules.append(Rule(Atom(name, (X, X)), Atom("mark", (X,))))
    return rules


def random_fact(rng: random.Random, names: Sequence[str], size: int) -> Atom:
    """A fact, an edge more often than not."""
    name = rng.choice((*names, "edge", "edge", "edge"))
    return Atom(name, tuple(rng.randrange(size) for _ in range(ARITY.get(name, 2))))


def everything(live: LiveModel, names: Iterable[str] = NAMES) -> set[Atom]:
    """All atoms of a live model."""
    model = live.model()
    return {atom for name in names for atom in model.atoms(name)}


def fresh(rules: Sequence[Rule], facts: Iterable[Atom], names: Iterable[str] = NAMES) -> set[Atom]:
    """All atoms of a model evaluated from nothing."""
    model = evaluate(rules, Facts.of(sorted(facts, key=str)))
    return {atom for name in names for atom in model.atoms(name)}
