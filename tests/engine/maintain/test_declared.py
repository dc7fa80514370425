"""Equivalences, kept extremes and functional predicates while facts change."""

from __future__ import annotations

import random
import re

import pytest

import planner
from planner.engine.forward import saturate
from planner.engine.proofs import Proof
from planner.errors import RuleFileError
from planner.kr.formulas import Atom

TASK = """
task: places
rules:
  types: {place: object}
  predicates:
    road(place, place, int): "from {0} to {1} it is {2} km"
    closed(place): "{0} is closed"
    way(place, place, int): {meaning: "{1} is {2} km from {0}", keep: min}
    far(place, place): "{0} and {1} are far apart"
    joined(place, place): "{0} and {1} were joined"
    same(place, place): {meaning: "{0} and {1} are one", equivalence: true}
    alone(place): "{0} is like no other"
    mayor(place, int): {meaning: "{1} rules {0}", functional: true}
    twice(place, int): {meaning: "twice {1}", functional: true}
  rules:
    - {name: road, if: "road(?x, ?y, ?d) and not closed(?x)", then: "way(?x, ?y, ?d)"}
    - {name: on, if: "way(?x, ?y, ?d) and road(?y, ?z, ?e) and not closed(?y)", then: "way(?x, ?z, ?d + ?e)"}
    - {name: far, if: "way(?x, ?y, ?d) and ?d > 5", then: "far(?x, ?y)"}
    - {name: joined, if: "joined(?x, ?y) and not closed(?y)", then: "same(?x, ?y)"}
    - {name: near, if: "way(?x, ?y, 1)", then: "same(?x, ?y)"}
    - {name: alone, if: "place(?x) and not exists(?y - place, same(?x, ?y) and ?x != ?y)", then: "alone(?x)"}
    - {name: twice, if: "mayor(?x, ?n)", then: "twice(?x, 2 * ?n)"}
objects: {place: [a, b, c, d, e, f]}
init: []
goal: far(a, b)
"""  # noqa: E501 - one rule a line
DERIVED = ("way", "far", "same", "alone", "twice")


def draw(rng: random.Random) -> str:
    x, y = (rng.choice("abcdef") for _ in range(2))
    kinds = (f"road({x}, {y}, {rng.randint(1, 4)})", f"joined({x}, {y})", f"closed({x})")
    return rng.choices(kinds, (6, 2, 1))[0]


def atoms(model) -> set[Atom]:
    return {atom for name in DERIVED for atom in model.atoms(name)}


def recomputed(facts: set[str]) -> set[Atom]:
    init = "init:\n" + "".join(f"  - {fact}\n" for fact in sorted(facts))
    text = TASK.replace("init: []\n", init if facts else "init: []\n")
    return atoms(saturate(planner.load_task_text(text)))


@pytest.mark.parametrize("seed", range(4))
def test_changes_equal_a_fresh_evaluation(seed: int) -> None:
    rng = random.Random(seed)
    live = planner.Live(planner.load_task_text(TASK))
    facts: set[str] = set()
    for _ in range(40):
        before = atoms(live.model.model())
        removed = {fact for fact in sorted(facts) if rng.random() < 0.15}
        added = {draw(rng) for _ in range(2)}

        change = live.update(sorted(added), sorted(removed))

        facts = (facts - removed) | added
        after = atoms(live.model.model())
        assert after == recomputed(facts), f"seed {seed}"
        assert {a for a in change.became_true() if a.predicate in DERIVED} == after - before
        assert {a for a in change.became_false() if a.predicate in DERIVED} == before - after
        assert all(live.model.holds(atom) for atom in after)
        assert live.model.count("same") == sum(atom.predicate == "same" for atom in after)


def test_a_shorter_way_is_news_with_a_proof_and_can_be_undone() -> None:
    live = planner.Live(planner.load_task_text(TASK))
    live.add("road(a, b, 4)", "road(b, c, 4)", "road(a, d, 1)")

    with live.transaction() as undo:
        change = live.add("road(d, c, 2)")
        told = {str(atom) for atom in change.became_true("way")}
        why = live.why("way(a, c, 3)")
        undo()

    assert told == {"way(a, c, 3)", "way(d, c, 2)"}
    assert isinstance(why, Proof)
    assert {str(part.atom) for part in why.steps()} >= {"road(a, d, 1)", "road(d, c, 2)"}
    assert live.holds("way(a, c, 8)")
    assert live.holds("same(a, d)")
    assert not live.holds("same(a, c)")


def test_a_change_that_a_declaration_forbids_changes_nothing() -> None:
    live = planner.Live(planner.load_task_text(TASK))
    live.add("mayor(a, 1)", "road(a, b, 2)")
    before = atoms(live.model.model())

    with pytest.raises(RuleFileError, match="`mayor` is functional, and has two values"):
        live.update(["mayor(a, 2)", "road(b, c, 2)"])

    assert atoms(live.model.model()) == before
    assert not live.holds("road(b, c, 2)")
    assert live.update(["mayor(a, 2)"], ["mayor(a, 1)"])
    assert live.holds("twice(a, 4)")


def test_numbers_that_get_better_without_end_are_refused() -> None:
    live = planner.Live(planner.load_task_text(TASK))
    live.add("road(a, b, 2)")

    with pytest.raises(RuleFileError, match="without end"):
        live.add("road(b, a, -3)")

    assert [answer["d"] for answer in live.query("way(a, b, ?d)")] == [2]


def test_rules_over_declared_predicates_come_and_go() -> None:
    live = planner.Live(planner.load_task_text(TASK))
    live.add("road(a, b, 3)", "road(b, c, 3)")

    live.add_rule("same(?x, ?y)", if_="far(?x, ?y)", name="far-ones")
    together = live.holds("same(c, a)")
    live.remove_rule("far-ones")

    assert together
    assert not live.holds("same(c, a)")
    assert live.holds("alone(c)")


@pytest.mark.parametrize(
    ("then", "if_", "message"),
    [
        ("way(?x, ?z, ?d)", "way(?x, ?y, ?d) and far(?y, ?z)", "way"),
        ("alone(?d)", "road(?, ?, ?d)", "`?d`"),
        ("far(?x, ?y)", "way(?x, ?z, 1)", "nothing in the condition says what `?y` is"),
    ],
)
def test_a_rule_that_a_file_may_not_have_is_refused(then: str, if_: str, message: str) -> None:
    live = planner.Live(planner.load_task_text(TASK))
    live.add("road(a, b, 7)")

    with pytest.raises(RuleFileError, match=re.escape(message)):
        live.add_rule(then, if_=if_)

    assert live.holds("far(a, b)")
