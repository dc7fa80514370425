"""Harmless steps: where one applies, taking it keeps every task solvable that was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.guides.relaxed_task import H_FF
from planner.search.best_first import Variant
from planner.search.compiled import CompiledSearch
from planner.search.harmless import harmless_operators
from planner.search.limits import Meter
from planner.search.prepared import prepare
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost, replay


def corridor(spanners, nuts):
    """Rooms with a spanner each, a way forward only, and nuts at its end, one spanner for each."""
    rooms = spanners + 1
    lying, held = range(rooms, rooms + spanners), range(rooms + spanners, rooms + 2 * spanners)
    tight = range(rooms + 2 * spanners, rooms + 2 * spanners + nuts)
    operators = [([i], [i + 1], [i], 1, []) for i in range(spanners)]
    operators += [([i + 1, lying[i]], [held[i]], [lying[i]], 1, []) for i in range(spanners)]
    operators += [
        ([spanners, held[i]], [nut], [held[i]], 1, []) for i in range(spanners) for nut in tight
    ]
    return ground_task(rooms + 2 * spanners + nuts, operators, [0, *lying], list(tight))


@pytest.mark.parametrize("seed", range(80))
def test_random_tasks_stay_solvable(seed):
    # Given the harmless steps of a random task
    task = random_task(seed)
    space = GroundSpace(task)
    harmless = set(harmless_operators(task).tolist())

    # When each is taken where it applies, up to two steps from the start
    states = [space.initial()]
    for _ in range(2):
        states += [int(n) for s in states for n in space.successors(s, space.legal_steps(s))]
    for state in sorted(set(states)):
        for step in space.legal_steps(state).tolist():
            if step in harmless and cheapest_cost(starting(task, space, state)) is not None:
                # Then a plan is left
                after = starting(task, space, space.successor(state, step))
                assert cheapest_cost(after) is not None


def starting(task, space, state):
    atoms = space.true_atoms(state)
    plain = atoms[~(task.is_complement[atoms] | task.is_derived[atoms])]
    return replace(task, initial=np.sort(plain).astype(np.int32))


def test_picking_up_is_harmless_while_nobody_else_could():
    # Given a corridor, then picking up is harmless, tightening is not, nor going on, except from
    # the start, where there is nothing to do
    assert harmless_operators(corridor(3, 2)).tolist() == [0, 3, 4, 5]

    # And where a second step reads what it uses up, it is not either
    task = ground_task(3, [([0], [1], [0], 1, []), ([0], [2], [], 1, [])], [0], [1, 2])
    assert harmless_operators(task).tolist() == []


def test_lookahead_passes_no_spanner():
    # Given a long corridor with as many nuts as spanners
    task = corridor(40, 40)
    space = GroundSpace(task)
    variant = Variant(lazy=True, prefer=True, lookahead=True)

    # When relaxed plans are followed, which use one spanner for all nuts
    prepared = prepare(space, [H_FF], "unit")
    outcome = CompiledSearch(prepared, variant, [H_FF], Meter()).run(admissible=False)

    # Then no state has to be given up
    assert replay(task, outcome.steps)
    assert outcome.evaluated < 100
