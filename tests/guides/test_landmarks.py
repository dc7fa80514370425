"""Landmarks are what they claim to be; the count follows the path."""

from __future__ import annotations

import pytest

from planner.errors import UnsupportedError
from planner.guides.landmarks.guide import LandmarkCount
from planner.guides.relaxed_task import relax
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task


def reaches_goal_avoiding(space, atoms):
    """Whether a plan exists none of whose states has one of the atoms; by exhaustion."""
    avoided = set(atoms)
    queue = [space.initial()]
    met = set(queue)
    for state in queue:
        row = space.row(state)
        if any((int(row[a >> 6]) >> (a & 63)) & 1 for a in avoided):
            continue
        if space.is_goal(state):
            return True
        for step in space.legal_steps(state).tolist():
            successor = space.successor(state, step)
            if successor not in met:
                met.add(successor)
                queue.append(successor)
    return False


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_avoids_a_landmark(seed):
    # Given the landmarks of a random task
    task = random_task(seed)
    space = GroundSpace(task)
    landmarks = LandmarkCount().bind(space).landmarks

    for number in range(len(landmarks.is_goal)):
        # When states with its atoms are closed
        atoms = landmarks.atoms[landmarks.first[number] : landmarks.first[number + 1]].tolist()

        # Then the goal is out of reach
        assert not reaches_goal_avoiding(space, atoms), atoms


def corridor():
    """A walk over atoms 0 to 3 in a row, then a choice of 4 or 5 on the way to 6."""
    moves = [(0, 1), (1, 2), (2, 3), (3, 4), (3, 5), (4, 6), (5, 6)]
    return ground_task(7, [([a], [b], [a], 1, []) for a, b in moves], [0], [6])


def test_every_atom_of_a_corridor_is_a_landmark():
    space = GroundSpace(corridor())
    landmarks = LandmarkCount().bind(space).landmarks
    assert sorted(landmarks.atoms.tolist()) == [0, 1, 2, 3, 6]
    assert landmarks.is_goal.sum() == 1


def test_the_count_falls_along_a_path_that_is_told():
    # Given a guide that is told how states are reached
    space = GroundSpace(corridor())
    guide = LandmarkCount().bind(space)
    state, values = space.initial(), []
    guide.reach(-1, state)

    for step in (0, 1, 2, 3, 5):
        (judgement,) = guide.judge([state], [space.legal_steps(state)])
        values.append(judgement.value)
        following = space.successor(state, step)
        guide.reach(state, following)
        state = following

    # Then what was passed is not asked for again
    assert values == [4, 3, 2, 1, 1]
    assert guide.judge([state], [space.legal_steps(state)])[0].value == 0


def test_what_was_lost_and_is_needed_counts_again():
    # Given a key (1) that opens a door (2) and may be dropped
    task = ground_task(3, [([], [1], [], 1, []), ([], [0], [1], 1, []), ([1], [2], [], 1, [])],
                       [], [2])  # fmt: skip
    space = GroundSpace(task)
    guide = LandmarkCount().bind(space)
    start = space.initial()
    with_key = space.successor(start, 0)
    without = space.successor(with_key, 1)
    for parent, state in ((-1, start), (start, with_key), (with_key, without)):
        guide.reach(parent, state)
    values = [guide.judge([s], [space.legal_steps(s)])[0].value for s in (start, with_key, without)]
    assert values == [2, 1, 2]


def test_a_space_that_is_not_ground_is_refused():
    with pytest.raises(UnsupportedError, match="not grounded"):
        LandmarkCount().bind(object())


def test_sets_of_landmarks_are_found_where_achievers_differ():
    # Given a task of one predicate, relaxed, in which 4 or 5 must be passed
    task = corridor()
    task.atoms.symbol[:] = 0
    space = GroundSpace(task)
    landmarks = LandmarkCount().bind(space).landmarks
    sizes = (landmarks.first[1:] - landmarks.first[:-1]).tolist()
    assert sorted(sizes) == [1, 1, 1, 1, 1, 2]
    assert relax(task).operator_count == 7


def test_more_goals_than_a_byte_counts_are_each_a_landmark():
    # Given 300 switches, each turned on by a step of its own, all of them goals
    lamps = 300
    switches = [([0], [lamp], [], 1, []) for lamp in range(1, lamps + 1)]
    space = GroundSpace(ground_task(lamps + 1, switches, [0], list(range(1, lamps + 1))))

    landmarks = LandmarkCount().bind(space).landmarks

    assert landmarks.is_goal.sum() == lamps
