"""Tasks of classic domains, after the published ones: small ones to learn from, and large ones.

Every task can be solved.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from benchmarks.fresh_tasks import Parts, names, network

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["CLASSIC", "LARGE", "SMALL", "classic_task", "doubled"]


def classic_task(domain: str, sizes: Sequence[int], name: str, rng: random.Random) -> str:
    """A problem file of one of the domains in `CLASSIC`, whose folder has that name."""
    maker, declared = CLASSIC[domain]
    return maker(rng, *sizes).text(declared, name)


def _untyped(kinds: Mapping[str, Sequence[str]], init: Iterable[str], goal: list[str]) -> Parts:
    """Types as facts, as in domains without types."""
    objects = list(dict.fromkeys(name for these in kinds.values() for name in these))
    types = [f"{kind} {name}" for kind, these in kinds.items() for name in these]
    return Parts({"object": objects}, [*types, *init], goal)


def _gripper(rng: random.Random, balls: int, rooms: int) -> Parts:
    del rng
    loads, places = names("ball", balls), ["rooma", "roomb", *names("room", rooms - 2)]
    init = ["at-robby rooma", "free left", "free right", *(f"at {b} rooma" for b in loads)]
    kinds = {"room": places, "ball": loads, "gripper": ["left", "right"]}
    return _untyped(kinds, init, [f"at {b} roomb" for b in loads])


def _logistics(rng: random.Random, cities: int, size: int, packages: int, planes: int) -> Parts:
    towns, loads, aircraft = names("city", cities), names("p", packages), names("plane", planes)
    places = {town: [f"{town}-{i}" for i in range(1, size + 1)] for town in towns}
    airports = [places[town][-1] for town in towns]
    everywhere = [place for town in towns for place in places[town]]
    trucks = [f"truck-{town}" for town in towns]
    init = [f"in-city {place} {town}" for town in towns for place in places[town]]
    init += [f"at truck-{town} {rng.choice(places[town])}" for town in towns]
    init += [f"at {plane} {rng.choice(airports)}" for plane in aircraft]
    init += [f"at {load} {rng.choice(everywhere)}" for load in loads]
    goal = [f"at {load} {rng.choice(everywhere)}" for load in loads]
    kinds = {"obj": loads, "truck": trucks, "location": everywhere, "airplane": aircraft}
    return _untyped({**kinds, "city": towns, "airport": airports}, init, goal)


def _driverlog(rng: random.Random, junctions: int, drivers: int, trucks: int, loads: int) -> Parts:
    crew, cars, goods = names("driver", drivers), names("truck", trucks), names("package", loads)
    crossings = names("s", junctions)
    init = [f"link {a} {b}" for a, b in network(rng, crossings, junctions)]
    footways = []
    for a, b in network(rng, crossings, junctions // 3)[::2]:
        middle = f"p-{a}-{b}"
        footways.append(middle)
        init += [f"path {x} {y}" for x, y in itertools.permutations((a, middle, b), 2)
                 if middle in (x, y)]  # fmt: skip
    init += [f"at {thing} {rng.choice(crossings)}" for thing in (*crew, *cars, *goods)]
    init += [f"empty {car}" for car in cars]
    wanted = [*(x for x in (*crew, *cars) if rng.random() < 0.6), *goods]
    goal = [f"at {thing} {rng.choice(crossings)}" for thing in wanted]
    kinds = {"driver": crew, "truck": cars, "obj": goods, "location": [*crossings, *footways]}
    return _untyped(kinds, init, goal)


def _zenotravel(rng: random.Random, cities: int, planes: int, people: int) -> Parts:
    towns, aircraft = names("city", cities), names("plane", planes)
    persons, levels = names("person", people), [f"fl{i}" for i in range(7)]
    init = [f"next {low} {high}" for low, high in itertools.pairwise(levels)]
    init += [f"fuel-level {plane} {rng.choice(levels)}" for plane in aircraft]
    init += [f"at {thing} {rng.choice(towns)}" for thing in (*aircraft, *persons)]
    wanted = [*(plane for plane in aircraft if rng.random() < 0.4), *persons]
    goal = [f"at {thing} {rng.choice(towns)}" for thing in wanted]
    kinds = {"aircraft": aircraft, "person": persons, "city": towns, "flevel": levels}
    return _untyped(kinds, init, goal)


def _visitall(rng: random.Random, side: int, percent: int) -> Parts:
    cells = {(x, y): f"loc-x{x}-y{y}" for x in range(side) for y in range(side)}
    near = ((1, 0), (-1, 0), (0, 1), (0, -1))
    init = [
        f"connected {cell} {cells[x + dx, y + dy]}"
        for (x, y), cell in cells.items()
        for dx, dy in near
        if (x + dx, y + dy) in cells
    ]
    start = rng.choice(list(cells.values()))
    goal = [f"visited {cell}" for cell in cells.values() if rng.random() < percent / 100]
    return Parts({"place": [*cells.values()]}, [*init, f"at-robot {start}", f"visited {start}"],
                 goal or [f"visited {cells[0, 0]}"])  # fmt: skip


def _depot(rng: random.Random, places: int, trucks: int, pallets: int, crates: int) -> Parts:
    depots, sellers = names("depot", places // 2), names("distributor", places - places // 2)
    sites, cars = [*depots, *sellers], names("truck", trucks)
    bases, boxes = names("pallet", pallets), names("crate", crates)
    site_of = {base: sites[i % len(sites)] for i, base in enumerate(bases)}
    hoists = {f"hoist-{site}": site for site in sites}
    init = [f"at {thing} {site}" for thing, site in (site_of | hoists).items()]
    init += [f"at {car} {rng.choice(sites)}" for car in cars]
    init += [f"available {hoist}" for hoist in hoists]
    top = {base: base for base in bases}
    for box in boxes:
        base = rng.choice(bases)
        init += [f"on {box} {top[base]}", f"at {box} {site_of[base]}"]
        top[base] = box
    init += [f"clear {surface}" for surface in top.values()]
    goal, top = [], {base: base for base in bases}
    for box in rng.sample(boxes, crates):
        base = rng.choice(bases)
        goal.append(f"on {box} {top[base]}")
        top[base] = box
    kinds = {"depot": depots, "distributor": sellers, "place": sites, "truck": cars}
    kinds |= {"hoist": list(hoists), "pallet": bases, "crate": boxes, "surface": [*bases, *boxes]}
    return _untyped({**kinds, "locatable": [*cars, *hoists, *bases, *boxes]}, init, goal)


def _tpp(rng: random.Random, goods: int, trucks: int, markets: int, depth: int) -> Parts:
    wares, cars = names("goods", goods), names("truck", trucks)
    shops, levels = names("market", markets), [f"level{i}" for i in range(depth + 1)]
    init = [f"next {high} {low}" for low, high in itertools.pairwise(levels)]
    init += [f"connected {a} {b}" for a, b in network(rng, ["depot1", *shops], markets // 2)]
    init += [f"at {car} depot1" for car in cars]
    goal = []
    for ware in wares:
        init += [f"stored {ware} level0", *(f"loaded {ware} {car} level0" for car in cars)]
        init += [f"ready-to-load {ware} {shop} level0" for shop in shops]
        supply = {shop: rng.choice((0, rng.randint(0, depth))) for shop in shops}
        supply[rng.choice(shops)] = depth
        init += [f"on-sale {ware} {shop} level{amount}" for shop, amount in supply.items()]
        goal.append(f"stored {ware} level{rng.randint(1, depth)}")
    objects = {"goods": wares, "truck": cars, "market": shops, "depot": ["depot1"]}
    return Parts({**objects, "level": levels}, init, goal)


def _elevators(rng: random.Random, blocks: int, size: int, people: int) -> Parts:
    floors = [f"n{i}" for i in range(max(4, blocks * size) + 1)]
    persons, fast = names("p", people), ["fast0", "fast1"]
    reach = dict.fromkeys(fast, floors[::size])
    tops = [floors[(b + 1) * size :] for b in range(blocks)]
    reach |= {
        f"slow{b}-0": floors[b * size : (b + 1) * size + 1]
        if tops[b][size:]
        else floors[b * size :]
        for b in range(blocks)
    }
    init = [f"next {low} {high}" for low, high in itertools.pairwise(floors)]
    init += [f"above {low} {high}" for low, high in itertools.combinations(floors, 2)]
    for lift, stops in reach.items():
        room = 4 if lift in fast else 3
        init += [f"lift-at {lift} {rng.choice(stops)}", f"passengers {lift} n0"]
        init += [f"can-hold {lift} n{i}" for i in range(1, room + 1)]
        init += [f"reachable-floor {lift} {floor}" for floor in stops]
        kind, first, more = ("fast", 1, 3) if lift in fast else ("slow", 5, 1)
        for (i, low), (j, high) in itertools.combinations(enumerate(stops), 2):
            distance = (j - i) * (size if lift in fast else 1)
            fact = f"= (travel-{kind} {low} {high}) {first + more * distance}"
            init += [fact] if fact not in init[-(len(stops) ** 2) :] else []
    goal = []
    for person in persons:
        start, end = rng.sample(floors, 2)
        init.append(f"passenger-at {person} {start}")
        goal.append(f"passenger-at {person} {end}")
    slow = [lift for lift in reach if lift not in fast]
    objects = {"count": floors, "passenger": persons, "fast-elevator": fast, "slow-elevator": slow}
    return Parts(objects, dict.fromkeys([*init, "= (total-cost) 0"]), goal, "(total-cost)")


def _barman(rng: random.Random, ingredients: int, cocktails: int, shots: int) -> Parts:
    juices, drinks = names("ingredient", ingredients), names("cocktail", cocktails)
    glasses, taps = names("shot", shots), names("dispenser", ingredients)
    init = [f"{fact} {c}" for c in ("shaker1", *glasses) for fact in ("ontable", "clean", "empty")]
    init += [f"dispenses {tap} {juice}" for tap, juice in zip(taps, juices, strict=True)]
    init += ["handempty left", "handempty right", "next l0 l1", "next l1 l2"]
    init += ["shaker-empty-level shaker1 l0", "shaker-level shaker1 l0"]
    for drink in drinks:
        first, second = rng.sample(juices, 2)
        init += [f"cocktail-part1 {drink} {first}", f"cocktail-part2 {drink} {second}"]
    # A glass stays empty, to fill the shaker with.
    goal = [
        f"contains {glass} {drinks[i] if i < cocktails else rng.choice(drinks + juices)}"
        for i, glass in enumerate(glasses[:-1])
    ]
    objects = {"shaker": ["shaker1"], "hand": ["left", "right"], "shot": glasses}
    objects |= {"ingredient": juices, "cocktail": drinks, "dispenser": taps}
    return Parts({**objects, "level": ["l0", "l1", "l2"]}, init, goal)


# fmt: off
CLASSIC: Mapping[str, tuple[Callable[..., Parts], str]] = {
    "gripper": (_gripper, "gripper-strips"),
    "logistics98": (_logistics, "logistics-strips"),
    "driverlog": (_driverlog, "driverlog"),
    "zenotravel": (_zenotravel, "zeno-travel"),
    "visitall-sat11-strips": (_visitall, "grid-visit-all"),
    "depot": (_depot, "depot"),
    "tpp": (_tpp, "TPP-Propositional"),
    "elevators-sat11-strips": (_elevators, "elevators-sequencedstrips"),
    "barman-sat14-strips": (_barman, "barman"),
}
"""Each domain's generator, and the name its domain file declares."""

SMALL: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "gripper": ((1, 2), (2, 2), (3, 3), (5, 2), (8, 4), (12, 2)),
    "logistics98": (
        (1, 2, 1, 1), (2, 2, 2, 1), (2, 3, 3, 2), (3, 3, 4, 2), (4, 3, 6, 2), (6, 4, 9, 3),
    ),
    "driverlog": (
        (2, 1, 1, 1), (3, 1, 2, 2), (4, 2, 2, 3), (6, 2, 3, 4), (8, 3, 3, 6), (12, 4, 5, 9),
    ),
    "zenotravel": ((2, 1, 1), (3, 1, 2), (4, 2, 3), (5, 2, 4), (6, 3, 6), (9, 3, 10)),
    "visitall-sat11-strips": ((2, 100), (3, 100), (4, 60), (5, 100), (6, 70), (8, 100)),
    "depot": ((2, 1, 2, 2), (2, 1, 3, 3), (3, 2, 3, 4), (3, 2, 5, 6), (4, 2, 6, 8), (5, 3, 8, 12)),
    "tpp": ((1, 1, 1, 1), (2, 1, 2, 2), (2, 2, 2, 3), (3, 2, 3, 4), (4, 2, 4, 5), (6, 3, 5, 6)),
    "elevators-sat11-strips": ((1, 2, 1), (2, 2, 2), (2, 3, 3), (2, 4, 5), (3, 3, 7), (3, 4, 10)),
    "barman-sat14-strips": ((2, 1, 2), (2, 1, 3), (3, 2, 3), (3, 3, 4), (4, 4, 6), (4, 6, 9)),
}
"""Sizes of tasks to learn from, the smallest first."""

LARGE: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "gripper": ((500, 2), (1000, 2), (2000, 2)),
    "logistics98": ((20, 4, 150, 4), (40, 6, 300, 8), (60, 8, 600, 10)),
    "driverlog": ((30, 5, 8, 60), (60, 8, 10, 120), (90, 10, 12, 240)),
    "zenotravel": ((50, 8, 150), (80, 10, 400), (150, 20, 1500)),
    "visitall-sat11-strips": ((60, 100), (80, 90), (100, 80)),
    "depot": ((6, 4, 8, 40), (10, 6, 16, 80), (14, 8, 24, 160)),
    "tpp": ((40, 6, 10, 6), (80, 8, 16, 8), (120, 10, 20, 8)),
    "elevators-sat11-strips": ((4, 10, 80), (5, 12, 160), (6, 16, 320)),
    "barman-sat14-strips": ((6, 40, 60), (8, 80, 120), (10, 160, 240)),
}
"""Sizes of tasks that most searches find too large."""

_DOUBLED: Mapping[str, tuple[tuple[int, ...], str]] = {
    "gripper": ((125, 2), "2."),
    "logistics98": ((10, 3, 38, 2), "r.2r"),
    "driverlog": ((15, 2, 4, 30), "rrr2"),
    "zenotravel": ((25, 4, 75), "rr2"),
    "visitall-sat11-strips": ((30, 100), "r."),
    "depot": ((4, 3, 6, 20), "rrr2"),
    "tpp": ((20, 4, 6, 4), "2rr."),
    "elevators-sat11-strips": ((3, 6, 40), "rr2"),
    "barman-sat14-strips": ((4, 10, 15), "r22"),
}
# fmt: on
"""The first size of a series, and what of it doubles, grows by the root of two, or stays."""


def doubled(domain: str, times: int) -> tuple[int, ...]:
    """A size with what is to be done doubled so many times: balls, packages, people, cells, ...

    Places, vehicles and the sides of a grid grow by the root of two each time.
    """
    growth = {"2": 2.0, "r": math.sqrt(2.0), ".": 1.0}
    first, how = _DOUBLED[domain]
    return tuple(round(size * growth[kind] ** times) for size, kind in zip(first, how, strict=True))
