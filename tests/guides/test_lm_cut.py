"""LM-cut is admissible, dominates h_max, and A* with it agrees with Fast Downward."""

from __future__ import annotations

import re

import numpy as np
import pytest

from planner import load_task_text
from planner.errors import UnsupportedError
from planner.guides.lm_cut.guide import LmCut
from planner.guides.relaxation import RelaxationGuide
from planner.search.best_first import Astar
from planner.search.limits import Meter
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.search import fast_downward
from tests.search.ground_worlds import random_task
from tests.search.test_best_first import cheapest_cost


def initial_value(guide, space):
    state = space.initial()
    return guide.bind(space).judge([state], [space.legal_steps(state)])[0].value


@pytest.mark.parametrize("seed", range(60))
def test_it_lies_between_h_max_and_the_true_cost(seed):
    # Given a random task with conditional effects and axioms
    task = random_task(seed)
    space = GroundSpace(task)

    # When the initial state is estimated
    value = initial_value(LmCut(), space)
    h_max = initial_value(RelaxationGuide("h_max"), space)

    # Then it is at least h_max, a dead end for the same states, and never too much
    assert value >= h_max
    assert (value == np.inf) == (h_max == np.inf)
    expected = cheapest_cost(task)
    if expected is not None:
        assert value <= expected


DOMAIN = """(define (domain gripper) (:predicates (room ?r) (ball ?b) (hand ?g) (in ?r) (at ?b ?r)
 (free ?g) (carry ?o ?g))
 (:action move :parameters (?a ?b) :precondition (and (room ?a) (room ?b) (in ?a))
  :effect (and (in ?b) (not (in ?a))))
 (:action pick :parameters (?o ?r ?g)
  :precondition (and (ball ?o) (room ?r) (hand ?g) (at ?o ?r) (in ?r) (free ?g))
  :effect (and (carry ?o ?g) (not (at ?o ?r)) (not (free ?g))))
 (:action drop :parameters (?o ?r ?g)
  :precondition (and (ball ?o) (room ?r) (hand ?g) (carry ?o ?g) (in ?r))
  :effect (and (at ?o ?r) (free ?g) (not (carry ?o ?g)))))"""


def test_astar_agrees_with_fast_downward(tmp_path):
    from planner import load_pddl

    # Given a task that both read
    balls = [f"b{i}" for i in range(4)]
    at = " ".join(f"(at {b} r1) (ball {b})" for b in balls)
    goal = " ".join(f"(at {b} r2)" for b in balls)
    problem = f"""(define (problem p) (:domain gripper) (:objects r1 r2 l r {" ".join(balls)})
     (:init (room r1) (room r2) (in r1) (hand l) (hand r) (free l) (free r) {at})
     (:goal (and {goal})))"""
    (tmp_path / "domain.pddl").write_text(DOMAIN)
    (tmp_path / "p.pddl").write_text(problem)
    sas = fast_downward.translate(tmp_path / "domain.pddl", tmp_path / "p.pddl", tmp_path)
    text = fast_downward.search(sas, "--search", "astar(lmcut())")
    cost = int(re.search(r"Plan cost: (\d+)", text)[1])
    value = fast_downward.initial_value(sas, "lmcut()")

    # When A* solves it with LM-cut
    task, _ = load_pddl(tmp_path / "domain.pddl", tmp_path / "p.pddl")
    space = GroundSpace(ground(task))
    outcome = Astar().run(space, LmCut(), Meter())

    # Then the costs agree, and so do the estimates of the initial state
    assert outcome.optimal
    assert outcome.cost == cost
    assert initial_value(LmCut(), space) == value


def test_atoms_of_the_goal_take_turns_where_that_says_more():
    # Given a square of places, all to be visited from one near the middle
    side = 6
    places = [(x, y) for x in range(side) for y in range(side)]
    roads = [
        f"road(p{a}{b}, p{x}{y})"
        for a, b in places
        for x, y in places
        if abs(a - x) + abs(b - y) == 1
    ]
    names = [f"p{x}{y}" for x, y in places]
    text = f"""
task: square
rules:
  types: {{place: object}}
  predicates:
    at(place): the traveller is at {{0}}
    visited(place): the traveller was at {{0}}
    road(place, place): a road leads from {{0}} to {{1}}
  actions:
    go(?x - place, ?y - place):
      if: at(?x) and road(?x, ?y)
      then: at(?y) and visited(?y) and not at(?x)
objects: {{place: [{", ".join(names)}]}}
init: ["at(p22)", {", ".join(f'"{road}"' for road in roads)}]
goal: {" and ".join(f"visited({name})" for name in names if name != "p22")}
"""

    # When the initial state is estimated
    space = GroundSpace(ground(load_task_text(text)))
    value = initial_value(LmCut(), space)

    # Then each place costs a step of its own
    assert value == side * side - 1


def test_a_space_that_is_not_ground_is_refused():
    with pytest.raises(UnsupportedError, match="not grounded"):
        LmCut().bind(object())
