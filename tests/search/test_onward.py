"""Search that goes on from where control rules led."""

from __future__ import annotations

import planner
from planner.search.limits import Limits, Meter
from planner.search.onward import go_on, task_from
from planner.search.result import Status
from planner.spaces.lifted import LiftedSpace
from tests.search.houses import DIALS, house


def test_what_rules_leave_open_is_searched_for_from_where_they_led() -> None:
    # Given rules for lamps, and a safe for which there is no rule.
    task = house("lit(l0)", "lit(l1)", "lit(l2)", "lit(l3)", "opened")
    # When it is solved.
    result = planner.solve(task, limits=Limits(cpu_s=20))
    # Then the lamps come first, by rules, and a search opened the safe.
    assert result.status is Status.SOLVED
    assert "then search from where they led" in result.search
    assert result.plan is not None
    assert [step.name for step in result.plan][:4] == ["light"] * 4
    assert len(result.plan) == 4 + DIALS + 1


def test_rules_that_meet_few_goals_are_given_up() -> None:
    # Given one lamp, and the safe.
    task = house("lit(l0)", "opened")
    # When it is solved.
    result = planner.solve(task, limits=Limits(cpu_s=20))
    # Then search began anew.
    assert result.status is Status.SOLVED
    assert "relay" in result.search


def test_a_search_that_was_asked_for_is_not_replaced() -> None:
    # Given the same rules.
    task = house("lit(l0)", "lit(l1)", "lit(l2)", "lit(l3)", "opened")
    # When only rules are to be followed.
    result = planner.solve(task, search="rollout", limits=Limits(cpu_s=20))
    # Then no other search helps.
    assert result.status is not Status.SOLVED


def test_the_rest_begins_where_the_steps_led() -> None:
    # Given a state with a lamp lit.
    space = LiftedSpace(house("lit(l0)", "lit(l1)"))
    step = space.legal_step(space.initial(), 0, (space.code("l0"),))
    assert step is not None
    # When the task that begins there is made.
    rest = task_from(space, space.successor(space.initial(), step))
    # Then it knows what is lit and wired, and its shortest plan lights the other one.
    shown = {f"{atom.predicate}({', '.join(map(str, atom.arguments))})" for atom in rest.init}
    assert shown == {"lit(l0)", "wired(l0)", "wired(l1)", "wired(l2)", "wired(l3)"}
    assert not rest.rules.control
    found = go_on(space, (step,), Meter())
    assert found is not None
    assert found[0] == step
    assert [str(space.describe(number)) for number in found] == ["(light l0)", "(light l1)"]


def test_a_limit_ends_the_search() -> None:
    # Given a meter that allows nothing.
    space = LiftedSpace(house("opened"))
    # When the search goes on.
    found = go_on(space, (), Meter(Limits(expansions=0)))
    # Then there is no plan.
    assert found is None
