"""Which steps begin the cheapest way to an open goal."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from planner.guides.relaxation import RelaxationGuide
from planner.io.pddl.load import load_pddl
from planner.learn.tasks.generate import space_for
from planner.models.goals import goal_literals
from planner.models.mover_kinds import movers_differ
from planner.models.prospects import PROSPECTS, Prospects
from planner.models.terrain import movement_maps
from tests.search.worlds import StripsWorld, atom, delivery_task

SURVEY = """(define (domain survey)
  (:requirements :strips :typing)
  (:types rover place camera picture)
  (:predicates (at ?r - rover ?p - place) (road ?r - rover ?p ?q - place)
    (on-board ?c - camera ?r - rover) (target ?c - camera ?p - place) (ready ?c - camera)
    (seen-from ?x - picture ?p - place) (has ?r - rover ?x - picture) (antenna ?p - place)
    (sent ?x - picture))
  (:action drive :parameters (?r - rover ?p ?q - place)
    :precondition (and (at ?r ?p) (road ?r ?p ?q)) :effect (and (not (at ?r ?p)) (at ?r ?q)))
  (:action calibrate :parameters (?r - rover ?c - camera ?p - place)
    :precondition (and (at ?r ?p) (on-board ?c ?r) (target ?c ?p)) :effect (ready ?c))
  (:action take :parameters (?r - rover ?c - camera ?x - picture ?p - place)
    :precondition (and (at ?r ?p) (on-board ?c ?r) (ready ?c) (seen-from ?x ?p))
    :effect (and (has ?r ?x) (not (ready ?c))))
  (:action send :parameters (?r - rover ?x - picture ?p - place)
    :precondition (and (at ?r ?p) (has ?r ?x) (antenna ?p)) :effect (sent ?x)))
"""

# Places in a row; `near` begins nearer to everything and has no camera.
TASK = """(define (problem row) (:domain survey)
  (:objects near far - rover p0 p1 p2 p3 p4 p5 - place cam - camera x y - picture)
  (:init {roads} (at near p2) (at far p3) (on-board cam far) (target cam p1)
    (seen-from x p5) (seen-from y p0) (antenna p4))
  (:goal (and {goal})))
"""


UNTYPED = """(define (domain untyped) (:predicates (van ?v) (parcel ?p) (lifts ?v) (light ?p)
    (road ?a ?b) (at ?x ?a) (in ?p ?v))
  (:action drive :parameters (?v ?a ?b) :precondition (and (van ?v) (at ?v ?a) (road ?a ?b))
    :effect (and (not (at ?v ?a)) (at ?v ?b)))
  (:action load :parameters (?v ?p ?a)
    :precondition (and (van ?v) (parcel ?p) (at ?v ?a) (at ?p ?a) {more})
    :effect (and (not (at ?p ?a)) (in ?p ?v))))
"""

WORDS = r"(?<![:?\w-])(rover|place|near|far|p[0-5]|cam|camera|at|road|ready|drive|send|sent)\b(?!-)"


@pytest.fixture
def survey(tmp_path):
    """A space with the goals asked for, its words renamed where that is asked for."""

    def make(*goal, rename=None):
        pairs = [(f"p{i}", f"p{i + 1}") for i in range(5)]
        roads = [f"(road {r} {a} {b})" for r in ("near", "far") for a, b in pairs]
        roads += [f"(road {r} {b} {a})" for r in ("near", "far") for a, b in pairs]
        task = TASK.format(roads=" ".join(roads), goal=" ".join(goal))
        for file, text in (("domain.pddl", SURVEY), ("task.pddl", task)):
            (tmp_path / file).write_text(re.sub(WORDS, rename, text) if rename else text)
        return space_for(load_pddl(tmp_path / "domain.pddl", tmp_path / "task.pddl")[0])

    return make


def bound(space):
    constants = {c: n for n, c in enumerate(space.constants)}
    names = list(space.task.rules.predicates)
    table = zip(space.atoms.symbol.tolist(), space.atoms.arguments.tolist(), strict=True)
    rows = [(predicate, *(a for a in row if a >= 0)) for predicate, row in table]
    literals = goal_literals(space.task)
    wanted = [(names.index(g.predicate), *(constants[a] for a in g.arguments)) for g in literals]
    atoms = np.array([rows.index(w) for w in wanted], dtype=np.int32)
    positive = np.array([g.positive for g in literals], dtype=np.bool_)
    return Prospects(space, movement_maps(space), atoms, positive), atoms


def ahead(space, state):
    """By the steps that lead on (written out), why, and the actions they lead to."""
    prospects, goal = bound(space)
    true, legal = space.true_atoms(state), space.legal_steps(state)
    actions = [a.name for a in space.task.rules.actions]
    found = {}
    for position, reason, schema in prospects.of(legal, true, ~np.isin(goal, true)):
        words = found.setdefault(written(space, int(legal[position])), {})
        words.setdefault(actions[schema], set()).add(PROSPECTS[reason])
    return found


def after(space, *steps):
    state = space.initial()
    for wanted in steps:
        legal = {written(space, step): step for step in space.legal_steps(state).tolist()}
        state = space.successor(state, legal[wanted])
    return state


def written(space, step):
    return " ".join((space.describe(step).name, *space.describe(step).arguments))


ALL = {"way", "soonest", "nearest"}


def test_a_rover_goes_where_it_can_do_what_comes_next(survey):
    # Given a picture to be taken at p5 by the rover that has a camera, calibrated at p1.
    space = survey("(sent x)")
    # Then it goes to p1 first, and the other rover nowhere.
    assert ahead(space, space.initial()) == {"drive far p3 p2": {"calibrate": ALL}}
    there = after(space, "drive far p3 p2", "drive far p2 p1")
    assert ahead(space, there) == {"calibrate far cam p1": {"calibrate": {"way", "soonest"}}}


def test_what_has_been_done_changes_where_to_go(survey):
    space = survey("(sent x)")
    calibrated = ["drive far p3 p2", "drive far p2 p1", "calibrate far cam p1"]
    assert ahead(space, after(space, *calibrated)) == {"drive far p1 p2": {"take": ALL}}
    taken = [f"drive far p{i} p{i + 1}" for i in range(1, 5)] + ["take far cam x p5"]
    assert ahead(space, after(space, *calibrated, *taken)) == {"drive far p5 p4": {"send": ALL}}


def test_the_cheapest_goal_and_the_nearest_place_are_told_apart(survey):
    # Given a place to go to two steps away, and a picture to take one step the other way.
    space = survey("(sent y)", "(at far p3)")
    state = after(space, "drive far p3 p2", "drive far p2 p1", "calibrate far cam p1")
    assert ahead(space, state) == {
        "drive far p1 p0": {"take": {"way", "nearest"}},
        "drive far p1 p2": {"drive": {"way", "soonest"}},
    }


def test_of_deeds_of_one_kind_the_nearest_is_the_next(survey):
    space = survey("(sent x)", "(sent y)")
    state = after(space, "drive far p3 p2", "drive far p2 p1", "calibrate far cam p1")
    assert ahead(space, state) == {"drive far p1 p0": {"take": ALL}}


def test_goals_in_both_directions_draw_both_ways(survey):
    space = survey("(sent x)", "(at near p5)")
    found = ahead(space, space.initial())
    assert found["drive near p2 p3"] == {"drive": {"way", "soonest", "nearest"}}
    assert found["drive far p3 p2"] == {"calibrate": {"way", "nearest"}}


def test_nothing_leads_to_what_cannot_be_reached(survey):
    # Given a goal that needs a camera nobody has.
    space = survey("(sent x)")
    task = space.task
    blind = tuple(a for a in task.init if a.predicate != "on-board")
    space = StripsWorld(replace(task, init=blind))
    assert bound(space)[0].goal_costs(space.true_atoms(0)) == [None]
    assert not ahead(space, space.initial())


def test_costs_are_those_of_h_add(survey):
    # Given spaces whose movements ask for nothing but a road.
    for space in (survey("(sent x)", "(sent y)"), survey("(sent y)", "(at near p5)")):
        prospects, _ = bound(space)
        guide = RelaxationGuide("h_add", costs="unit").bind(space)
        rng = np.random.default_rng(3)
        state = space.initial()
        # When the states of a walk are judged, then the costs sum up to h_add.
        for _ in range(60):
            costs = prospects.goal_costs(space.true_atoms(state))
            legal = space.legal_steps(state)
            assert sum(costs) == guide.judge([state], [legal])[0].value
            state = space.successor(state, int(rng.choice(legal)))


def test_where_all_that_can_be_done_is_to_move():
    # Given a van that is to be at the right end, and no other action.
    task = delivery_task(4, [(3, 1)])
    rules = replace(task.rules, actions=task.rules.actions[:1])
    space = StripsWorld(replace(task, rules=rules, goal=atom("at(v, l3)")))
    assert ahead(space, space.initial()) == {"drive v l0 l1": {"drive": ALL}}


def test_movers_differ_where_static_facts_say_what_each_can_do(survey):
    assert movers_differ(survey("(sent x)").task.rules)
    assert not movers_differ(delivery_task(4, [(3, 1)]).rules)


@pytest.mark.parametrize(
    ("more", "expected"),
    [("", False), ("(van ?v)", False), ("(lifts ?v)", True), ("(light ?p)", False)],
)
def test_what_all_movers_are_does_not_tell_them_apart(tmp_path, more, expected):
    # Given types written as predicates, and a condition more of what can be loaded by whom.
    (tmp_path / "domain.pddl").write_text(UNTYPED.format(more=more))
    (tmp_path / "task.pddl").write_text(
        "(define (problem one) (:domain untyped) (:objects a) (:init (van a)) (:goal (van a)))"
    )
    task = load_pddl(tmp_path / "domain.pddl", tmp_path / "task.pddl")[0]
    assert movers_differ(task.rules) is expected


def test_renaming_everything_changes_nothing(survey):
    goal = ("(sent x)", "(sent y)", "(at near p5)")
    plain = survey(*goal)
    renamed = survey(*goal, rename=lambda word: f"z{word[0][::-1]}")
    assert "zevird" in [a.name for a in renamed.task.rules.actions]
    first, second = bound(plain)[0], bound(renamed)[0]
    rng, state = np.random.default_rng(5), plain.initial()
    for _ in range(30):
        true, legal = plain.true_atoms(state), plain.legal_steps(state)
        assert true.tolist() == renamed.true_atoms(state).tolist()
        is_open = np.ones(3, dtype=np.bool_)
        assert first.of(legal, true, is_open) == second.of(legal, true, is_open)
        step = int(rng.choice(legal))
        there = renamed.successor(state, step)
        state = plain.successor(state, step)
        assert state == there


def test_a_space_that_grew_is_not_judged():
    space = StripsWorld(delivery_task(4, [(3, 1)]))
    prospects = bound(space)[0]
    state, is_open = space.initial(), np.ones(1, dtype=np.bool_)
    asked = (space.legal_steps(state), space.true_atoms(state), is_open)
    assert prospects.of(*asked)
    table = space.steps
    space.steps = replace(table, symbol=table.symbol[:-1], arguments=table.arguments[:-1])
    assert not prospects.of(*asked)


def test_all_of_equally_good_movers_are_drawn():
    # Given two vans in the same place and one parcel.
    task = delivery_task(5, [(2, 4)])
    init = (*task.init, atom("at(w, l0)"), atom("free(w)"))
    space = StripsWorld(replace(task, objects={**task.objects, "w": "van"}, init=init))
    assert set(ahead(space, space.initial())) == {"drive v l0 l1", "drive w l0 l1"}
