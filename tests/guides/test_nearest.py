"""The cheapest binding among many: measured together, or by looking outwards from the mover."""

import pytest

import planner
from planner.guides.control_rules import BoundControlRules
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace
from tests.guides.couriers import couriers


@pytest.mark.parametrize("run", ["first", "all"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_measured_together_is_the_cheapest_of_all_bindings(seed, run):
    space = LiftedSpace(couriers(seed, run))
    rules = BoundControlRules(space)
    every = rules.suggestions(space.initial())
    best = rules.best(space.initial())
    assert best is not None
    assert (best.measure, best.total) == min((found.measure, found.total) for found in every)


_ROUNDS = """
task: rounds
rules:
  types: {{cell: object}}
  predicates: {{"next(cell, cell)": "", "here(cell)": "", "seen(cell)": ""}}
  actions:
    step(?a - cell, ?b - cell):
      if: here(?a) and next(?a, ?b)
      then: here(?b) and not here(?a) and seen(?b)
  control:
    - {{name: nearest, for: seen(?x), if: here(?y), prefer: walk here from ?y to ?x}}
objects: {{cell: [{cells}]}}
init: ["here({start})", "seen({start})", {ways}]
goal: {goal}
"""


def _rounds(side, start):
    cells = {(x, y): f"c{x}-{y}" for x in range(side) for y in range(side)}
    ways = [
        f'"next({cell}, {cells[x + dx, y + dy]})"'
        for (x, y), cell in cells.items()
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        if (x + dx, y + dy) in cells
    ]
    text = _ROUNDS.format(
        cells=", ".join(cells.values()),
        start=cells[start],
        ways=", ".join(ways),
        goal=" and ".join(f"seen({cell})" for cell in cells.values()),
    )
    return planner.load_task_text(text)


def test_of_very_many_goals_the_nearest_is_found_and_of_equal_ones_the_first():
    space = LiftedSpace(_rounds(24, (5, 5)))
    rules = BoundControlRules(space)
    best = rules.best(space.initial())
    assert best is not None
    assert best.measure == 1
    names = [space.constants[code] for code in best.binding]
    assert names == ["c5-5", "c4-5"]


def test_a_grid_of_very_many_goals_is_walked_in_little_more_steps_than_cells():
    space = LiftedSpace(_rounds(24, (0, 0)))
    outcome = RuleRollout().follow(space, BoundControlRules(space), Meter(Limits()))
    assert outcome.steps is not None
    assert len(outcome.steps) <= 1.1 * 576
