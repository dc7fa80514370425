"""Matching of conditions, against the engine's answers to the same formulas."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.normalize import answer_variables
from planner.errors import UnsupportedError
from planner.guides.matching import compile_queries
from planner.guides.queries import Slots
from planner.guides.state_facts import StateFacts
from planner.io.load import load_rules_text
from planner.kr.formulas import (
    TRUE,
    Aggregate,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Not,
    Or,
    conjoin,
)
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Arithmetic, FunctionTerm, TypedVariable, Variable
from planner.spaces.lifted import LiftedSpace
from tests.search.worlds import StripsWorld, blocks_task, delivery_task

OBJECTS = ("a", "b", "c", "d")
X, Y, Z = Variable("x"), Variable("y"), Variable("z")
PREDICATES = {
    name: Predicate.of_arity(name, arity) for name, arity in (("p", 1), ("q", 2), ("r", 2))
}


@st.composite
def facts(draw):
    found = []
    for name, arity in (("p", 1), ("q", 2), ("r", 2)):
        rows = st.tuples(*[st.sampled_from(OBJECTS)] * arity)
        found += [Atom(name, row) for row in draw(st.sets(rows, max_size=7))]
    return sorted(found, key=str)


variables = st.sampled_from([X, Y, Z])
terms = st.sampled_from([X, Y, Z, X, Y, "a", "b"])
unary = st.builds(lambda t: Atom("p", (t,)), terms)
binary = st.builds(lambda n, s, t: Atom(n, (s, t)), st.sampled_from("qr"), terms, terms)
atoms = unary | binary
local = Variable("l")
tests = st.one_of(
    st.builds(Not, atoms),
    st.builds(lambda s, t: Comparison("!=", s, t), variables, terms),
    st.builds(lambda s, t: Comparison("=", s, t), variables, terms),
    st.builds(lambda s, t: Comparison("before", s, t), variables, variables),
    st.builds(lambda v: Exists((TypedVariable("l"),), Atom("q", (v, local))), variables),
    st.builds(lambda v: Not(Exists((TypedVariable("l"),), Atom("r", (local, v)))), variables),
    st.builds(
        lambda v: Forall((TypedVariable("l"),), Atom("q", (v, local)), Atom("p", (local,))),
        variables,
    ),
    st.builds(lambda a, b: Or((a, b)), st.just(Atom("p", (X,))), st.just(Atom("q", (X, X)))),
    st.builds(lambda s, t: Closure("q", (s, t)), variables, terms),
)


def formulas():
    """Conjunctions that bind x, y and z, so that every test is safe."""
    base = conjoin(Atom("q", (X, Y)), Atom("r", (Y, Z)))
    loose = st.builds(lambda a, b: conjoin(Atom("q", (X, Y)), Atom("p", (Z,)), a, b), atoms, tests)
    return loose | st.builds(
        lambda parts: conjoin(base, *parts), st.lists(atoms | tests, max_size=3)
    )


STEADY = RuleBase(predicates=PREDICATES)
CHANGING = load_rules_text("""
rulebase: changing
predicates:
  p(object):
  q(object, object):
  r(object, object):
actions:
  cut(?x, ?y):
    if: q(?x, ?y)
    then: not q(?x, ?y)
""")


def matched(found, formula, rules=STEADY):
    task = Task(rules, objects=dict.fromkeys(OBJECTS, "object"), init=tuple(found))
    world = StripsWorld(task)
    state_facts = StateFacts(world)
    state_facts.move_to(world.initial())
    slots = Slots()
    queries = compile_queries(state_facts, formula, slots)
    names = answer_variables(formula)
    answers = set()
    for query in queries:
        for match in query.matches():
            row = (match[slots.of(name)] for name in names)
            answers.add(tuple(state_facts.symbols.constant(code) for code in row))
    split = set()
    for query in queries:
        rows = [()]
        for component in query.components():
            rows = [
                (*row, tuple(match)) for row in rows for match in map(tuple, component.matches())
            ]
        for row in rows:
            joined = [max(codes) for codes in zip(*row, strict=True)]
            split.add(tuple(state_facts.symbols.constant(joined[slots.of(n)]) for n in names))
    return names, answers, split


@pytest.mark.parametrize("rules", [STEADY, CHANGING])
@given(found=facts(), formula=formulas())
def test_answers_are_those_of_the_engine(rules, found, formula):
    names, answers, split = matched(found, formula, rules)

    model = evaluate((), Facts.of([*(Atom("object", (o,)) for o in OBJECTS), *found]))
    expected = {tuple(row[name] for name in names) for row in model.query(formula)}

    assert answers == expected
    assert split == expected


@pytest.mark.parametrize(
    ("kinds", "parts"),
    [((("lorry", "v"), ("parcel", "b")), 2), ((("lorry", "v"), ("parcel", "v")), 1)],
)
def test_what_differs_anyway_is_not_tested(kinds, parts):
    # Given two kinds of things that no action changes, and a rule about two things that differ.
    rules = load_rules_text("""
rulebase: kinds
predicates:
  lorry(object):
  parcel(object):
  at(object, object):
actions:
  go(?x, ?from, ?to):
    if: at(?x, ?from)
    then: at(?x, ?to) and not at(?x, ?from)
""")
    init = [*(Atom(kind, (thing,)) for kind, thing in kinds), Atom("at", ("v", "p"))]
    task = Task(rules, objects=dict.fromkeys("vbp", "object"), init=tuple(init))
    facts_ = StateFacts(LiftedSpace(task))
    formula = conjoin(Atom("lorry", (X,)), Atom("parcel", (Y,)), Comparison("!=", X, Y))

    # When nothing is of both kinds, the rule falls into parts that are matched apart.
    (query,) = compile_queries(facts_, formula, Slots())

    assert len(query.components()) == parts


@pytest.mark.parametrize(("function", "answer"), [("count", 2), ("sum", 7), ("min", 3), ("max", 4)])
def test_aggregates_and_arithmetic(function, answer):
    weigh = [Atom("q", ("a", 3)), Atom("q", ("a", 4)), Atom("q", ("b", 9))]
    number, weight = Variable("n"), Variable("w")
    formula = conjoin(
        Aggregate(number, function, (weight,), Atom("q", ("a", weight))),
        Comparison("=", Z, Arithmetic("+", number, 1)),
        Comparison("<", number, 100),
    )

    names, answers, _ = matched(weigh, formula)

    assert dict(zip(names, answers.pop(), strict=True)) == {"n": answer, "z": answer + 1}


def test_what_cannot_be_read_is_refused():
    facts_ = StateFacts(StripsWorld(blocks_task(["a"], "clear(a)")))

    with pytest.raises(UnsupportedError):
        compile_queries(facts_, Comparison("=", X, FunctionTerm("on", ("a",))), Slots())
    with pytest.raises(UnsupportedError):
        compile_queries(facts_, Atom("clear", (Arithmetic("+", X, 1),)), Slots())


def test_true_has_one_match():
    facts_ = StateFacts(StripsWorld(blocks_task(["a"], "clear(a)")))

    (query,) = compile_queries(facts_, TRUE, Slots())

    assert [list(m) for m in query.matches()] == [[]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "task", [blocks_task(["ab", "c"], "on(a, b) & on(b, c)"), delivery_task(3, [(0, 2), (1, 0)])]
)
def test_an_index_that_moved_equals_a_fresh_one(task, seed):
    world = StripsWorld(task)
    rng = random.Random(seed)
    moved = StateFacts(world)
    state = world.initial()
    for _ in range(30):
        state = world.successor(state, rng.choice(world.legal_steps(state).tolist()))
        if rng.random() < 0.5:
            moved.move_to(state)
    fresh = StateFacts(world)

    for mode in ("", "goal", "open", "ready"):
        for name in task.rules.predicates:
            rows = [sorted(f.move_to(state).rows(f.code(name, mode))) for f in (moved, fresh)]
            assert rows[0] == rows[1]
