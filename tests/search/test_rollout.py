"""Following control rules: where they go in circles, what undoes a goal has to wait."""

from __future__ import annotations

from planner.guides.control_rules import BoundControlRules
from planner.io.load import load_task_text
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from planner.search.rollout import RuleRollout, RuleRunner
from planner.spaces.lifted import LiftedSpace
from tests.search.worlds import TableGuide

LAMPS = """
task: lamps
predicates:
  lit(object):
  fuse-of(object, object):
  whole(object):
actions:
  switch-on(?x, ?f):
    if: fuse-of(?f, ?x) and whole(?f) and not lit(?x)
    then: lit(?x)
  switch-off(?x):
    if: lit(?x)
    then: not lit(?x)
  mend(?f, ?x):
    if: fuse-of(?f, ?x) and not lit(?x)
    then: whole(?f)
control:
  - name: off
    if: lit(?x)
    prefer: switch-off(?x)
  - name: mend
    if: fuse-of(?f, ?x) and not whole(?f)
    prefer: mend(?f, ?x)
    rank: 1
  - name: on
    for: lit(?x)
    if: fuse-of(?f, ?x) and whole(?f)
    prefer: switch-on(?x, ?f)
    rank: 2
"""


def lamps(facts: list[str], goal: str) -> LiftedSpace:
    init = "".join(f"  - {fact}\n" for fact in facts)
    return LiftedSpace(
        load_task_text(
            f"{LAMPS}objects: {{object: [a, b, c, d, e, f, g]}}\ninit:\n{init}goal: {goal}\n"
        )
    )


def names(space: LiftedSpace, steps: tuple[int, ...]) -> list[str]:
    return [str(space.describe(step)) for step in steps]


def test_rules_in_circles_leave_in_place_what_is_met() -> None:
    # Given a rule that comes before all others, and switches off whatever burns.
    fuses = [f"fuse-of(f, {lamp})" for lamp in "abcdeg"]
    space = lamps([*fuses, "whole(f)"], " and ".join(f"lit({lamp})" for lamp in "abcdeg"))

    outcome = RuleRollout(restarts=0).run(space, TableGuide(), Meter())

    # Then it is followed until that has led nowhere twice.
    assert outcome.status is Status.SOLVED
    assert sum("off" in name for name in names(space, outcome.steps)) == 2


def test_where_every_rule_undoes_a_goal_the_best_may() -> None:
    # Given a fuse that can be mended only while its lamp is off, and a goal that asks for both.
    space = lamps(["lit(a)", "fuse-of(f, a)"], "lit(a) and whole(f)")

    outcome = RuleRollout().run(space, TableGuide(), Meter(Limits(expansions=100)))

    assert outcome.status is Status.SOLVED
    assert names(space, outcome.steps) == ["(switch-off a)", "(mend f a)", "(switch-on a f)"]


def test_what_is_not_wanted_is_not_asked_again() -> None:
    space = lamps(["lit(a)"], "lit(b)")
    runner = RuleRunner(space, BoundControlRules(space))

    first = runner.move(space.initial(), careful=True)
    assert first is not None
    tried = {first.suggestion.rule: frozenset({first.suggestion.binding})}

    assert runner.move(space.initial(), tried, careful=True) is None
