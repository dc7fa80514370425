"""Plans whose errands are run again in a better order."""

import random

import pytest

from planner.guides.state_facts import StateFacts
from planner.guides.walks import Walks
from planner.io.load import load_rules_text, load_task_text
from planner.plan import Plan
from planner.search.errands.footprints import Errands, dependencies
from planner.search.errands.shorten import shorten
from planner.search.limits import Limits, Meter
from planner.spaces.lifted import LiftedSpace
from planner.validate import validate

POST = """
rulebase: post
types: {van: object, parcel: object, place: object}
predicates:
  at(van, place):
  lies(parcel, place):
  in(parcel, van):
  road(place, place):
  sealed(parcel):
actions:
  drive(?v - van, ?a - place, ?b - place):
    if: at(?v, ?a) and road(?a, ?b)
    then: at(?v, ?b) and not at(?v, ?a)
  seal(?p - parcel):
    then: sealed(?p)
  load(?p - parcel, ?v - van, ?a - place):
    if: at(?v, ?a) and lies(?p, ?a)
    then: in(?p, ?v) and not lies(?p, ?a)
  unload(?p - parcel, ?v - van, ?a - place):
    if: at(?v, ?a) and in(?p, ?v)
    then: lies(?p, ?a) and not in(?p, ?v)
"""
PLACES = 5


def post_task(parcels, vans=("v",), *, one_way=False, names="p", goal=""):
    """Vans at ``l0`` of a straight road; ``parcels`` gives (from, to) for each parcel."""
    roads = [(i, i + 1) for i in range(PLACES - 1)]
    roads += [] if one_way else [(b, a) for a, b in roads]
    lies = [f"lies({names}{i}, l{a})" for i, (a, _) in enumerate(parcels)]
    lines = [
        "task: t",
        f"objects: {{van: [{', '.join(vans)}], parcel: "
        f"[{', '.join(f'{names}{i}' for i in range(len(parcels)))}], "
        f"place: [{', '.join(f'l{i}' for i in range(PLACES))}]}}",
        "init:",
        *(f"  - at({v}, l0)" for v in vans),
        *(f"  - {atom}" for atom in lies),
        *(f"  - road(l{a}, l{b})" for a, b in roads),
        "goal: "
        + " and ".join(f"lies({names}{i}, l{b})" for i, (_, b) in enumerate(parcels))
        + goal,
    ]
    return load_task_text("\n".join(lines), rules=load_rules_text(POST))


def one_by_one(parcels, vans=("v",), names="p"):
    """A plan that brings one parcel after the other, the vans taking turns."""
    where, steps = dict.fromkeys(vans, 0), []

    def drive(van, end):
        while where[van] != end:
            here = where[van]
            where[van] += 1 if end > here else -1
            steps.append(("drive", van, f"l{here}", f"l{where[van]}"))

    for i, (start, end) in enumerate(parcels):
        van = vans[i % len(vans)]
        drive(van, start)
        steps.append(("load", f"{names}{i}", van, f"l{start}"))
        drive(van, end)
        steps.append(("unload", f"{names}{i}", van, f"l{end}"))
    return steps


def numbers(space, steps):
    schemas = [action.name for action in space.task.rules.actions]
    return tuple(
        space.step_number(schemas.index(name), tuple(space.code(a) for a in arguments))
        for name, *arguments in steps
    )


def shortened(task, steps, limits=None):
    """The shorter plan as steps by name, judged by the validator."""
    space = LiftedSpace(task)
    walks = Walks(StateFacts(space), task.rules)
    found = shorten(space, walks, numbers(space, steps), Meter(limits or Limits()))
    plan = Plan(tuple(space.describe(step) for step in found))
    assert validate(task, plan).ok
    return [(step.name, *step.arguments) for step in plan]


def test_parcels_on_the_way_are_taken_along():
    parcels = [(0, 3), (0, 3), (1, 3)]

    plan = shortened(post_task(parcels), one_by_one(parcels))

    # Three loads, three unloads and one way of three roads.
    assert len(plan) == 9


def test_one_van_takes_over_from_another():
    parcels = [(0, 4), (0, 4)]
    vans = ("v", "w")

    plan = shortened(post_task(parcels, vans), one_by_one(parcels, vans))

    assert len(plan) == 2 + 2 + 4
    assert len({step[1] for step in plan if step[0] == "drive"}) == 1


def test_a_van_that_the_goal_names_keeps_its_errands():
    parcels = [(0, 4), (0, 4)]
    vans = ("v", "w")
    task = post_task(parcels, vans, goal=" and at(v, l4) and at(w, l4)")

    plan = shortened(task, one_by_one(parcels, vans))

    assert len(plan) == 2 + 2 + 4 + 4


def test_what_nothing_needs_is_left_out():
    parcels = [(0, 1), (2, 2)]
    steps = [("seal", "p0"), *one_by_one([(0, 1)])]
    steps += [("drive", "v", "l1", "l2"), ("load", "p1", "v", "l2"), ("unload", "p1", "v", "l2")]

    plan = shortened(post_task(parcels), steps)

    assert plan == [
        ("load", "p0", "v", "l0"),
        ("drive", "v", "l0", "l1"),
        ("unload", "p0", "v", "l1"),
    ]


def test_one_way_roads_are_respected():
    parcels = [(0, 2), (1, 4)]
    steps = [
        ("load", "p0", "v", "l0"),
        ("drive", "v", "l0", "l1"),
        ("load", "p1", "v", "l1"),
        ("drive", "v", "l1", "l2"),
        ("unload", "p0", "v", "l2"),
        ("drive", "v", "l2", "l3"),
        ("drive", "v", "l3", "l4"),
        ("unload", "p1", "v", "l4"),
    ]

    assert len(shortened(post_task(parcels, one_way=True), steps)) == len(steps)


@pytest.mark.parametrize("seed", range(12))
def test_plans_stay_valid_and_never_grow(seed):
    rng = random.Random(seed)
    parcels = [tuple(rng.sample(range(PLACES), 2)) for _ in range(rng.randint(1, 9))]
    vans = ("v", "w", "x")[: rng.randint(1, 3)]
    steps = one_by_one(parcels, vans)

    plan = shortened(post_task(parcels, vans), steps)

    assert len(plan) <= len(steps)


def test_names_do_not_matter():
    parcels, vans = [(0, 4), (2, 1), (3, 0), (0, 2)], ("v", "w")
    plain = shortened(post_task(parcels, vans), one_by_one(parcels, vans))

    others = ("zz", "aa")
    renamed = shortened(
        post_task(parcels, others, names="q"), one_by_one(parcels, others, names="q")
    )

    back = {"zz": "v", "aa": "w", **{f"q{i}": f"p{i}" for i in range(4)}}
    assert [(name, *(back.get(a, a) for a in rest)) for name, *rest in renamed] == plain


def test_a_limit_that_is_met_leaves_the_plan():
    parcels = [(0, 3), (0, 3)]
    steps = one_by_one(parcels)

    plan = shortened(post_task(parcels), steps, Limits(cpu_s=0.0))

    assert plan == steps


def test_order_is_kept_where_steps_share_what_they_change():
    parcels = [(0, 1)]
    space = LiftedSpace(post_task(parcels))
    errands = Errands(space, Walks(StateFacts(space), space.task.rules))
    load, unload = ("load", "p0", "v", "l0"), ("unload", "p0", "v", "l1")
    seal = ("seal", "p0")

    behind = dependencies(errands, numbers(space, [seal, load, unload]))

    assert behind == [[], [], [1]]
    assert errands.real(numbers(space, [("drive", "v", "l0", "l1"), seal])) == numbers(
        space, [seal]
    )


def test_loops_are_cut_even_when_no_time_is_left():
    # Given a plan that fetches a parcel, brings it back and drives to and fro before it goes on
    parcels = [(1, 3)]
    way = one_by_one(parcels)
    out, home = ("drive", "v", "l0", "l1"), ("drive", "v", "l1", "l0")
    load, unload = ("load", "p0", "v", "l1"), ("unload", "p0", "v", "l1")
    steps = [out, home, out, load, unload, home, *way]

    # When the limit is met already
    plan = shortened(post_task(parcels), steps, Limits(cpu_s=0.0))

    # Then what led back to a state is gone
    assert plan == way
