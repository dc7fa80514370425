"""The four guides side by side, under equal limits."""

from __future__ import annotations

import pytest

from planner.learn.ablation import ablate, render_ablations
from planner.search.limits import Limits
from tests.models.fact_space import FactSpace, towers

TASKS = [towers([["a", "b"], ["c"]], [("c", "a")]), towers([["a", "b", "c"]], [("a", "c")])]


def test_each_guide_runs_on_each_task_under_the_same_limits():
    from planner.guides.goal_count import GoalCount
    from planner.guides.uniform import Uniform
    from planner.search.levin import LevinTS

    entrants = {"uniform": (LevinTS(), Uniform()), "goal_count": (LevinTS(), GoalCount())}
    rows = ablate(TASKS, entrants, Limits(expansions=1000), FactSpace)
    assert [row.guide for row in rows] == ["uniform", "goal_count"]
    assert all(row.solved == row.tasks == 2 for row in rows)
    assert all(row.expanded >= 1 and row.length >= 2 for row in rows)
    table = render_ablations(rows)
    assert table.splitlines()[1].startswith("uniform")
    assert "2 of 2" in table


@pytest.mark.parametrize("expansions", [1])
def test_what_is_not_solved_counts_as_such(expansions):
    from planner.guides.uniform import Uniform
    from planner.search.levin import LevinTS

    entrants = {"uniform": (LevinTS(), Uniform())}
    (row,) = ablate(TASKS, entrants, Limits(expansions=expansions), FactSpace)
    assert row.solved == 0
    assert row.expanded == row.length == 0
