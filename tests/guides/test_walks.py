"""Walks: shortest ways past what stands in the way."""

from __future__ import annotations

import random
from collections import deque

import pytest

from planner.guides.control_rules import RuleGround
from planner.io.load import load_task_text
from planner.spaces.lifted import LiftedSpace

SIDE = 5

ROOM = """
task: room
types: {{robot: object, tile: object}}
predicates:
  at(robot, tile): ""
  free(tile): ""
  near(tile, tile): ""
  done: ""
actions:
  step(?r - robot, ?from - tile, ?to - tile):
    if: at(?r, ?from) and near(?from, ?to) and free(?to)
    then: at(?r, ?to) and not at(?r, ?from) and free(?from) and not free(?to)
  fill(?t - tile):
    if: free(?t)
    then: not free(?t)
  finish:
    then: done
objects: {{robot: [r], tile: [{tiles}]}}
init:
{facts}
goal: done
"""


def neighbours(tile):
    x, y = divmod(tile, SIDE)
    near = ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))
    return [SIDE * a + b for a, b in near if 0 <= a < SIDE and 0 <= b < SIDE]


def room(start):
    tiles = range(SIDE * SIDE)
    facts = [f"at(r, t{start})", *(f"free(t{t})" for t in tiles if t != start)]
    facts += [f"near(t{t}, t{other})" for t in tiles for other in neighbours(t)]
    names = ", ".join(f"t{t}" for t in tiles)
    return load_task_text(
        ROOM.format(tiles=names, facts="\n".join(f"  - {fact}" for fact in facts))
    )


def steps_past(start, filled):
    """Steps to each tile, breadth first."""
    away, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for there in neighbours(here):
            if there not in away and there not in filled:
                away[there] = away[here] + 1
                queue.append(there)
    return away


@pytest.mark.parametrize("seed", range(6))
def test_distances_are_those_of_a_search_in_every_state(seed):
    # Given a room whose tiles are filled one after the other.
    rng = random.Random(seed)
    start = rng.randrange(SIDE * SIDE)
    space = LiftedSpace(room(start))
    ground = RuleGround(space)
    code = ground.facts.symbols.code
    names = {f"t{t}": t for t in range(SIDE * SIDE)}
    places = {t: code(o) for o in space.task.objects if (t := names.get(o)) is not None}
    robot = next(code(o) for o in space.task.objects if o == "r")
    state, filled = space.initial(), set()
    for tile in rng.sample(sorted(set(places) - {start}), 12):
        # When one more is filled.
        state = next(
            space.successor(state, step)
            for step in space.legal_steps(state).tolist()
            if str(space.describe(step)) == f"(fill t{tile})"
        )
        filled.add(tile)
        ground.facts.move_to(state)
        ground.walks.new_state()
        # Then every way is as long as a search says, asked with a bound or without.
        away = steps_past(start, filled)
        for there in rng.sample(sorted(places), SIDE * SIDE):
            most = rng.choice((1, 3, 6, 99))
            expected = away.get(there)
            if expected is not None and expected > most:
                continue
            found = ground.walks.distance("at", robot, places[start], places[there], most)
            assert found == expected
