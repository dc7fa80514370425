"""Fresh tasks of eight learning-track domains, after the generators of the AI-Planning repository.

Written from the form of the published tasks (their first lines give the parameters); sizes lie
between and beyond those of the development tasks. Every task can be solved.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["FRESH", "Parts", "fresh_task", "names", "network"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a problem file consists of: objects by type, facts, and goal atoms.

    Attributes:
        metric: an expression to minimise, if any.
    """

    objects: Mapping[str, Sequence[str]]
    init: Sequence[str]
    goal: Sequence[str]
    metric: str = ""

    def text(self, domain: str, name: str) -> str:
        """The file's text."""
        objects = " ".join(f"{' '.join(these)} - {kind}" for kind, these in self.objects.items())
        metric = f"(:metric minimize {self.metric})\n" if self.metric else ""
        return (
            f"(define (problem {name}) (:domain {domain})\n(:objects {objects})\n"
            f"(:init {_atoms(self.init)})\n(:goal (and {_atoms(self.goal)}))\n{metric})\n"
        )


def fresh_task(domain: str, sizes: Sequence[int], name: str, rng: random.Random) -> str:
    """A problem file of one of the domains in `FRESH`."""
    maker, _ = FRESH[domain]
    return maker(rng, *sizes).text("rover" if domain == "rovers" else domain, name)


def _atoms(atoms: Iterable[str]) -> str:
    return "\n".join(f"({atom})" for atom in atoms)


def names(stem: str, count: int) -> list[str]:
    """So many names of objects."""
    return [f"{stem}{i}" for i in range(1, count + 1)]


def _miconic(rng: random.Random, passengers: int, floors: int) -> Parts:
    people, levels = names("p", passengers), names("f", floors)
    init = [f"lift-at {rng.choice(levels)}"]
    for person in people:
        start, end = rng.sample(levels, 2)
        init += [f"origin {person} {start}", f"destin {person} {end}"]
    init += [f"above {low} {high}" for i, low in enumerate(levels) for high in levels[i + 1 :]]
    goal = [f"served {person}" for person in people]
    return Parts({"passenger": people, "floor": levels}, init, goal)


def _ferry(rng: random.Random, cars: int, locations: int) -> Parts:
    loads, places = names("car", cars), names("loc", locations)
    init, goal = ["empty-ferry", f"at-ferry {rng.choice(places)}"], []
    for car in loads:
        start, end = rng.sample(places, 2)
        init.append(f"at {car} {start}")
        goal.append(f"at {car} {end}")
    return Parts({"car": loads, "location": places}, init, goal)


def _satellite(
    rng: random.Random, satellites: int, instruments: int, modes: int, directions: int
) -> Parts:
    craft, tools = names("sat", satellites), names("ins", instruments)
    kinds, sky = names("mod", modes), names("dir", directions)
    init = [f"pointing {s} {rng.choice(sky)}" for s in craft] + [f"power_avail {s}" for s in craft]
    for i, tool in enumerate(tools):
        owner = craft[i] if i < satellites else rng.choice(craft)
        init += [f"calibration_target {tool} {rng.choice(sky)}", f"on_board {tool} {owner}"]
        supported = rng.sample(kinds, rng.randint(1, modes)) if i >= modes else [kinds[i]]
        init += [f"supports {tool} {mode}" for mode in supported]
    goal = [f"pointing {s} {rng.choice(sky)}" for s in craft if rng.random() < 0.5]
    goal += [
        f"have_image {d} {m}" for d in sky for m in kinds if rng.random() < 0.8 / math.sqrt(modes)
    ]
    goal = goal or [f"have_image {sky[0]} {kinds[0]}"]
    objects = {"satellite": craft, "instrument": tools, "mode": kinds, "direction": sky}
    return Parts(objects, init, goal)


def _transport(
    rng: random.Random, vehicles: int, packages: int, locations: int, capacity: int
) -> Parts:
    trucks, loads = names("v", vehicles), names("p", packages)
    places = names("l", locations)
    sizes = [f"c{i}" for i in range(capacity + 1)]
    init = [f"capacity {v} {rng.choice(sizes[1:])}" for v in trucks]
    init += [f"capacity-predecessor {low} {high}" for low, high in itertools.pairwise(sizes)]
    init += [f"at {v} {rng.choice(places)}" for v in trucks]
    init += [f"road {a} {b}" for a, b in network(rng, places, locations // 3)]
    goal = []
    for load in loads:
        start, end = rng.sample(places, 2)
        init.append(f"at {load} {start}")
        goal.append(f"at {load} {end}")
    objects = {"vehicle": trucks, "package": loads, "location": places, "size": sizes}
    return Parts(objects, init, goal)


def network(rng: random.Random, places: Sequence[str], extra: int) -> list[tuple[str, str]]:
    """A random tree with some more edges, in both directions."""
    edges = {(rng.choice(places[:i]), place): None for i, place in enumerate(places) if i}
    for _ in range(extra):
        first, second = sorted(rng.sample(range(len(places)), 2))
        edges[places[first], places[second]] = None
    return [pair for a, b in edges for pair in ((a, b), (b, a))]


def _rovers(
    rng: random.Random, rovers: int, waypoints: int, cameras: int, objectives: int
) -> Parts:
    cars, places = names("rover", rovers), names("waypoint", waypoints)
    stores, lenses = [f"{r}store" for r in cars], names("camera", cameras)
    aims, kinds = names("objective", objectives), ["colour", "high_res", "low_res"]
    lander = rng.choice(places)
    init = [f"at_lander general {lander}"]
    edges = network(rng, places, waypoints)
    init += [f"visible {a} {b}" for a, b in edges]
    skills = ("soil_analysis", "rock_analysis", "imaging")
    for i, (car, store) in enumerate(zip(cars, stores, strict=True)):
        init += [f"at {car} {rng.choice(places)}", f"empty {store}", f"store_of {store} {car}"]
        init += [f"equipped_for_{skill} {car}" for skill in skills if i == 0 or rng.random() < 0.6]
        # The first rover goes everywhere, so that each goal can be met.
        open_ways = {edge for edge in edges[::2] if i == 0 or rng.random() < 0.6}
        init += [f"can_traverse {car} {a} {b}" for a, b in edges if {(a, b), (b, a)} & open_ways]
    for i, lens in enumerate(lenses):
        init += [f"calibration_target {lens} {rng.choice(aims)}"]
        init += [f"on_board {lens} {cars[0] if i == 0 else rng.choice(cars)}"]
        init += [f"supports {lens} {k}" for k in kinds if i == 0 or rng.random() < 0.6]
    for aim in aims:
        seen = rng.sample(places, rng.randint(1, min(4, waypoints)))
        init += [f"visible_from {aim} {place}" for place in seen]
    goal = []
    for skill in ("soil", "rock"):
        for place in rng.sample(places, max(1, waypoints // 2)):
            init.append(f"at_{skill}_sample {place}")
            if rng.random() < 0.6:
                goal.append(f"communicated_{skill}_data {place}")
    goal += [
        f"communicated_image_data {aim} {rng.choice(kinds)}" for aim in aims if rng.random() < 0.6
    ]
    goal = goal or [f"communicated_image_data {aims[0]} colour"]
    objects = {
        "lander": ["general"],
        "mode": kinds,
        "rover": cars,
        "store": stores,
        "waypoint": places,
        "camera": lenses,
        "objective": aims,
    }
    return Parts(objects, init, goal)


def _spanner(rng: random.Random, spanners: int, nuts: int, locations: int) -> Parts:
    tools, screws = names("spanner", spanners), names("nut", nuts)
    inner = names("location", locations)
    way = ["shed", *inner, "gate"]
    init = ["at bob shed"]
    for tool in tools:
        init += [f"at {tool} {rng.choice(inner)}", f"usable {tool}"]
    for nut in screws:
        init += [f"at {nut} gate", f"loose {nut}"]
    init += [f"link {a} {b}" for a, b in itertools.pairwise(way)]
    objects = {"man": ["bob"], "spanner": tools, "nut": screws, "location": way}
    return Parts(objects, init, [f"tightened {nut}" for nut in screws])


def _childsnack(
    rng: random.Random, children: int, allergic: int, trays: int, sandwiches: int
) -> Parts:
    kids, plates = names("child", children), names("tray", trays)
    snacks, breads = names("sandw", sandwiches), names("bread", children)
    fillings, tables = names("content", children), names("table", 3)
    init = [f"at {tray} kitchen" for tray in plates]
    init += [f"at_kitchen_bread {b}" for b in breads]
    init += [f"at_kitchen_content {c}" for c in fillings]
    init += [f"no_gluten_bread {b}" for b in rng.sample(breads, allergic)]
    init += [f"no_gluten_content {c}" for c in rng.sample(fillings, allergic)]
    for i, kid in enumerate(rng.sample(kids, children)):
        init.append(f"{'allergic' if i < allergic else 'not_allergic'}_gluten {kid}")
        init.append(f"waiting {kid} {rng.choice(tables)}")
    init += [f"notexist {s}" for s in snacks]
    objects = {
        "child": kids,
        "tray": plates,
        "sandwich": snacks,
        "bread-portion": breads,
        "content-portion": fillings,
        "place": tables,
    }
    return Parts(objects, init, [f"served {kid}" for kid in kids])


def _blocksworld(rng: random.Random, blocks: int) -> Parts:
    every = names("b", blocks)
    init = ["arm-empty", *_towers(rng, every)]
    return Parts({"object": every}, init, _towers(rng, every))


def _towers(rng: random.Random, blocks: Sequence[str]) -> list[str]:
    """Towers of all blocks; every so often a new one is begun."""
    atoms: list[str] = []
    above = ""
    for block in rng.sample(blocks, len(blocks)):
        if not above or rng.random() < 0.2:
            atoms += [f"on-table {above}"] if above else []
            atoms.append(f"clear {block}")
        else:
            atoms.append(f"on {above} {block}")
        above = block
    return [*atoms, f"on-table {above}"]


# fmt: off
FRESH: Mapping[str, tuple[Callable[..., Parts], tuple[tuple[int, ...], ...]]] = {
    "miconic": (_miconic, (
        (1, 4), (3, 5), (7, 15), (12, 12), (20, 28), (40, 40), (85, 80), (160, 110), (330, 150),
        (450, 190),
    )),
    "ferry": (_ferry, (
        (1, 3), (6, 5), (8, 8), (18, 9), (30, 26), (70, 40), (150, 90), (400, 200), (700, 350),
        (950, 470),
    )),
    "satellite": (_satellite, (
        (2, 3, 2, 3), (5, 8, 2, 6), (8, 14, 3, 8), (12, 22, 3, 12), (22, 34, 4, 20),
        (31, 56, 5, 25), (45, 68, 5, 40), (65, 95, 6, 58), (82, 145, 8, 78), (98, 190, 10, 96),
    )),
    "transport": (_transport, (
        (1, 2, 4, 2), (2, 6, 8, 2), (5, 10, 12, 3), (8, 12, 18, 4), (13, 20, 26, 4),
        (17, 30, 34, 4), (25, 40, 45, 8), (36, 75, 65, 10), (43, 135, 82, 10), (50, 185, 98, 10),
    )),
    "rovers": (_rovers, (
        (1, 5, 1, 3), (2, 6, 2, 4), (3, 8, 3, 7), (4, 12, 5, 12), (5, 18, 8, 18), (6, 38, 18, 38),
        (8, 60, 30, 60), (12, 85, 45, 90), (16, 110, 60, 120), (20, 140, 80, 150),
    )),
    "spanner": (_spanner, (
        (1, 1, 3), (4, 2, 5), (7, 4, 8), (12, 12, 11), (30, 15, 15), (48, 25, 24), (100, 50, 45),
        (220, 110, 65), (350, 175, 80), (460, 230, 96),
    )),
    "childsnack": (_childsnack, (
        (3, 1, 1, 4), (6, 2, 1, 8), (8, 8, 2, 10), (12, 4, 2, 13), (22, 12, 3, 30),
        (31, 31, 4, 40), (60, 40, 4, 70), (120, 60, 6, 180), (200, 120, 8, 300),
        (280, 140, 10, 410),
    )),
    "blocksworld": (_blocksworld, (
        (4,), (11,), (20,), (27,), (40,), (70,), (110,), (160,), (260,), (480,),
    )),
}
# fmt: on
"""Each domain's generator, and the parameters of its tasks from easy to beyond hard."""
