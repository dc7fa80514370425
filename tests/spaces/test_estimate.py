"""The estimate of the number of operators."""

from __future__ import annotations

from planner.io.load import load_task_text
from planner.spaces.estimate import estimate_operators
from planner.spaces.grounding import ground
from tests.guides.lifted.test_relaxed_plan import BLOCKS, ERRANDS, SUSSMAN


def test_types_bound_parameters():
    assert estimate_operators(load_task_text(BLOCKS + SUSSMAN)) == 3 + 3 + 9 + 9


def test_static_atoms_take_away_combinations():
    task = load_task_text(ERRANDS + "goal: has(key)")

    # Four roads from three places to three; two things at four places.
    assert 4 + 8 >= estimate_operators(task) >= ground(task).operator_count


def test_without_actions_there_is_nothing_to_ground():
    task = load_task_text("predicates:\n  p:\ninit:\n  - p\ngoal: p")

    assert estimate_operators(task) == 0
