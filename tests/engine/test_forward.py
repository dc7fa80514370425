"""Forward chaining: the language of bodies, tier by tier."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import compile_rules, evaluate, saturate
from planner.errors import InputError, LimitError, UnsupportedError
from planner.kr.control import GoalOrder
from planner.kr.formulas import (
    TRUE,
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
)
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Arithmetic, FunctionTerm, Text, TypedVariable, Variable

X, Y, Z, N, M = (Variable(name) for name in "xyznm")
EDGES = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "e")]


@pytest.fixture(params=["tiny", "runs", "bits", "large"])
def tier(request):
    return request.param


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def edges() -> list[Atom]:
    return [a("edge", *pair) for pair in EDGES]


def derive(tier: str, head: Atom, body: Formula, facts: list[Atom]) -> list[str]:
    """What one rule derives from facts, as text."""
    model = evaluate([Rule(head, body)], Facts.of(facts), tier=tier)
    return [str(atom) for atom in model.atoms(head.predicate)]


def test_recursion_reaches_everything(tier) -> None:
    rules = [
        Rule(a("path", X, Y), a("edge", X, Y)),
        Rule(a("path", X, Z), And((a("path", X, Y), a("path", Y, Z)))),
    ]

    model = evaluate(rules, Facts.of(edges()), tier=tier)

    assert model.count("path") == 13
    assert model.holds(a("path", "a", "d"))
    assert not model.holds(a("path", "d", "a"))
    assert not model.holds(a("path", "d", "never seen"))


def test_negation_reads_the_complete_predicate(tier) -> None:
    sink = And((a("edge", X, Y), Not(a("edge", Y, Variable("_1")))))

    assert derive(tier, a("sink", Y), sink, edges()) == ["sink(d)"]


def test_constants_and_repeated_variables_select(tier) -> None:
    assert derive(tier, a("loop", X), a("edge", X, X), edges()) == ["loop(e)"]
    assert derive(tier, a("from", X), a("edge", "c", X), edges()) == ["from(a)", "from(d)"]


def test_disjunction_and_negated_conjunction(tier) -> None:
    either = And((a("edge", X, Y), Or((a("edge", Y, X), Not(And((a("s", X), a("s", Y))))))))
    facts = [*edges(), a("s", "a"), a("s", "b")]

    found = derive(tier, a("r", X, Y), either, facts)

    assert found == ["r(b, c)", "r(c, a)", "r(c, d)", "r(e, e)"]


def test_quantifiers(tier) -> None:
    every = Forall((TypedVariable("y"),), a("edge", X, Y), a("s", Y))
    some = Exists((TypedVariable("y"),), And((a("edge", X, Y), Not(a("s", Y)))))
    facts = [*edges(), a("s", "a"), a("s", "d")]
    node = a("edge", X, Variable("_1"))

    assert derive(tier, a("r", X), And((node, every)), facts) == ["r(c)"]
    assert derive(tier, a("r", X), some, facts) == ["r(a)", "r(b)", "r(e)"]


def test_a_quantified_name_may_be_used_outside_as_well(tier) -> None:
    body = And((a("edge", Y, X), Exists((TypedVariable("y"),), a("edge", Y, "b"))))

    assert len(derive(tier, a("r", Y, X), body, edges())) == len(EDGES)


def test_forall_may_recurse_over_a_known_guard(tier) -> None:
    healthy = And(
        (a("service", X), Forall((TypedVariable("y"),), a("needs", X, Y), a("healthy", Y)))
    )
    needs = [("web", "db"), ("web", "auth"), ("auth", "db"), ("mail", "dns"), ("dns", "mail")]
    facts = [a("needs", *pair) for pair in needs]
    facts += [a("service", name) for name in ("web", "db", "auth", "mail", "dns")]

    found = derive(tier, a("healthy", X), healthy, facts)

    assert found == ["healthy(web)", "healthy(db)", "healthy(auth)"]


def test_comparisons_of_numbers_strings_and_objects(tier) -> None:
    values = [3, Fraction(5, 2), -1, Text("ab"), Text("b"), "b"]
    facts = [a("v", value) for value in values]

    less = derive(tier, a("r", X, Y), And((a("v", X), a("v", Y), Comparison("<", X, Y))), facts)
    before = And((a("v", X), Comparison("before", X, "b")))

    assert less == ["r(2.5, 3)", "r(-1, 3)", "r(-1, 2.5)", 'r("ab", "b")']
    assert derive(tier, a("r", X), before, [a("v", "a"), *facts]) == ["r(a)"]


def test_equality_binds_and_tests(tier) -> None:
    binds = And((Comparison("=", N, Arithmetic("+", X, 1)), a("v", X), a("v", N)))

    assert derive(tier, a("r", X, N), binds, [a("v", 1), a("v", 2), a("v", 4)]) == ["r(1, 2)"]


@pytest.mark.parametrize(
    ("sign", "left", "right", "result"),
    [
        ("+", 2, 3, "5"),
        ("-", 2, Fraction(1, 2), "1.5"),
        ("*", -4, 3, "-12"),
        ("/", 7, 2, "3.5"),
        ("/", 6, 2, "3"),
        ("//", -7, 2, "-4"),
        ("mod", -7, 2, "1"),
    ],
)
def test_arithmetic(tier, sign, left, right, result) -> None:
    head = a("r", Arithmetic(sign, X, Y))

    assert derive(tier, head, a("v", X, Y), [a("v", left, right)]) == [f"r({result})"]


def test_what_has_no_value_derives_nothing(tier) -> None:
    head = a("r", Arithmetic("//", X, Y))

    assert derive(tier, head, a("v", X, Y), [a("v", 1, 0), a("v", "a", 1), a("v", 4, 2)]) == [
        "r(2)"
    ]


def test_overflow_names_the_rule(tier) -> None:
    head = a("r", Arithmetic("*", X, X))

    with pytest.raises(InputError, match="does not fit into 64 bits"):
        derive(tier, head, a("v", X), [a("v", 2**40)])


def test_numbers_may_be_made_without_end_in_sight(tier) -> None:
    rules = [
        Rule(a("n", 0), TRUE),
        Rule(a("n", Arithmetic("+", X, 1)), And((a("n", X), Comparison("<", X, 3_000)))),
    ]

    model = evaluate(rules, Facts(), tier=tier)

    assert model.count("n") == 3_001


def test_more_constants_than_the_first_keys_have_room_for() -> None:
    square = [a("v", i) for i in range(400)]
    body = And((a("v", X), a("v", Y)))
    head = a("r", Arithmetic("+", Arithmetic("*", X, 1_000), Y), X)

    model = evaluate([Rule(head, body)], Facts.of(square), tier="runs")

    assert model.count("r") == 160_000


def test_aggregates_count_distinct_tuples(tier) -> None:
    facts = [*edges(), a("weight", "a", 5), a("weight", "b", 5), a("weight", "c", -1)]
    node = a("edge", X, Variable("_1"))

    degree = And((node, Aggregate(N, "count", (Y,), a("edge", X, Y))))
    total = Aggregate(N, "sum", (X,), a("weight", Y, X))
    both = Aggregate(N, "sum", (X, Y), a("weight", Y, X))
    least = Aggregate(N, "min", (X,), a("weight", Y, X))
    none = Aggregate(N, "max", (X,), a("weight", "d", X))

    assert derive(tier, a("r", X, N), degree, facts) == ["r(a, 1)", "r(b, 1)", "r(c, 2)", "r(e, 1)"]
    assert derive(tier, a("r", N), total, facts) == ["r(4)"]
    assert derive(tier, a("r", N), both, facts) == ["r(9)"]
    assert derive(tier, a("r", N), least, facts) == ["r(-1)"]
    assert derive(tier, a("r", N), none, facts) == []


def test_an_empty_count_is_zero_where_its_group_is_known(tier) -> None:
    body = And((a("node", X), Aggregate(0, "count", (Y,), a("edge", X, Y))))
    facts = [*edges(), a("node", "c"), a("node", "d")]

    assert derive(tier, a("r", X), body, facts) == ["r(d)"]


def test_closure_and_function_terms(tier) -> None:
    facts = [*edges(), a("cost", "a", 3), a("cost", "b", 7)]
    reach = And((Closure("edge", ("a", X)), Not(Closure("edge", (X, "a")))))
    dear = And((a("edge", X, Y), Comparison(">", FunctionTerm("cost", (Y,)), 5)))

    assert derive(tier, a("r", X), reach, facts) == ["r(d)"]
    assert derive(tier, a("r", X), dear, facts) == ["r(a)"]


def test_rows_without_columns(tier) -> None:
    rules = [
        Rule(a("rain"), a("wet", X)),
        Rule(a("dry", X), And((a("node", X), Not(a("rain"))))),
        Rule(a("snow", X), And((a("node", X), a("rain")))),
    ]
    facts = [a("wet", "a"), a("node", "b")]

    model = evaluate(rules, Facts.of(facts), tier=tier)

    assert model.holds(a("rain"))
    assert model.rows("rain").shape == (1, 0)
    assert [str(atom) for atom in model.atoms("snow")] == ["snow(b)"]
    assert model.count("dry") == 0


@pytest.mark.parametrize("width", [3, 9, 12])
def test_rows_wider_than_a_key(tier, width) -> None:
    variables = tuple(Variable(f"v{i}") for i in range(width))
    rng = np.random.default_rng(width)
    rows = rng.integers(0, 300, size=(500, width)).astype(np.int32)
    facts = Facts()
    for value in range(300):
        facts.symbols.code(f"o{value}")
    facts.add_rows("wide", np.concatenate([rows, rows[:100]]))
    facts.add_rows("some", rows[:50])
    rotated = Rule(Atom("turned", (*variables[1:], variables[0])), Atom("wide", variables))
    both = Rule(Atom("turned", variables), Atom("wide", variables))
    rest = Rule(
        Atom("rest", variables), And((Atom("wide", variables), Not(Atom("some", variables))))
    )

    model = evaluate([rotated, both, rest], facts, tier=tier)

    distinct = {tuple(row) for row in rows.tolist()}
    turned = distinct | {(*row[1:], row[0]) for row in distinct}
    assert [tuple(row) for row in model.rows("turned").tolist()] == sorted(turned)
    some = {tuple(row) for row in rows[:50].tolist()}
    assert [tuple(row) for row in model.rows("rest").tolist()] == sorted(distinct - some)


def test_a_program_runs_on_many_sets_of_facts(tier) -> None:
    program = compile_rules([Rule(a("r", X, "k"), And((a("v", X), Not(a("w", X)))))])

    first = program.run(Facts.of([a("v", "a"), a("v", "b"), a("w", "a")]), tier=tier)
    second = program.run(Facts.of([a("v", "c")]), tier=tier)

    assert [str(x) for x in first.atoms("r")] == ["r(b, k)"]
    assert [str(x) for x in second.atoms("r")] == ["r(c, k)"]


def test_queries_answer_with_bindings(tier) -> None:
    model = evaluate([Rule(a("path", X, Y), a("edge", X, Y))], Facts.of(edges()), tier=tier)

    answers = model.query(
        And((a("path", X, Y), Not(a("edge", Y, X)), a("edge", Y, Variable("_1"))))
    )

    assert answers == [{"x": "a", "y": "b"}, {"x": "b", "y": "c"}, {"x": "c", "y": "a"}]
    assert model.query(a("path", "a", "b")) == [{}]
    assert model.query(a("path", "b", "a")) == []
    with pytest.raises(InputError):
        model.query(Comparison("<", X, 3))


def test_unsafe_and_unstratified_rules_are_refused() -> None:
    with pytest.raises(InputError, match=r"nothing binds \?y"):
        compile_rules([Rule(a("r", Y), a("v", X))])
    with pytest.raises(InputError, match="through negation: p -> not p"):
        compile_rules([Rule(a("p", X), And((a("v", X), Not(a("p", X)))))])
    with pytest.raises(InputError, match="2 arguments and with 1"):
        compile_rules([Rule(a("r", X), And((a("v", X), a("v", X, X))))])
    with pytest.raises(UnsupportedError):
        compile_rules([Rule(a("r", X), a("v", X), probability=Fraction(1, 2))])


def test_a_meter_stops_the_work(tier) -> None:
    class Stop:
        def exceeded(self) -> str:
            return "time"

    rules = [
        Rule(a("path", X, Y), a("edge", X, Y)),
        Rule(a("path", X, Z), And((a("path", X, Y), a("edge", Y, Z)))),
    ]

    with pytest.raises(LimitError, match="time"):
        evaluate(rules, Facts.of(edges()), tier=tier, meter=Stop())


def test_a_task_brings_types_goal_and_properties(tier) -> None:
    names = {"block": "object", "box": "block"}
    rules = (
        Rule(a("wanted", X), And((a("block", X), Modal("goal", a("on", X, Variable("_1")))))),
        Rule(a("todo", X, Y), Modal("open", a("on", X, Y))),
        Rule(a("now", X, Y), Modal("ready", a("on", X, Y))),
    )
    predicates = {
        "near": Predicate("near", (("object",), ("object",)), "", frozenset({"symmetric"})),
        "same": Predicate("same", (("object",), ("object",)), "", frozenset({"equivalence"})),
    }
    order = GoalOrder(later=a("on", X, Y), earlier=a("on", Y, Z))
    base = RuleBase(types=names, predicates=predicates, rules=rules, orders=(order,))
    init = (a("near", "a", "b"), a("same", "a", "b"), a("same", "c", "b"), a("on", "c", "d"))
    goal = And((a("on", "a", "b"), a("on", "b", "c"), a("on", "c", "d"), Not(a("on", "d", "a"))))
    task = Task(
        base, objects={"a": "box", "b": "block", "c": "block", "d": "object"}, init=init, goal=goal
    )

    model = saturate(task, tier=tier)

    assert [str(x) for x in model.atoms("block")] == ["block(a)", "block(b)", "block(c)"]
    assert [str(x) for x in model.atoms("wanted")] == ["wanted(a)", "wanted(b)", "wanted(c)"]
    assert [str(x) for x in model.atoms("todo")] == ["todo(a, b)", "todo(b, c)"]
    assert [str(x) for x in model.atoms("now")] == ["now(b, c)"]
    assert [str(x) for x in model.atoms("near")] == ["near(a, b)", "near(b, a)"]
    # Every object equals itself, `d` as well.
    assert model.count("same") == 10


def test_tiers_agree_on_thousands_of_facts() -> None:
    rng = np.random.default_rng(1)
    facts = [a("edge", f"n{i}", f"n{j}") for i, j in rng.integers(0, 90, size=(160, 2)).tolist()]
    rules = [
        Rule(a("path", X, Y), a("edge", X, Y)),
        Rule(a("path", X, Z), And((a("path", X, Y), a("path", Y, Z)))),
        Rule(a("apart", X, Y), And((a("path", X, Z), a("path", Y, Z), Not(a("path", X, Y))))),
    ]

    tiny = evaluate(rules, Facts.of(facts), tier="tiny")
    runs = evaluate(rules, Facts.of(facts), tier="runs")
    auto = evaluate(rules, Facts.of(facts))

    for name in ("path", "apart"):
        assert np.array_equal(tiny.rows(name), runs.rows(name))
        assert np.array_equal(tiny.rows(name), auto.rows(name))
    assert tiny.count("path") > 1_000


@pytest.mark.parametrize("count", [10, 5_000])
def test_facts_that_no_rule_names_are_in_the_model(count) -> None:
    facts = Facts()
    for value in range(count):
        facts.symbols.code(value)
    rows = np.stack([np.arange(count)[::-1], np.arange(count)], axis=1)
    facts.add_rows("pair", np.concatenate([rows, rows]))

    model = evaluate([], facts)

    assert model.count("pair") == count
    assert model.rows("pair")[:, 0].tolist() == list(range(count))
    assert model.holds(a("pair", 0, count - 1))
    assert not model.holds(a("pair", 0, 0))


def test_too_many_rows_are_refused_by_name(monkeypatch) -> None:
    monkeypatch.setattr("planner.engine.runs.relation._ROW_LIMIT", 1_000)
    every = Rule(a("pair", X, Y), And((a("v", X), a("v", Y))))

    with pytest.raises(LimitError, match="`pair` has more than 1,000 rows"):
        evaluate([every], Facts.of([a("v", i) for i in range(40)]), tier="runs")
