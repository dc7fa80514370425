"""Fresh tasks of the two learning-track domains whose movers block each other: sokoban, floortile.

After the form of the published tasks, whose first lines give the parameters. Every task can be
solved: sokoban's are made by pulling boxes away from where they belong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from benchmarks.fresh_tasks import Parts, names

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["GRID"]

_Cell: TypeAlias = tuple[int, int]

_WAYS: dict[str, _Cell] = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}
_WALLS = 0.2  # share of the inner cells
_PULLS = 30  # tried for each box


def _floortile(rng: random.Random, rows: int, columns: int, robots: int) -> Parts:
    tiles = {(r, c): f"tile_{r}_{c}" for r in range(rows + 1) for c in range(1, columns + 1)}
    crew = names("robot", robots)
    places = rng.sample(list(tiles.values()), robots)
    colours = ("white", "black")
    init = [f"robot-at {robot} {place}" for robot, place in zip(crew, places, strict=True)]
    init += [f"robot-has {robot} {rng.choice(colours)}" for robot in crew]
    init += [f"available-color {colour}" for colour in colours]
    init += [f"clear {tile}" for tile in tiles.values() if tile not in places]
    for way, (more, right) in {
        "up": (1, 0),
        "down": (-1, 0),
        "right": (0, 1),
        "left": (0, -1),
    }.items():
        init += [
            f"{way} {tiles[r + more, c + right]} {tile}"
            for (r, c), tile in tiles.items()
            if (r + more, c + right) in tiles
        ]
    goal = [f"painted {tile} {colours[(r + c) % 2]}" for (r, c), tile in tiles.items() if r > 0]
    return Parts({"tile": [*tiles.values()], "robot": crew, "color": colours}, init, goal)


def _sokoban(rng: random.Random, side: int, boxes: int) -> Parts:
    floor: set[_Cell] = set()
    robot, homes, at = (0, 0), [(0, 0)], [(0, 0)]
    while any(home == here for home, here in zip(homes, at, strict=True)):
        floor = _room(rng, side)
        if len(floor) < 6 * boxes:
            continue
        homes = rng.sample(sorted(floor), boxes + 1)
        robot, at = homes.pop(), list(homes)
        for _ in range(_PULLS * boxes):
            robot, at = _pulled(rng, floor, robot, at)
    cells = {cell: f"loc_{cell[0]}_{cell[1]}" for cell in sorted(floor)}
    loads = names("box", boxes)
    init = [f"at-robot {cells[robot]}"]
    init += [f"at {box} {cells[cell]}" for box, cell in zip(loads, at, strict=True)]
    init += [f"clear {name}" for cell, name in cells.items() if cell not in at]
    init += [
        f"adjacent {name} {cells[there]} {way}"
        for way, step in _WAYS.items()
        for cell, name in cells.items()
        if (there := _moved(cell, step)) in cells
    ]
    goal = [f"at {box} {cells[home]}" for box, home in zip(loads, homes, strict=True)]
    return Parts({"location": [*cells.values()], "box": loads}, init, goal)


def _room(rng: random.Random, side: int) -> set[_Cell]:
    """The largest connected part of a room with walls at random."""
    inner = range(2, side)
    free = {(r, c) for r in inner for c in inner if rng.random() >= _WALLS}
    parts = []
    while free:
        part = _reach(min(free), free)
        free -= part
        parts.append(part)
    return max(parts, key=len, default=set())


def _reach(start: _Cell, free: Iterable[_Cell]) -> set[_Cell]:
    """Cells that can be walked to."""
    left = set(free) - {start}
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for step in _WAYS.values():
            there = _moved(here, step)
            if there in left:
                left.remove(there)
                found.add(there)
                waiting.append(there)
    return found


def _pulled(
    rng: random.Random, floor: set[_Cell], robot: _Cell, at: list[_Cell]
) -> tuple[_Cell, list[_Cell]]:
    """Robot and boxes after one box was pulled some cells, if it could be."""
    number, step = rng.randrange(len(at)), rng.choice(list(_WAYS.values()))
    free = floor - set(at)
    robot_at = _moved(at[number], step)
    if robot_at not in _reach(robot, free):
        return robot, at
    pulled = list(at)
    for _ in range(rng.randint(1, 4)):
        behind = _moved(robot_at, step)
        if behind not in free:
            break
        robot, robot_at, pulled[number] = behind, behind, robot_at
    return robot, pulled


def _moved(cell: _Cell, step: _Cell) -> _Cell:
    return cell[0] + step[0], cell[1] + step[1]


# fmt: off
GRID: Mapping[str, tuple[Callable[..., Parts], tuple[tuple[int, ...], ...]]] = {
    "floortile": (_floortile, (
        (4, 5, 2), (7, 7, 3), (12, 9, 4), (14, 12, 7), (14, 20, 14), (20, 22, 16), (26, 26, 20),
        (30, 34, 30),
    )),
    "sokoban": (_sokoban, (
        (8, 2), (10, 3), (12, 4), (13, 5), (15, 6), (18, 7), (22, 8), (30, 12),
    )),
}
# fmt: on
"""Each domain's generator, and the parameters of its tasks from easy to beyond hard."""
