"""What steps do to the goal, read off their effects."""

from __future__ import annotations

import numpy as np

from planner.models.goal_steps import GoalSteps
from planner.models.goals import goal_literals
from tests.search.worlds import StripsWorld, delivery_task


def deeds(space, steps):
    """By the step's name what it does: (literal, kind)."""
    known = GoalSteps(space, goal_literals(space.task))
    chosen = np.array(steps, dtype=np.int32)
    position, literal, kind = known.of(chosen)
    found = {describe(space, step): set() for step in steps}
    for at, number, how in zip(position.tolist(), literal.tolist(), kind.tolist(), strict=True):
        found[describe(space, steps[at])].add((number, how))
    return found


def describe(space, step):
    each = space.describe(step)
    return (each.name, *each.arguments)


def test_unloading_at_the_goal_achieves_it_and_loading_there_undoes_it():
    # Given two parcels to be brought to l1 and l2, and every step there is.
    space = StripsWorld(delivery_task(3, [(0, 1), (0, 2)]))
    found = deeds(space, list(range(len(space.steps))))
    makes, breaks, covers = 0, 1, 2
    # Then exactly those with a parcel and its own place touch its goal.
    assert found["unload", "p0", "v", "l1"] == {(0, makes), (0, covers)}
    assert found["load", "p0", "v", "l1"] == {(0, breaks), (0, covers)}
    assert found["unload", "p1", "v", "l2"] == {(1, makes), (1, covers)}
    assert not found["unload", "p0", "v", "l2"]
    assert not found["drive", "v", "l0", "l1"]
    touched = {name for name, what in found.items() if what}
    assert len(touched) == 4


def test_steps_may_be_asked_for_in_any_order_and_more_than_once():
    space = StripsWorld(delivery_task(3, [(0, 1), (0, 2)]))
    known = GoalSteps(space, goal_literals(space.task))
    everything = np.arange(len(space.steps), dtype=np.int32)
    position, literal, kind = known.of(everything)
    for step in (everything[::-1], np.repeat(everything, 2)):
        rows = {}
        for at, *what in zip(*(part.tolist() for part in known.of(step)), strict=True):
            rows.setdefault(int(step[at]), set()).add(tuple(what))
        assert rows == {
            int(s): {(int(n), int(k)) for p, n, k in zip(position, literal, kind, strict=True)
                     if p == s}
            for s in set(position.tolist())
        }  # fmt: skip


def test_a_goal_to_be_false_is_made_so_by_deleting():
    from dataclasses import replace

    from planner.kr.formulas import Not, conjuncts

    # Given a goal that p0 is not at l0.
    task = delivery_task(3, [(0, 0), (0, 2), (0, 2)])
    first, *others = conjuncts(task.goal)
    space = StripsWorld(replace(task, goal=type(task.goal)((Not(first), *others))))
    found = deeds(space, list(range(len(space.steps))))
    assert (0, 0) in found["load", "p0", "v", "l0"]
    assert (0, 1) in found["unload", "p0", "v", "l0"]


def test_a_table_that_grows_is_read_on():
    # Given a space whose table of steps is known in part.
    space = StripsWorld(delivery_task(3, [(0, 1), (0, 2)]))
    whole = space.steps
    space.steps = type(whole)(whole.symbol[:5], whole.arguments[:5])
    known = GoalSteps(space, goal_literals(space.task))
    # When it has grown.
    space.steps = whole
    known.refresh()
    # Then the answers are those for the whole table.
    everything = np.arange(len(whole), dtype=np.int32)
    fresh = GoalSteps(space, goal_literals(space.task))
    for one, other in zip(known.of(everything), fresh.of(everything), strict=True):
        assert np.array_equal(one, other)
