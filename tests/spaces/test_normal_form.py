"""Normal forms of single formulas."""

from types import MappingProxyType

import pytest

from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import (
    TRUE,
    And,
    Atom,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
)
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase
from planner.kr.terms import TypedVariable, Variable
from planner.spaces.conjunctions import dynamic_predicates
from planner.spaces.normal_form import Normaliser

X, Y = Variable("x"), Variable("y")
P, Q, S = Atom("p", (X,)), Atom("q", (X,)), Atom("s", (X,))
TY = (TypedVariable("y"),)
SCOPE = {"x": ("object",)}


@pytest.fixture
def base():
    names = {"p": 1, "q": 1, "s": 1, "r": 2, "d": 1, "static": 1}
    predicates = {n: Predicate.of_arity(n, k) for n, k in names.items()}
    effects = (Effect(P), Effect(Q), Effect(Atom("r", (X, X))))
    return RuleBase(
        predicates=MappingProxyType(predicates),
        rules=(Rule(Atom("d", (X,)), P), Rule(Atom("static", (X,)), S)),
        actions=(ActionSchema("act", (TypedVariable("x"),), TRUE, effects),),
    )


@pytest.fixture
def normaliser(base):
    return Normaliser(base)


def test_dynamic_predicates_are_fluents_and_what_is_derived_from_them(base):
    assert dynamic_predicates(base) == {"p", "q", "r", "d"}


def test_static_parts_are_kept_apart(normaliser):
    (found,) = normaliser.alternatives(And((P, S, Not(Q), Comparison("!=", X, "a"))), SCOPE)

    assert found.static == (S, Comparison("!=", X, "a"))
    assert (found.positive, found.negative) == ((P,), (Q,))


def test_negation_is_pushed_inwards(normaliser):
    found = normaliser.alternatives(Not(And((P, Not(Q)))), SCOPE)

    assert [(c.positive, c.negative) for c in found] == [((), (P,)), ((Q,), ())]


def test_where_a_static_part_holds_the_others_are_not_looked_at(normaliser):
    found = normaliser.alternatives(Or((P, S)), SCOPE)

    assert [(c.static, c.positive) for c in found] == [((S,), ()), ((Not(S),), (P,))]


def test_existential_variables_move_out_under_fresh_names(normaliser):
    inner = Exists(TY, And((Atom("r", (X, Y)), Exists(TY, Atom("p", (Y,))))))
    (found,) = normaliser.alternatives(inner, SCOPE)

    names = [v.name for v in found.hidden]
    assert len(set(names)) == 2
    assert "y" not in names
    assert found.positive == (Atom("r", (X, Variable(names[0]))), Atom("p", (Variable(names[1]),)))


def test_forall_becomes_clauses_with_static_guards(normaliser):
    formula = Forall(TY, Atom("s", (Y,)), And((Atom("r", (X, Y)), Or((P, Not(Q))))))
    (found,) = normaliser.alternatives(formula, SCOPE)

    first, second = found.clauses
    (variable,) = first.variables
    assert first.guard == second.guard == Atom("s", (variable.variable,))
    assert first.literals == ((Atom("r", (X, variable.variable)), True),)
    assert second.literals == ((P, True), (Q, False))


def test_anonymous_variables_are_existential_inside_the_negation(normaliser):
    anonymous = Variable("_1")
    (found,) = normaliser.alternatives(Not(Atom("r", (anonymous, X))), SCOPE)

    (clause,) = found.clauses
    assert [v.name.startswith("_1@") for v in clause.variables] == [True]
    assert clause.literals[0][1] is False


def test_many_alternatives_become_one_auxiliary_atom(normaliser):
    either = Or((P, Q, Atom("d", (X,))))
    found = normaliser.alternatives(And((either, either, either)), SCOPE)

    assert len(found) == 9
    assert all(len(c.positive) == 3 for c in found)
    assert len(normaliser.axioms) == 3
    assert {a.head.arguments for a in normaliser.axioms} == {(X,)}


def test_goal_atoms_are_static(normaliser):
    (found,) = normaliser.alternatives(Modal("open", P), SCOPE)

    assert (found.static, found.negative) == ((Atom("goal p", (X,)),), (P,))
