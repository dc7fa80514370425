"""Moves that come nearer to where something is to be done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.models.approaches import APPROACHES, Approaches
from planner.models.goals import goal_literals
from tests.search.worlds import StripsWorld, atom, delivery_task


def near(space, state):
    """By the moves legal in a state, (why, predicate) they come nearer to something."""
    constants = {c: n for n, c in enumerate(space.constants)}
    names = list(space.task.rules.predicates)
    rows = [
        (names.index(g.predicate), tuple(constants[a] for a in g.arguments))
        for g in goal_literals(space.task)
    ]
    true = space.true_atoms(state)
    table = list(zip(space.atoms.symbol[true], space.atoms.arguments[true].tolist(), strict=True))
    holds = {(int(p), tuple(a for a in row if a >= 0)) for p, row in table}
    is_open = np.array([row not in holds for row in rows], dtype=np.bool_)
    legal = space.legal_steps(state)
    found: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for position, reason, predicate in Approaches(space, rows).of(legal, true, is_open):
        step = space.describe(int(legal[position]))
        found.setdefault(step.arguments, set()).add((APPROACHES[reason], names[predicate]))
    return found


def after(space, *wanted):
    """The state after some steps from the initial one."""
    state = space.initial()
    for name in wanted:
        state = next(
            space.successor(state, step)
            for step in space.legal_steps(state).tolist()
            if (space.describe(step).name, *space.describe(step).arguments) == name
        )
    return state


@pytest.fixture
def space():
    """A road of six places with the van at its left end; p0 is to go from l3 to l1."""
    return StripsWorld(delivery_task(6, [(3, 1), (0, 0), (0, 0)]))


def test_the_way_to_what_is_to_be_fetched(space):
    assert near(space, space.initial()) == {("v", "l0", "l1"): {("fetch", "lies")}}
    middle = after(space, ("drive", "v", "l0", "l1"))
    assert near(space, middle) == {("v", "l1", "l2"): {("fetch", "lies")}}


def test_the_way_with_what_one_has_leads_to_its_goal(space):
    loaded = after(
        space,
        ("drive", "v", "l0", "l1"),
        ("drive", "v", "l1", "l2"),
        ("drive", "v", "l2", "l3"),
        ("load", "p0", "v", "l3"),
    )
    assert near(space, loaded) == {("v", "l3", "l2"): {("goal-own", "lies")}}


def test_only_the_mover_that_has_it_is_on_its_way():
    # Given a second van on the same road that has nothing.
    task = delivery_task(6, [(0, 5), (0, 0), (0, 0)])
    init = (*task.init, atom("at(w, l1)"), atom("free(w)"))
    space = StripsWorld(replace(task, objects={**task.objects, "w": "van"}, init=init))
    assert near(space, space.initial()) == {("w", "l1", "l0"): {("fetch", "lies")}}
    loaded = after(space, ("load", "p0", "v", "l0"))
    assert near(space, loaded) == {("v", "l0", "l1"): {("goal-own", "lies")}}


def test_the_nearest_of_several(space):
    # Given one parcel two places to the left, and one a place to the right.
    space = StripsWorld(delivery_task(6, [(0, 5), (3, 5), (0, 0)]))
    right = after(space, ("drive", "v", "l0", "l1"), ("drive", "v", "l1", "l2"))
    assert near(space, right) == {("v", "l2", "l3"): {("fetch", "lies")}}


def test_places_without_a_way_are_no_reason_to_move():
    # Given a parcel beyond a gap in the road.
    task = delivery_task(6, [(5, 0), (0, 0), (0, 0)])
    gap = {atom("road(l2, l3)"), atom("road(l3, l2)")}
    space = StripsWorld(replace(task, init=tuple(a for a in task.init if a not in gap)))
    assert not near(space, space.initial())


def test_rules_without_roads_have_no_approaches():
    task = delivery_task(3, [(0, 1)])
    movers = replace(task.rules, actions=task.rules.actions[1:])
    space = StripsWorld(replace(task, rules=movers))
    assert not Approaches(space, [])
