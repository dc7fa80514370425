"""A task's facts as they change, in the words of its files."""

from __future__ import annotations

import pytest

import planner
from planner.engine.proofs import Proof, WhyNot

TASK = """
task: lamps
rules:
  types: {lamp: object, socket: object}
  predicates:
    plugged(lamp, socket): "{0} is plugged into {1}"
    live(socket): "{0} has current"
    lit(lamp): "{0} shines"
    dark: "nothing shines"
  rules:
    - {name: shines, if: "plugged(?l, ?s) and live(?s)", then: lit(?l)}
    - {name: darkness, if: not lit(?), then: dark}
objects: {lamp: [desk, floor], socket: [wall]}
init: plugged(desk, wall)
goal: lit(desk)
"""


def lamps() -> planner.Live:
    return planner.Live(planner.load_task_text(TASK))


def test_changes_are_told_and_explained() -> None:
    live = lamps()
    told: list[tuple[set[str], set[str], tuple[object, ...]]] = []

    def observe(change) -> None:
        causes = change.causes(next(change.became_true("lit")))
        told.append(
            (set(map(str, change.became_true())), set(map(str, change.became_false())), causes)
        )

    live.observe(observe)
    live.add("live(wall)")

    ((gained, lost, causes),) = told
    assert gained == {"live(wall)", "lit(desk)"}
    assert lost == {"dark"}
    assert list(map(str, causes)) == ["live(wall)"]


def test_a_transaction_is_one_change_and_none_when_it_is_undone() -> None:
    live = lamps()
    told: list[set[str]] = []
    stop = live.observe(lambda change: told.append(set(map(str, change.became_true()))))

    with live.transaction():
        live.add("live(wall)")
        live.update(["plugged(floor, wall)"], ["plugged(desk, wall)"])
    with live.transaction() as undo:
        live.retract("live(wall)")
        undo()
    stop()
    live.retract("live(wall)")

    assert told == [{"live(wall)", "plugged(floor, wall)", "lit(floor)"}]
    assert live.holds("dark")


def test_questions_are_answered_with_proofs_and_near_misses() -> None:
    live = lamps()

    near = live.why("lit(desk)")
    live.add("live(wall)")
    proof = live.why("lit(desk)")

    assert isinstance(near, WhyNot)
    assert [str(part) for part in near.attempts[0].missing] == ["live(wall)"]
    assert isinstance(proof, Proof)
    assert live.query("lit(?what)") == [{"what": "desk"}]


def test_rules_come_and_go_by_name_and_are_causes() -> None:
    live = lamps()

    change = live.add_rule("lit(?l)", if_="plugged(?l, ?)", name="batteries")
    (atom,) = change.became_true("lit")
    causes = change.causes(atom)
    live.remove_rule("batteries")

    assert [rule.name for rule in causes if isinstance(rule, planner.kr.rules.Rule)] == [
        "batteries"
    ]
    assert not live.holds("lit(desk)")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda live: live.add("plugged(desk, wal)"), r"unknown object `wal`.*`wall`"),
        (lambda live: live.add("pluged(desk, wall)"), r"unknown predicate `pluged`.*`plugged`"),
        (lambda live: live.add("plugged(desk)"), r"with 1 arguments and with 2"),
        (lambda live: live.add("plugged(?x, wall)"), r"variable"),
        (lambda live: live.remove_rule("shine"), r"no rule `shine`.*`shines`"),
        (lambda live: live.add_rule("shiny(?l)", if_="lit(?l)"), r"unknown predicate `shiny`"),
    ],
)
def test_slips_are_errors_that_change_nothing(change, message: str) -> None:
    live = lamps()

    with pytest.raises(planner.PlannerError, match=message):
        change(live)

    assert live.model.version == 0


def test_a_change_explains_itself_only_until_the_next_one() -> None:
    live = lamps()
    first = live.add("live(wall)")
    (atom,) = first.became_true("lit")
    live.retract("live(wall)")

    with pytest.raises(planner.InputError, match="changed again"):
        first.why(atom)
