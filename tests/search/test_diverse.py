"""Several plans that differ by more than order, and bounds on what any plan costs."""

import itertools

import pytest
from hypothesis import given

from planner import load_task, load_task_text, solve, validate
from planner.guides.uniform import Uniform
from planner.search.diverse import different_plans
from planner.search.improve.replay import states_along
from planner.search.levin import LevinTS
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from tests.conftest import ROOT
from tests.search.test_levin import graphs, reachable_goal

SMALL = ROOT / "rules/blocksworld/tasks/three-blocks.yaml"
BLOCKS = ROOT / "rules/blocksworld/tasks/blocks-8-1.yaml"
COUNTDOWN = ROOT / "rules/countdown/tasks/six-1.yaml"

ROADS = """
task: roads
rules:
  types: {place: object}
  predicates:
    at(place): the traveller is at {0}
    road(place, place): a road leads from {0} to {1}
  actions:
    go(?x - place, ?y - place):
      if: at(?x) and road(?x, ?y)
      then: at(?y) and not at(?x)
objects: {place: [a, b, c, d]}
init:
  - at(a)
  - road(a, b)
  - road(b, d)
  - road(a, c)
  - road(c, d)
  - road(b, c)
goal: at(d)
"""


def steps_of(plan):
    return {(step.name, step.arguments) for step in plan}


@pytest.mark.parametrize("search", ["auto", "gbfs", "levin", "mcts"])
def test_all_ways_are_found_and_no_more(search):
    task = load_task_text(ROADS)

    result = solve(task, search=search, plans=9)

    plans = [steps_of(plan) for plan in (result.plan, *result.others)]
    assert {("go", ("a", "b")), ("go", ("b", "d"))} in plans
    assert {("go", ("a", "c")), ("go", ("c", "d"))} in plans
    assert len(plans) == 3
    assert any("3 of 9 plans: there are no others" in note for note in result.notes)
    assert result.complete


@pytest.mark.parametrize("path", [BLOCKS, COUNTDOWN])
def test_plans_are_valid_and_none_contains_another(path):
    task = load_task(path)

    result = solve(task, plans=4)

    plans = [result.plan, *result.others]
    assert len(plans) == 4
    assert all(validate(task, plan).ok for plan in plans)
    for first, second in itertools.combinations(plans, 2):
        assert not steps_of(first) <= steps_of(second)


@given(case=graphs())
def test_every_plan_without_superfluous_steps_is_covered(case):
    world, guide = case[0], Uniform()
    if not reachable_goal(world):
        return
    first = LevinTS().run(world, guide, Meter())

    found = different_plans(
        world, first.steps, 1000, lambda space, meter: LevinTS().run(space, guide, meter), Meter()
    )

    known = [set(first.steps), *map(set, found.plans)]
    for steps in found.plans:
        assert world.is_goal(states_along(world, steps)[-1])
    assert found.exhausted
    for path in simple_paths(world):
        assert any(steps <= set(path) for steps in known)


def simple_paths(world, state=0, seen=(0,), path=()):
    """Paths to a goal that visit no state twice."""
    if world.is_goal(state):
        yield path
        return
    for step in world.legal_steps(state).tolist():
        target = world.successor(state, step)
        if target not in seen:
            yield from simple_paths(world, target, (*seen, target), (*path, step))


def test_a_limit_leaves_the_plans_found_so_far():
    task = load_task(SMALL)

    result = solve(task, search="levin", plans=50, limits=Limits(expansions=12))

    assert result.status is Status.SOLVED
    assert not result.complete
    assert result.reason == "expansions"


def test_the_bound_is_below_the_cost_of_the_cheapest_plan():
    task = load_task(SMALL)

    greedy, best = solve(task, search="gbfs"), solve(task, search="astar")

    assert greedy.lower_bound is not None
    assert 0 < greedy.lower_bound <= best.cost
    assert best.lower_bound == best.cost


def test_a_limit_still_reports_a_bound():
    task = load_task(ROOT / "rules/blocksworld/tasks/blocks-8-1.yaml")

    result = solve(task, search="gbfs", guide="uniform", limits=Limits(expansions=20))

    assert result.status is Status.LIMIT
    assert result.lower_bound is not None
    assert result.lower_bound > 0
