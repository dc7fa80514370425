"""Plain rules as data: the same models and errors as with closures."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import compile_rules, evaluate
from planner.engine.tiny.plain import read_plain
from planner.errors import InputError
from planner.kr.formulas import TRUE, And, Atom, Comparison, Formula, Not
from planner.kr.rules import Rule
from planner.kr.terms import Arithmetic, Variable

X, Y, Z = (Variable(name) for name in "xyz")
OBJECTS = ("a", "b", "c", 1)


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def random_plain(rng: random.Random) -> tuple[list[Rule], list[Atom]]:
    """Rules over three levels; what is negated lies in a lower one, its variables may be local."""
    arities = {f"p{level}{kind}": rng.randint(0, 3) for level in range(3) for kind in "ab"}

    def terms(name: str) -> tuple:
        pool = (X, X, Y, Y, Z, "a", 1)
        return tuple(rng.choice(pool) for _ in range(arities[name]))

    rules = []
    for _ in range(rng.randint(1, 8)):
        name = rng.choice(list(arities))
        below = [other for other in arities if other[1] < name[1]]
        readable = [other for other in arities if other[1] <= name[1]]
        body: list[Formula] = [
            Atom(n, terms(n)) for n in rng.choices(readable, k=rng.randint(1, 3))
        ]
        bound = {t for atom in body for t in atom.arguments if isinstance(t, Variable)}
        if below and rng.random() < 0.5:
            denied = rng.choice(below)
            body.append(Not(Atom(denied, terms(denied))))
        rng.shuffle(body)
        head = tuple(rng.choice([*bound, "b"]) for _ in range(arities[name]))
        rules.append(Rule(Atom(name, head), And(tuple(body))))
    facts = [
        Atom(name, tuple(rng.choice(OBJECTS) for _ in range(arity)))
        for name, arity in arities.items()
        for _ in range(rng.randint(0, 4))
    ]
    return rules, facts


def test_the_model_is_that_of_closures() -> None:
    read = 0
    for seed in range(400):
        rules, facts = random_plain(random.Random(seed))
        read += read_plain(rules) is not None

        plain = evaluate(rules, Facts.of(facts), tier="plain")
        tiny = evaluate(rules, Facts.of(facts), tier="tiny")

        assert set(plain.predicates()) == set(tiny.predicates()), seed
        for name in tiny.predicates():
            assert set(plain.atoms(name)) == set(tiny.atoms(name)), (seed, name)
            for atom in tiny.atoms(name):
                assert plain.holds(atom)
                assert str(plain.prove(atom)) == str(tiny.prove(atom)), seed
    assert read > 200


def test_rules_that_are_not_plain_are_left_to_the_compiler() -> None:
    number = Rule(a("q", Arithmetic("+", X, 1)), a("p", X))
    test = Rule(a("q", X), And((a("p", X), Comparison("<", X, 3))))

    assert read_plain([number]) is None
    assert read_plain([test]) is None
    assert read_plain([Rule(a("q", X), And((a("p", X), Not(a("r", Y, Y)))))]) is None
    assert read_plain([Rule(a("q", "a"), TRUE)]) is not None


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([Rule(a("q", Y), a("p", X))], r"nothing binds \?y"),
        ([Rule(a("q", Y), And((a("p", X), Not(a("r", Y)))))], r"nothing binds \?y"),
        ([Rule(a("q", X), a("p", X, X)), Rule(a("r", X), a("p", X))], "arguments and with"),
        ([Rule(a("q", X), And((a("p", X), Not(a("q", X)))))], "recursion through negation"),
        (
            [
                Rule(a("q", X), And((a("p", X), Not(a("r", X))))),
                Rule(a("r", X), a("s", X)),
                Rule(a("s", X), a("q", X)),
            ],
            "recursion through negation",
        ),
    ],
)
def test_errors_are_those_of_the_compiler(rules, message) -> None:
    with pytest.raises(InputError, match=message):
        compile_rules(rules)


def test_facts_and_rules_must_agree_about_an_arity() -> None:
    program = compile_rules([Rule(a("q", X), a("p", X))])

    with pytest.raises(InputError, match="2 arguments in the facts and 1 in the rules"):
        program.run(Facts.of([a("p", "a", "b")]))


def test_what_grows_large_is_evaluated_otherwise() -> None:
    path = [
        Rule(a("path", X, Y), a("edge", X, Y)),
        Rule(a("path", X, Z), And((a("path", X, Y), a("edge", Y, Z)))),
    ]
    square = [Rule(a("four", X, Y, Z), And((a("n", X), a("n", Y), a("n", Z))))]
    chain = Facts.of([a("edge", i, i + 1) for i in range(60)])
    numbers = Facts.of([a("n", i) for i in range(40)])

    assert evaluate(path, chain).count("path") == 60 * 61 // 2
    assert evaluate(square, numbers).count("four") == 40**3


def test_a_model_stays_as_it_is_when_facts_are_added() -> None:
    facts = Facts.of([a("p", "a"), a("other", "a")])
    program = compile_rules([Rule(a("q", X), a("p", X))])

    before = program.run(facts)
    assert before.holds(a("other", "a"))
    facts.add(a("p", "b"))
    facts.add(a("other", "b"))
    after = program.run(facts)

    assert [str(atom) for atom in before.atoms("q")] == ["q(a)"]
    assert before.count("p") == 1
    assert before.count("other") == 1
    assert [str(atom) for atom in after.atoms("q")] == ["q(a)", "q(b)"]
