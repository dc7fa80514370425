"""Control rules are followed first, also where that needs a ground task."""

from __future__ import annotations

import pytest

import planner
from planner.search.following import follow_ground, follow_rules
from planner.search.limits import Limits, Meter
from planner.search.onward import task_from
from planner.search.result import Status
from planner.spaces import grounding
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.search.houses import DIALS, house


def dark_house(*goals: str) -> planner.Task:
    """A house that has to be grounded, with three of four lamps wired."""
    return house(*goals, wired=3, derived=True)


@pytest.fixture
def groundings(monkeypatch: pytest.MonkeyPatch) -> list[planner.Task]:
    """Tasks that are grounded."""
    seen: list[planner.Task] = []

    def counted(task, *rest, **options):
        seen.append(task)
        return ground(task, *rest, **options)

    monkeypatch.setattr(grounding, "ground", counted)
    monkeypatch.setattr("planner.search.onward.ground", counted)
    return seen


def test_steps_that_rest_on_derived_facts_need_grounding_and_rules_alone_are_followed(groundings):
    # Given lamps that are lit where it is dark, which is derived.
    task = dark_house("lit(l0)", "lit(l1)", "lit(l2)")
    assert follow_rules(task, "auto", Meter()) is None
    # When it is solved.
    result = planner.solve(task, limits=Limits(cpu_s=20))
    # Then by rules, on one ground task.
    assert result.search == "rules on a ground task (chosen for control rules)"
    assert [str(step) for step in result.plan] == ["(light l0)", "(light l1)", "(light l2)"]
    assert len(groundings) == 1


def test_what_rules_leave_open_is_searched_for_on_the_same_ground_task(groundings):
    task = dark_house("lit(l0)", "lit(l1)", "lit(l2)", "dark(l3)", "opened")

    result = planner.solve(task, limits=Limits(cpu_s=20))

    assert "then search from where they led" in result.search
    assert [step.name for step in result.plan][:3] == ["light"] * 3
    assert len(result.plan) == 3 + DIALS + 1
    assert len(groundings) == 1


def test_rules_that_lead_nowhere_make_way_for_the_search_of_a_task_without_rules(groundings):
    task = dark_house("lit(l0)", "opened")

    result = planner.solve(task, limits=Limits(cpu_s=20))

    assert result.status is Status.SOLVED
    assert result.search.startswith("relay")
    assert len(groundings) == 1


def test_going_on_to_a_better_plan_does_not_ground_again(groundings):
    task = dark_house("lit(l0)", "lit(l1)")

    result = planner.solve(task, limits=Limits(cpu_s=20), improve=True)

    assert result.optimal
    assert len(result.plan) == 2
    assert len(groundings) == 1


def test_an_unreachable_goal_is_still_proved_unreachable():
    result = planner.solve(dark_house("lit(l3)"), limits=Limits(cpu_s=20))

    assert result.status is Status.UNSOLVABLE


@pytest.mark.parametrize("search", ["rollout", "gbfs"])
def test_a_search_that_was_asked_for_is_not_replaced(search):
    task = dark_house("lit(l0)")

    assert follow_ground(GroundSpace(ground(task)), search, Meter()) is None
    assert planner.solve(task, search=search).search.startswith(search)


def test_a_ground_space_that_begins_elsewhere_has_the_same_states():
    # Given a state with a lamp lit and a dial set.
    space = GroundSpace(ground(dark_house("lit(l0)", "lit(l1)", "opened")))
    state = space.initial()
    for name in ("(light l0)", "(turn d3)"):
        legal = space.legal_steps(state).tolist()
        state = space.successor(
            state, next(step for step in legal if str(space.describe(step)) == name)
        )
    # When the task begins there.
    rest = task_from(space, state)
    moved = space.beginning_at(state, rest)
    # Then what holds and what may be done is the same, and the same as when grounded anew.
    anew = GroundSpace(ground(rest))
    first, there = moved.initial(), anew.initial()
    assert moved.true_atoms(first).tolist() == space.true_atoms(state).tolist()
    assert moved.legal_steps(first).tolist() == space.legal_steps(state).tolist()
    assert {str(moved.describe(s)) for s in moved.legal_steps(first).tolist()} == {
        str(anew.describe(s)) for s in anew.legal_steps(there).tolist()
    }
