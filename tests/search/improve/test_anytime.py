"""Better plans after the first."""

import pytest
from hypothesis import given

from planner import load_task, solve, validate
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.search.best_first import LazyGbfs
from planner.search.improve.anytime import improve_plan
from planner.search.improve.replay import states_along
from planner.search.improve.shorten import without_superfluous
from planner.search.improve.windows import replan_windows
from planner.search.levin import LevinTS
from planner.search.limits import Limits, Meter
from planner.search.result import Outcome, Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.world import World
from tests.conftest import ROOT
from tests.search.test_levin import graphs, reachable_goal
from tests.search.test_mcts import cheapest

TASKS = ROOT / "rules/blocksworld/tasks"


def clumsy(space, steps):
    """The plan with detours: every step that can be undone at once is undone and done again."""
    long, state = [], space.initial()
    for step in steps:
        after = space.successor(state, step)
        for back in space.legal_steps(after).tolist():
            if space.successor(after, back) == state:
                long += [step, back]
                break
        long.append(step)
        state = after
    return tuple(long)


@given(case=graphs())
def test_improvement_ends_with_the_cheapest_plan_and_its_proof(case):
    world, guide = case
    if not reachable_goal(world):
        return
    first = LevinTS().run(world, guide, Meter())
    told = []

    outcome = improve_plan(world, first, Uniform(), Meter(), told.append)

    assert outcome.cost == cheapest(world)
    assert outcome.optimal
    assert outcome.complete
    assert states_along(world, outcome.steps) is not None
    assert not told or told[-1] == outcome.steps


@pytest.mark.parametrize("name", ["three-blocks", "blocks-8-1"])
def test_improvement_agrees_with_optimal_search(name):
    task = load_task(TASKS / f"{name}.yaml")
    plans = []

    better = solve(task, improve=True, on_plan=plans.append)
    best = solve(task, search="astar")

    assert better.optimal
    assert better.cost == best.cost == better.lower_bound
    assert validate(task, better.plan).ok
    costs = [plan.cost for plan in plans]
    assert costs == sorted(costs, reverse=True)
    assert plans[-1].cost == better.cost


def test_windows_remove_detours_and_stay_valid():
    space = GroundSpace(ground(load_task(TASKS / "blocks-8-1.yaml")))
    plan = clumsy(space, solve_steps(space))

    plans = list(replan_windows(space, plan, Meter()))

    assert plans
    assert len(plans[-1]) < len(plan)
    for better in plans:
        assert space.is_goal(states_along(space, better)[-1])


def solve_steps(space):
    return LazyGbfs().run(space, RelaxationGuide("h_ff"), Meter()).steps


def test_superfluous_steps_go_in_any_space():
    world = World(0, lambda n: ("+1", "wait", "lamp"), lambda n, s: n + 1 if s == "+1" else n,
                  lambda n: n == 2)  # fmt: skip
    first = world.legal_steps(0).tolist()

    plan = without_superfluous(world, (first[1], first[0], first[2], first[0]))

    assert [world.move(step) for step in plan] == ["+1", "+1"]


def test_a_limit_cuts_improvement_off_honestly():
    task = load_task(TASKS / "blocks-8-1.yaml")

    result = solve(task, search="gbfs", improve=True, limits=Limits(expansions=120))

    assert result.status is Status.SOLVED
    assert (result.complete, result.reason, result.optimal) == (False, "expansions", False)
    assert validate(task, result.plan).ok


def test_nothing_to_improve():
    task = load_task(TASKS / "three-blocks.yaml")
    space = GroundSpace(ground(task))
    found = Outcome(Status.SOLVED, solve_steps(space), optimal=True)

    outcome = improve_plan(space, found, Uniform(), Meter(), lambda steps: None)

    assert outcome.optimal
    assert outcome.complete
