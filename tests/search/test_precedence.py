"""Steps that come too late: left out, and with them no plan."""

from __future__ import annotations

import random

import pytest

from planner.guides.kernels import estimate_row
from planner.guides.relaxed_task import DEAD_END, H_MAX, relax, workspace
from planner.io.load import load_task_text
from planner.search.precedence import timely_operators
from planner.search.reduction import keep_operators
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.search.ground_worlds import random_task
from tests.search.test_best_first import cheapest_cost

PAINTER = """
task: painter
rules:
  types: {tile: object}
  predicates:
    adjacent(tile, tile):
    at(tile):
    clear(tile):
    painted(tile):
  actions:
    move(?from - tile, ?to - tile):
      if: at(?from) and adjacent(?from, ?to) and clear(?to)
      then: at(?to) and clear(?from) and not at(?from) and not clear(?to)
    paint(?from - tile, ?tile - tile):
      if: at(?from) and adjacent(?from, ?tile) and clear(?tile)
      then: painted(?tile) and not clear(?tile)
"""


def painter(edges, tiles, goal, more=""):
    """A painter on tile 0 of a graph of tiles; painted tiles are never entered again."""
    facts = [f"adjacent(t{a}, t{b})" for x, y in edges for a, b in ((x, y), (y, x))]
    facts += ["at(t0)", *(f"clear(t{i})" for i in range(1, tiles))]
    lines = [f"objects: {{tile: [{', '.join(f't{i}' for i in range(tiles))}]}}", "init:"]
    lines += [f"  - {fact}" for fact in facts]
    lines.append("goal: " + " and ".join(f"painted(t{i})" for i in goal))
    return ground(load_task_text(PAINTER + more + "\n".join(lines)))


def test_a_corridor_is_painted_from_its_end():
    # Given a corridor of five tiles, all but the first to be painted
    task = painter([(i, i + 1) for i in range(4)], 5, range(1, 5))

    # When late steps are left out
    kept = timely_operators(task)

    # Then nobody paints towards the start, where the tile behind could not be painted any more
    space = GroundSpace(task)
    dropped = sorted(set(range(task.operator_count)) - set(kept.tolist()))
    arguments = [task.operators.arguments[step].tolist() for step in dropped]
    order = [str(constant) for constant in task.constants]
    moves = {tuple(order[code] for code in row if code >= 0) for row in arguments}
    assert moves == {("t2", "t1"), ("t3", "t2"), ("t4", "t3")}
    assert {task.operators.symbol[step] for step in dropped} == {1}

    # And estimates see that the end is lost once the tile before it is painted
    reduced = keep_operators(task, kept)
    state = space.initial()
    for step in range(task.operator_count):
        first, second = (order[code] for code in task.operators.arguments[step] if code >= 0)
        if (first, second) == ("t0", "t1") and task.operators.symbol[step] == 1:
            state = space.successor(state, step)
    relaxed = relax(reduced)
    row = space.row(state)
    assert estimate_row(H_MAX, row, relaxed.arrays, workspace(relaxed)) >= DEAD_END


@pytest.mark.parametrize("seed", range(25))
def test_cheapest_plans_stay_on_random_floors(seed):
    # Given some connected tiles of which some are to be painted
    draw = random.Random(seed)
    tiles = draw.randint(3, 6)
    edges = [(draw.randrange(i), i) for i in range(1, tiles)]
    edges += [(0, draw.randrange(1, tiles)) for _ in range(draw.randint(0, 2))]
    goal = draw.sample(range(1, tiles), draw.randint(2, tiles - 1))
    task = painter(sorted(set(edges)), tiles, goal)
    if task.goal is None:
        return

    # When late steps are left out, then the cheapest plan costs what it did
    reduced = keep_operators(task, timely_operators(task))
    assert cheapest_cost(reduced) == cheapest_cost(task)


@pytest.mark.parametrize("seed", range(40))
def test_cheapest_plans_stay_in_random_tasks(seed):
    task = random_task(seed)
    reduced = keep_operators(task, timely_operators(task))
    assert cheapest_cost(reduced) == cheapest_cost(task)


def test_goals_that_can_be_lost_again_order_nothing():
    # Given the corridor, and a way to wipe a tile beside the painter
    wipe = """    wipe(?from - tile, ?tile - tile):
      if: at(?from) and adjacent(?from, ?tile) and painted(?tile)
      then: clear(?tile) and not painted(?tile)
"""
    task = painter([(i, i + 1) for i in range(4)], 5, range(1, 5), more=wipe)

    # When late steps are looked for, then there are none
    assert len(timely_operators(task)) == task.operator_count
