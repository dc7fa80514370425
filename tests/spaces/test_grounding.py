"""Grounding of small tasks written as rule files."""

import logging
from fractions import Fraction

import pytest

from planner.errors import InputError, LimitError, UnsupportedError
from planner.io.load import load_rules_text, load_task, load_task_text
from planner.kr.formulas import Atom
from planner.search.limits import Limits, Meter
from planner.spaces.explain import state_facts, static_facts
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.lifted import LiftedSpace

VANS = """
task: vans
types: {place: object, van: object}
predicates:
  at(van, place): "{0} is at {1}"
  road(place, place): "a road"
  fuel(van, int): "{0} has {1} left"
  length(place, place, number):
    meaning: "{2} km"
    functional: true
objects: {place: [x, y, z], van: [v]}
"""


@pytest.fixture
def read(tmp_path):
    def load(text):
        path = tmp_path / "task.yaml"
        path.write_text(VANS + text, encoding="utf-8")
        return load_task(path)

    return load


def legal(space, state=None):
    state = space.initial() if state is None else state
    return [str(space.describe(step)) for step in space.legal_steps(state).tolist()]


def follow(space, *steps):
    state = space.initial()
    for wanted in steps:
        step = next(
            s for s in space.legal_steps(state).tolist() if str(space.describe(s)) == wanted
        )
        state = space.successor(state, step)
    return state


COUNTING = """
actions:
  drive(?v - van, ?a - place, ?b - place):
    if: at(?v, ?a) and road(?a, ?b) and fuel(?v, ?n) and ?n > 0
    then: at(?v, ?b) and not at(?v, ?a) and fuel(?v, ?n - 1) and not fuel(?v, ?n)
    text: "{v} leaves <a> with {n}"
init: ["road(x, y)", "road(y, z)", "at(v, x)", "fuel(v, 1)"]
goal: at(v, z)
"""


def test_numbers_in_facts_count_down_and_implicit_parameters_are_printed(read):
    space = GroundSpace(ground(read(COUNTING)))

    assert legal(space) == ["(drive v x y 1)"]
    assert space.describe(0).text == "v leaves x with 1"
    state = follow(space, "(drive v x y 1)")
    assert state_facts(space, state) == (Atom("at", ("v", "y")), Atom("fuel", ("v", 0)))
    assert legal(space, state) == []


def test_an_unreachable_goal_is_named(read):
    task = ground(read(COUNTING.replace('"road(y, z)", ', "")))

    assert task.goal is None
    assert task.unreachable == Atom("at", ("v", "z"))
    assert not GroundSpace(task).is_goal(0)


COSTS = """
actions:
  drive(?v - van, ?a - place, ?b - place):
    if: at(?v, ?a) and road(?a, ?b)
    then: at(?v, ?b) and not at(?v, ?a)
    cost: {cost}
init:
  - road(x, y) and road(y, z) and road(z, x)
  - at(v, x) and length(x, y, 2.5) and length(y, z, {yz})
goal: at(v, z)
"""


def test_costs_are_exact_and_steps_without_one_are_left_out(read, caplog):
    text = COSTS.replace("{cost}", "length(?a, ?b) * 2 + 0.1").replace("{yz}", "1")
    with caplog.at_level(logging.WARNING):
        space = GroundSpace(ground(read(text)))

    costs = {str(space.describe(s)): space.describe(s).cost for s in range(len(space.steps))}
    assert costs == {"(drive v x y)": Fraction("5.1"), "(drive v y z)": Fraction("2.1")}
    assert space.cost_scale == 10
    assert "1 steps of `drive` have no cost" in caplog.text


def test_without_facts_for_the_cost_no_step_is_possible(read):
    text = COSTS.replace("{cost}", "length(?a, ?b)").replace("{yz}", "1")
    text = text.replace(" and length(x, y, 2.5) and length(y, z, 1)", "")

    assert len(GroundSpace(ground(read(text))).steps) == 0


@pytest.mark.parametrize(
    ("value", "message"), [("-1", "negative cost -2"), ("9" + 18 * "0", "too large")]
)
def test_impossible_costs_are_refused(read, value, message):
    with pytest.raises(InputError, match=message):
        ground(read(COSTS.replace("{cost}", "length(?a, ?b) * 2").replace("{yz}", value)))


def test_facts_that_never_change_are_static(read):
    space = GroundSpace(ground(read(COUNTING)))

    assert {str(a) for a in static_facts(space)} == {"road(x, y)", "road(y, z)"}
    assert {str(a) for a in state_facts(space, 0)} == {"at(v, x)", "fuel(v, 1)"}


SYMMETRIC = """
actions:
  cut(?a - place, ?b - place):
    if: joined(?a, ?b)
    then: not joined(?a, ?b)
  join(?a - place, ?b - place):
    if: not joined(?a, ?b) and before(?a, ?b)
    then: joined(?a, ?b)
init: ["joined(x, y)"]
goal: joined(z, y)
"""
JOINED = """
  joined(place, place):
    meaning: "{0} and {1} are joined"
    symmetric: true
objects:"""


def test_symmetric_fluents_change_in_both_directions(read, monkeypatch):
    monkeypatch.setattr("tests.spaces.test_grounding.VANS", VANS.replace("objects:", JOINED, 1))
    space = GroundSpace(ground(read(SYMMETRIC)))

    assert legal(space) == ["(cut x y)", "(cut y x)", "(join x z)", "(join y z)"]
    assert state_facts(space, follow(space, "(cut y x)")) == ()
    assert space.is_goal(follow(space, "(join y z)"))


UNSUPPORTED = {
    "created objects": """
actions:
  build(?v - van):
    if: fuel(?v, ?n)
    creates: ?p - place
    then: at(?v, ?p)
goal: at(v, x)
""",
}


@pytest.mark.parametrize("construct", UNSUPPORTED)
def test_what_is_not_supported_is_named(read, construct):
    word = {"created objects": "creates objects"}[construct]
    with pytest.raises(UnsupportedError, match=word):
        ground(read(UNSUPPORTED[construct]))


def test_limits_stop_grounding(read):
    meter = Meter(Limits())
    meter.interrupt()

    with pytest.raises(LimitError, match="interrupt"):
        ground(read(COUNTING), meter=meter)


def test_effects_that_always_or_never_happen_are_not_conditional(read):
    text = """
actions:
  drive(?v - van, ?a - place, ?b - place):
    if: at(?v, ?a)
    then:
      - at(?v, ?b) if road(?a, ?b)
      - not at(?v, ?a) if road(?a, ?b) and at(?v, ?a)
      - fuel(?v, 1) if fuel(?v, 2)
init: ["road(x, y)", "at(v, x)"]
goal: at(v, y)
"""
    task = ground(read(text))
    space = GroundSpace(task)

    # Only x and y are reachable, and only the road from x changes anything.
    assert legal(space) == ["(drive v x y)"]
    assert task.operator_count == 1
    assert len(task.condition) == 1
    assert state_facts(space, follow(space, "(drive v x y)")) == (Atom("at", ("v", "y")),)


VALUES = """
actions:
  fill(?v - van):
    if: not fuel(?v, ?)
    then: fuel(?v, 2)
  burn(?v - van):
    if: fuel(?v, ?n) and ?n > 0
    then: fuel(?v, ?n - 1) and not fuel(?v, ?n)
  empty(?v - van):
    if: forall(?n - int, fuel(?v, ?n) -> ?n < 1) and exists(?n - int, fuel(?v, ?n))
    then: not fuel(?v, 0)
init: ["fuel(v, 1)"]
goal: not fuel(v, ?)
"""


def test_numbers_are_quantified_over_where_they_occur(read):
    space = GroundSpace(ground(read(VALUES)))

    assert legal(space) == ["(burn v 1)"]
    assert legal(space, follow(space, "(burn v 1)")) == ["(empty v)"]
    done = follow(space, "(burn v 1)", "(empty v)")
    assert space.is_goal(done)
    assert legal(space, done) == ["(fill v)"]


@pytest.mark.parametrize("ways", [["b, a", "c, b"], ["a, b", "b, c"]])
@pytest.mark.parametrize("make", [lambda task: GroundSpace(ground(task)), LiftedSpace])
def test_symmetric_facts_that_never_change_hold_both_ways(ways, make):
    rules = load_rules_text(
        "types: {cell: object}\n"
        "predicates:\n  here(cell): x\n  next(cell, cell): {meaning: x, symmetric: true}\n"
        "actions:\n  go(?a - cell, ?b - cell):\n"
        "    if: here(?a) and next(?a, ?b)\n    then: here(?b) and not here(?a)\n"
    )
    facts = "".join(f"  - next({way})\n" for way in ways)
    text = f"task: t\nobjects: {{cell: [a, b, c]}}\ninit:\n  - here(c)\n{facts}goal: here(a)\n"
    space = make(load_task_text(text, rules=rules))

    state = follow(space, "(go c b)")

    assert sorted(legal(space, state)) == ["(go b a)", "(go b c)"]
    assert space.is_goal(follow(space, "(go c b)", "(go b a)"))


def test_symmetric_facts_that_change_are_left_to_the_ground_space(read, monkeypatch):
    monkeypatch.setattr("tests.spaces.test_grounding.VANS", VANS.replace("objects:", JOINED, 1))

    with pytest.raises(UnsupportedError, match="symmetric"):
        LiftedSpace(read(SYMMETRIC))
