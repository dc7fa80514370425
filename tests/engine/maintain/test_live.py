"""Models whose facts come and go are those of a fresh evaluation."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.maintain.live import LiveModel
from planner.errors import InputError
from planner.kr.formulas import And, Atom, Forall, Not
from planner.kr.rules import Rule
from planner.kr.terms import TypedVariable, Variable
from tests.engine.programs import NUMBERS, OBJECTS, random_program

X, Y, Z = (Variable(name) for name in "xyz")
PATH = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
    Rule(Atom("far", (X, Y)), And((Atom("path", (X, Y)), Not(Atom("edge", (X, Y)))))),
]


def edge(first: object, second: object) -> Atom:
    return Atom("edge", (first, second))


def everything(model, names) -> set[Atom]:
    return {atom for name in names for atom in model.atoms(name)}


def random_steps(rng: random.Random, facts: set[Atom], pool: list[Atom]) -> tuple[list, list]:
    there = sorted(facts, key=str)
    removed = rng.sample(there, min(len(there), rng.randint(0, 2)))
    added = rng.sample(pool, min(len(pool), rng.randint(0, 2)))
    return added, removed


def add_and_fail(live: LiveModel) -> None:
    with live.transaction():
        live.add(edge("b", "a"))
        live.add(Atom("edge", ("a",)))


def test_a_cycle_does_not_hold_itself_up() -> None:
    live = LiveModel(PATH, Facts.of([edge("a", "b"), edge("b", "c"), edge("c", "b")]))
    assert live.holds(Atom("path", ("a", "c")))

    change = live.retract(edge("a", "b"))

    assert not live.holds(Atom("path", ("a", "c")))
    assert live.holds(Atom("path", ("b", "b")))
    assert len(change.removed["path"]) == 2
    assert not live.retract(edge("a", "b"))


@pytest.mark.parametrize("seed", range(100))
def test_random_programs_and_updates_equal_a_fresh_evaluation(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng, rich=seed % 2 == 0)
    facts = set(program.facts)
    kinds = {f.predicate: ["n" if isinstance(a, int) else "o" for a in f.arguments] for f in facts}
    pool = [
        Atom(name, tuple(rng.choice(NUMBERS if k == "n" else OBJECTS) for k in kind))
        for name, kind in kinds.items()
        for _ in range(4)
    ]
    live = LiveModel(program.rules, Facts.of(program.facts))
    for _ in range(100):
        added, removed = random_steps(rng, facts, pool)

        change = live.update(added, removed)

        facts = (facts - set(removed)) | set(added)
        fresh = evaluate(program.rules, Facts.of(sorted(facts, key=str)))
        expected = everything(fresh, program.arities)
        assert everything(live.model(), program.arities) == expected, f"seed {seed}"
        assert all(not set(change.added.get(n, ())) & set(r) for n, r in change.removed.items())


def test_a_recursive_forall_follows_its_guard() -> None:
    needs, healthy, up = Atom("needs", (X, Y)), Atom("healthy", (X,)), Atom("up", (X,))
    every = Forall((TypedVariable("y"),), needs, Atom("healthy", (Y,)))
    rules = [Rule(healthy, And((up, every)))]
    facts = [Atom("object", (c,)) for c in "abc"] + [Atom("up", (c,)) for c in "abc"]
    live = LiveModel(rules, Facts.of([*facts, Atom("needs", ("a", "b"))]))
    assert live.count("healthy") == 3

    live.retract(Atom("up", ("b",)))
    after = live.count("healthy")
    live.retract(Atom("needs", ("a", "b")))

    assert (after, live.count("healthy")) == (1, 2)


def test_a_transaction_is_undone_by_hand_and_by_an_error() -> None:
    live = LiveModel(PATH, Facts.of([edge("a", "b"), edge("b", "c")]))
    names = ("edge", "path", "far")
    before = everything(live.model(), names)
    seen: list[int] = []
    live.observe(lambda change: seen.append(len(change.added) - len(change.removed)))

    with live.transaction() as undo:
        live.retract(edge("a", "b"))
        live.add(edge("c", "d"), edge("d", "a"))
        inside = everything(live.model(), names)
        undo()
    undone = everything(live.model(), names)
    with pytest.raises(InputError):
        add_and_fail(live)

    assert inside != before
    assert undone == before == everything(live.model(), names)
    assert not seen
    assert live.add(edge("c", "d")).added["path"]
