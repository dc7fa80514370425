"""Maps of movements."""

from __future__ import annotations

from planner.models.terrain import movement_maps, shortest_ways
from tests.search.worlds import StripsWorld, delivery_task


def test_shortest_ways_count_edges():
    edges = {0: [1, 2], 1: [3], 2: [3], 3: [0]}
    assert shortest_ways(edges, 1, 5).tolist() == [2, 0, 3, 1, -1]


def test_a_map_knows_the_ways_to_a_place():
    space = StripsWorld(delivery_task(4, [(3, 1)]))
    (road,) = movement_maps(space)
    places = [space.constants.index(f"l{n}") for n in range(4)]
    assert [road.distances((0,), places[0])[place] for place in places] == [0, 1, 2, 3]
