"""Relaxation heuristics: values by hand, bounds on random tasks, and Fast Downward as referee."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from planner.errors import UnsupportedError
from planner.guides.goal_count import GoalCount
from planner.guides.relaxation import RelaxationGuide
from planner.guides.relaxed_task import relax
from planner.spaces.ground import GroundSpace
from tests.search import fast_downward
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost

BENCHMARKS = Path(os.environ.get("PLANNER_BENCHMARKS", "../shared/benchmarks"))


def judge(task, guide, state=None):
    space = GroundSpace(task)
    state = space.initial() if state is None else state
    return guide.bind(space).judge([state], [space.legal_steps(state)])[0]


def value(task, name, costs="real"):
    return judge(task, RelaxationGuide(name, costs=costs)).value


def diamond():
    """From 0 to 1 and 2 at cost 2 and 3, from both to 3 at cost 4; goal 3 and 1.

    h_max = 3 + 4; h_add = (2 + 3 + 4) + 2; the relaxed plan is the three operators, 9.
    """
    operators = [
        ([0], [1], [0], 2, []),
        ([0], [2], [0], 3, []),
        ([1, 2], [3], [], 4, []),
        ([2], [3], [], 20, []),
    ]
    return ground_task(4, operators, [0], [1, 3])


def test_values_by_hand():
    task = diamond()
    assert value(task, "h_max") == 7
    assert value(task, "h_add") == 11
    assert value(task, "h_ff") == 9
    assert value(task, "h_max", "unit") == 2
    assert value(task, "h_add", "unit") == 3  # 1 by its operator, 3 by the last one from 2
    assert value(task, "h_ff", "unit") == 3
    assert judge(task, GoalCount()).value == 2


def test_values_come_in_the_unit_of_the_costs():
    # Given costs in hundredths
    operators = [([0], [1], [], 150, []), ([1], [2], [], 75, [])]
    task = ground_task(3, operators, [0], [2], scale=100)
    assert value(task, "h_max") == pytest.approx(2.25)
    assert value(task, "h_ff") == pytest.approx(2.25)
    assert value(task, "h_ff", "unit") == 2


def test_preferred_steps_are_applicable_and_in_the_relaxed_plan():
    # Given that the cheapest way to 3 goes through 1 and 2
    task = diamond()

    # When h_FF judges the initial state
    opinion = judge(task, RelaxationGuide("h_ff"))

    # Then the first two operators are preferred, of the two that are legal
    assert GroundSpace(task).legal_steps(0).tolist() == [0, 1]
    assert opinion.preferred.tolist() == [True, True]


def test_the_goal_has_value_zero_and_dead_ends_are_infinite():
    operators = [([0], [1], [0], 1, [])]
    assert value(ground_task(3, operators, [0], [0]), "h_ff") == 0
    for name in ("h_max", "h_add", "h_ff"):
        assert value(ground_task(3, operators, [0], [2]), name) == math.inf


def test_operators_without_preconditions_and_conditional_effects_count():
    # Given an operator that adds 0 always, and 1 where 0 holds
    operators = [([], [0], [], 1, [([0], [1], [])])]
    task = ground_task(2, operators, [], [0, 1])

    # Then h_add pays for both relaxed operators, h_FF for the operator once
    assert value(task, "h_max") == 2
    assert value(task, "h_add") == 3
    assert value(task, "h_ff") == 1


def test_deleting_reaches_the_complement_and_axioms_cost_nothing():
    # Given: 2 is derived from not 0; the goal is 2 and that 3, derived from 1, is false
    operators = [([0], [], [0], 5, []), ([1], [], [1], 7, [])]
    axioms = [(2, [4]), (3, [1])]
    task = ground_task(4, operators, [0, 1], [2, 6], complements=[0, 1, 3], axioms=axioms)

    # Then both must be deleted
    assert value(task, "h_max") == 7
    assert value(task, "h_add") == 12
    assert value(task, "h_ff") == 12


def test_negations_of_recursive_axioms_are_granted():
    # Given 1 and 2, derived from each other and 1 from 0; the goal is that 2 is false
    axioms = [(1, [0]), (1, [2]), (2, [1])]
    operators = [([0], [], [0], 3, [])]
    task = ground_task(3, operators, [0], [3], complements=[2], axioms=axioms)

    # Then the estimate is not infinite: there is a plan of cost 3
    assert cheapest_cost(task) == 3
    assert value(task, "h_ff") <= 3


@pytest.mark.parametrize("seed", range(60))
def test_h_max_is_a_lower_bound_in_every_state_and_infinity_a_proof(seed):
    # Given a random task and every state that can be reached
    task = random_task(seed)
    space = GroundSpace(task)
    states, index = [space.initial()], 0
    while index < len(states) and len(states) < 60:
        for step in space.legal_steps(states[index]).tolist():
            successor = space.successor(states[index], step)
            if successor not in states:
                states.append(successor)
        index += 1
    guides = {name: RelaxationGuide(name).bind(space) for name in ("h_max", "h_add", "h_ff")}

    for state in states[:40]:
        best = cost_to_go(space, task, state)
        h = {
            name: guide.judge([state], [space.legal_steps(state)])[0].value
            for name, guide in guides.items()
        }
        # Then h_max is below the true cost and the others, and all agree on dead ends
        assert h["h_max"] <= best
        assert h["h_max"] <= h["h_ff"]
        assert h["h_max"] <= h["h_add"]
        assert len({value == math.inf for value in h.values()}) == 1
        if best == 0 and space.is_goal(state):
            assert set(h.values()) == {0}


def cost_to_go(space, task, start):
    import heapq

    queue, done = [(0, start)], set()
    while queue:
        cost, state = heapq.heappop(queue)
        if state in done:
            continue
        if space.is_goal(state):
            return cost
        done.add(state)
        for step in space.legal_steps(state).tolist():
            heapq.heappush(queue, (cost + int(task.costs[step]), space.successor(state, step)))
    return math.inf


def naive_values(task, additive):
    """h_add or h_max by iterating to the fixpoint over the relaxation's own lists."""
    arrays = relax(task).arrays
    atoms, size = len(arrays.is_goal), len(arrays.start)
    needs = [arrays.needs[arrays.needs_first[r] : arrays.needs_first[r + 1]] for r in range(size)]
    adds = [arrays.added[arrays.add_first[r] : arrays.add_first[r + 1]] for r in range(size)]
    costs = np.full(atoms, math.inf)
    costs[-1] = 0
    space = GroundSpace(task)
    row = space.row(0)
    for atom in range(task.atom_count):
        if (int(row[atom >> 6]) >> (atom & 63)) & 1:
            costs[atom] = 0
    changed = True
    while changed:
        changed = False
        for r in range(size):
            needed = costs[needs[r]]
            reach = (needed.sum() if additive else needed.max()) + (int(arrays.start[r]) >> 32)
            for atom in adds[r]:
                if reach < costs[atom]:
                    costs[atom], changed = reach, True
    goal = costs[arrays.goal]
    return goal.sum() if additive else goal.max()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("largest", [4, 100_000])
def test_exploration_equals_the_fixpoint(seed, largest):
    task = random_task(seed, largest_cost=largest)
    assert value(task, "h_add") == naive_values(task, True)
    assert value(task, "h_max") == naive_values(task, False)


def test_other_spaces_are_refused_with_advice():
    with pytest.raises(UnsupportedError, match="goal_count"):
        RelaxationGuide("h_ff").bind(object())
    with pytest.raises(ValueError, match="real"):
        RelaxationGuide("h_ff", costs="free")


@pytest.mark.benchmarks
@pytest.mark.differential
@pytest.mark.parametrize(
    "instance",
    [
        "gripper/prob12",
        "depot/p13",
        "driverlog/p12",
        "schedule/probschedule-29-1",  # conditional effects
        "miconic-fulladl/f17-2",  # axioms
        "elevators-sat11-strips/p12",  # costs
        "psr-large/p25-s168-n20-l2-f10",  # recursive axioms
    ],
)
def test_values_equal_fast_downward_on_its_own_translation(instance, tmp_path):
    domain, name = instance.split("/")
    folder = BENCHMARKS / "pddl" / domain
    if not folder.exists():
        pytest.skip(f"no benchmarks in {BENCHMARKS}; set PLANNER_BENCHMARKS")
    # Given Fast Downward's translation of a benchmark
    problem = (folder / f"{name}.pddl").resolve()
    sas = fast_downward.translate((folder / "domain.pddl").resolve(), problem, tmp_path)
    task = fast_downward.read_sas(sas)

    # Then our h_max and h_add of the initial state equal its own, and h_FF is close: relaxed
    # plans depend on how ties between supporters are broken
    assert value(task, "h_max") == fast_downward.initial_value(sas, "hmax()")
    assert value(task, "h_add") == fast_downward.initial_value(sas, "add()")
    assert value(task, "h_ff") == pytest.approx(fast_downward.initial_value(sas, "ff()"), rel=0.1)
