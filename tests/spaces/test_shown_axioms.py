"""Derived atoms that nothing depends on are kept out of states, and shown all the same."""

from types import MappingProxyType

import pytest

from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.spaces.explain import state_facts
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

X, Y, Z = Variable("x"), Variable("y"), Variable("z")
BLOCKS = "abcdef"


def tower(goal):
    """Blocks that can be put on one another freely; ``above`` closes ``on``."""
    predicates = [Predicate.of_arity(n, k) for n, k in {"on": 2, "above": 2, "top": 1}.items()]
    rules = (
        Rule(Atom("above", (X, Y)), Atom("on", (X, Y))),
        Rule(Atom("above", (X, Z)), And((Atom("on", (X, Y)), Atom("above", (Y, Z))))),
        Rule(
            Atom("top", (X,)), And((Atom("object", (X,)), Not(Atom("above", (Variable("_1"), X)))))
        ),
    )
    put = ActionSchema(
        "put", (TypedVariable("x"), TypedVariable("y")), effects=(Effect(Atom("on", (X, Y))),)
    )
    base = RuleBase(
        predicates=MappingProxyType({p.name: p for p in predicates}), rules=rules, actions=(put,)
    )
    return Task(base, objects=MappingProxyType(dict.fromkeys(BLOCKS, "object")), goal=goal)


@pytest.mark.parametrize("goal", [Atom("on", ("a", "b")), Atom("above", ("a", "c"))])
def test_derived_facts_are_shown_whether_needed_or_not(goal):
    space = GroundSpace(ground(tower(goal)))
    state = space.initial()
    for step in (("a", "b"), ("b", "c")):
        state = next(
            space.successor(state, s)
            for s in space.legal_steps(state).tolist()
            if space.describe(s).arguments == step
        )

    shown = {str(atom) for atom in state_facts(space, state)}

    assert shown >= {"on(a, b)", "on(b, c)", "above(a, b)", "above(b, c)", "above(a, c)", "top(a)"}
    assert not shown & {"top(b)", "top(c)", "above(c, a)"}


def test_states_carry_only_what_searches_need():
    without = ground(tower(Atom("on", ("a", "b"))))
    needed = ground(tower(Atom("above", ("a", "c"))))

    assert len(without.axiom_head) == 0
    assert without.state_atom_count == len(BLOCKS) ** 2 < without.atom_count
    assert len(needed.axiom_head) > 0
    assert needed.shown_axioms is not None  # `top` is asked for by nothing
