"""The cheapest binding among many: measured together, or by looking outwards from the mover."""

import random

import pytest

import planner
from planner.guides.control_rules import BoundControlRules
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace

_COURIERS = """
task: couriers
rules:
  types: {{place: object, van: object, parcel: object}}
  predicates: {{"road(place, place)": "", "at(van, place)": "", "lies(parcel, place)": "",
               "loaded(parcel, van)": ""}}
  actions:
    drive(?v - van, ?a - place, ?b - place):
      if: at(?v, ?a) and road(?a, ?b)
      then: at(?v, ?b) and not at(?v, ?a)
    load(?p - parcel, ?v - van, ?a - place):
      if: lies(?p, ?a) and at(?v, ?a)
      then: loaded(?p, ?v) and not lies(?p, ?a)
    unload(?p - parcel, ?v - van, ?a - place):
      if: loaded(?p, ?v) and at(?v, ?a)
      then: lies(?p, ?a) and not loaded(?p, ?v)
  control:
    - name: deliver
      for: lies(?p, ?d)
      if: lies(?p, ?l) and at(?v, ?m) and place(?w)
      do: [walk at ?v from ?m to ?w, walk at ?v from ?w to ?l, "load(?p, ?v, ?l)",
           walk at ?v from ?l to ?d, "unload(?p, ?v, ?d)"]
      run: {run}
objects: {{place: [{places}], van: [v1, v2, v3], parcel: [{parcels}]}}
init: [{init}]
goal: {goal}
"""


def _couriers(seed, run):
    """Parcels on one-way roads, some places out of reach; a needless stop makes a third part."""
    rng = random.Random(seed)
    places = [f"c{i}" for i in range(24)]
    parcels = [f"p{i}" for i in range(13)]
    atoms = [f"road({a}, {b})" for a in places for b in rng.sample(places, rng.choice([0, 2, 3]))]
    atoms += [f"at({van}, {rng.choice(places)})" for van in ("v1", "v2", "v3")]
    atoms += [f"lies({parcel}, {rng.choice(places)})" for parcel in parcels]
    goal = " and ".join(f"lies({parcel}, {rng.choice(places)})" for parcel in parcels)
    text = _COURIERS.format(
        run=run,
        places=", ".join(places),
        parcels=", ".join(parcels),
        init=", ".join(f'"{atom}"' for atom in atoms),
        goal=goal,
    )
    return planner.load_task_text(text)


@pytest.mark.parametrize("run", ["first", "all"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_measured_together_is_the_cheapest_of_all_bindings(seed, run):
    space = LiftedSpace(_couriers(seed, run))
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
