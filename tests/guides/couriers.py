"""Vans and parcels: a task whose control rule falls into several parts."""

from __future__ import annotations

import random

from planner.io.load import load_task_text

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


def couriers(seed, run):
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
    return load_task_text(text)
