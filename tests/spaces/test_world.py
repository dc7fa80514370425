"""A user's own world under every search."""

import runpy
from pathlib import Path

import pytest

import planner
from planner.search.registry import parse_search

SIZE = 4


def grid(**options):
    """Right and up on a grid; the goal is the far corner, the way back is closed."""

    def steps(place):
        return [
            step for step in ((1, 0), (0, 1)) if max(map(sum, zip(place, step, strict=True))) < SIZE
        ]

    def apply(place, step):
        return place[0] + step[0], place[1] + step[1]

    corner = (SIZE - 1, SIZE - 1)
    return planner.World((0, 0), steps, apply, options.pop("goal", corner).__eq__, **options)


def distance(place):
    return 2 * (SIZE - 1) - sum(place)


@pytest.mark.parametrize(
    "search", ["gbfs", "lazy", "astar", "regret", "levin", "beam:width=3", "mcts"]
)
def test_every_search_walks_to_the_corner(search):
    world, guide = grid(), planner.FunctionGuide(distance, lambda place, step: 1 + step[0])

    outcome = parse_search(search).run(world, guide, planner.Meter(), seed=0)

    assert outcome.status is planner.Status.SOLVED
    places = [sum(world.move(step)[i] for step in outcome.steps) for i in (0, 1)]
    assert places == [SIZE - 1, SIZE - 1]


def test_a_goal_nobody_reaches_is_proved_unsolvable():
    world = grid(goal=(9, 9))

    outcome = planner.Gbfs().run(world, planner.FunctionGuide(distance), planner.Meter())

    assert outcome.status is planner.Status.UNSOLVABLE
    assert outcome.expanded == SIZE * SIZE


def test_costs_are_the_user_s():
    world = grid(cost=lambda step: 1 + 2 * step[1])

    outcome = planner.Astar().run(world, planner.FunctionGuide(lambda _: 0.0), planner.Meter())

    assert outcome.cost == 4 * (SIZE - 1)


def test_the_example_runs(capsys):
    runpy.run_path(str(Path(__file__).parents[2] / "examples" / "own_world.py"))

    assert capsys.readouterr().out.startswith("solved [('fill', 0)")
