"""The ground step space on a task built by hand."""

from fractions import Fraction

import numpy as np
import pytest

from planner.kr.formulas import Atom
from planner.spaces.explain import state_facts
from planner.spaces.ground import GroundSpace
from tests.spaces.lamps import lamps


@pytest.fixture
def space():
    return GroundSpace(lamps())


def facts(space, state):
    return {str(atom) for atom in state_facts(space, state)}


def test_initial_state_has_complements_of_what_is_false(space):
    state = space.initial()

    assert facts(space, state) == set()
    assert space.legal_steps(state).tolist() == [0, 1, 2]


def test_derived_atoms_follow_their_axioms(space):
    one = space.successor(space.initial(), 0)
    both = space.successor(one, 1)

    assert facts(space, one) == {"lamp(a)"}
    assert facts(space, both) == {"lamp(a)", "lamp(b)", "bright"}
    # finish needs `not bright`, switch-on(a) needs lamp(a) off
    assert space.legal_steps(both).tolist() == [1, 2]


def test_equal_states_have_equal_numbers(space):
    start = space.initial()
    a_then_b = space.successor(space.successor(start, 0), 1)
    b_then_a = space.successor(space.successor(start, 1), 0)

    assert a_then_b == b_then_a
    assert space.successors(start, [0, 1, 0]).tolist() == [1, 3, 1]
    assert space.state_count == 4


def test_conditional_effect_is_judged_before_the_step_and_adding_wins(space):
    lit = space.successor(space.initial(), 1)

    # lamp(a) is off, so toggle-all both deletes and adds lamp(b)
    assert facts(space, space.successor(lit, 2)) == {"lamp(b)"}
    both = space.successor(lit, 0)
    assert facts(space, space.successor(both, 2)) == set()


def test_goal_needs_all_its_atoms(space):
    state = space.successor(space.successor(space.initial(), 1), 3)

    assert not space.is_goal(state)
    assert space.is_goal(space.successor(state, 0))


def test_steps_are_described_with_cost_and_sentence(space):
    step = space.describe(0)

    assert (step.name, step.arguments, step.cost) == ("switch-on", ("a",), Fraction(5, 2))
    assert step.text == "switch a on, a! {other}"
    assert str(space.describe(2)) == "(toggle-all)"


def test_facts_come_as_atoms(space):
    state = space.successor(space.initial(), 1)

    assert state_facts(space, state) == (Atom("lamp", ("b",)),)


def test_numbering_survives_growth_of_the_table(space):
    start = space.initial()
    before = space.row(start).copy()
    for _ in range(20):
        space.successors(start, np.tile([0, 1, 2], 400))

    # toggle-all leads where switch-on(b) does
    assert space.state_count == 3
    assert (space.row(start) == before).all()
    assert space.successor(start, 0) == 1
