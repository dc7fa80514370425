"""Plain rules as data: the same models and errors as with closures."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import compile_rules, evaluate
from planner.engine.symbols import SymbolTable
from planner.engine.tiny.plain import read_plain
from planner.errors import InputError
from planner.kr.formulas import TRUE, And, Atom, Comparison, Formula, Not
from planner.kr.rules import Rule
from planner.kr.terms import Arithmetic, Variable

X, Y, Z = (Variable(name) for name in "xyz")
OBJECTS = ("a", "b", "c", 1)


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def random_plain(rng: random.Random, objects: tuple = OBJECTS) -> tuple[list[Rule], list[Atom]]:
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
        Atom(name, tuple(rng.choice(objects) for _ in range(arity)))
        for name, arity in arities.items()
        for _ in range(rng.randint(0, 4))
    ]
    return rules, facts


def test_the_model_is_that_of_closures() -> None:
    read = 0
    for seed in range(400):
        # Facts about names alone are evaluated without codes.
        rules, facts = random_plain(random.Random(seed), OBJECTS if seed % 2 else OBJECTS[:3])
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


def test_facts_about_names_get_their_codes_in_the_order_they_were_given() -> None:
    atoms = [a("p", "c"), a("q", "b", "c"), a("p", "a")]

    facts = Facts.of(atoms)
    before = facts.named
    count, arities = len(facts), dict(facts.arities())
    codes = facts.symbols.constants()

    assert before is not None
    assert (count, arities) == (3, {"p": 1, "q": 2})
    assert codes == ("c", "b", "a")
    assert facts.named is None
    assert facts.tuples("p") == [(0,), (2,)]


def test_a_model_of_names_answers_like_one_of_codes() -> None:
    rules = [
        Rule(a("q", X, 7), And((a("p", X), Not(a("r", X))))),
        Rule(a("s", X), a("q", X, Fraction(14, 2))),
        Rule(a("never", X), a("r", X)),
    ]
    atoms = [a("p", "a"), a("p", "b"), a("other", "b")]

    named = compile_rules(rules).run(Facts.of(atoms))
    coded = compile_rules(rules).run(Facts.of(atoms, SymbolTable()))

    assert named.predicates() == coded.predicates()
    for atom in (a("q", "a", 7), a("q", "a", 8), a("s", "b"), a("other", "b"), a("none", "a")):
        assert named.holds(atom) == coded.holds(atom), atom
    for name in (*coded.predicates(), "none"):
        assert list(named.atoms(name)) == list(coded.atoms(name)), name
    assert named.rows("never").shape == (0, 1)
    assert named.symbols.find(7) is not None
    with pytest.raises(ValueError, match="not a ground atom"):
        named.holds(a("s", X))


def test_a_model_of_names_stays_as_it_is_when_facts_are_added() -> None:
    facts = Facts.of([a("p", "a"), a("other", "a")])
    program = compile_rules([Rule(a("q", X), a("p", X))])

    before = program.run(facts)
    facts.add(a("p", "b"))
    facts.add(a("other", "b"))

    assert not before.holds(a("p", "b"))
    assert [str(atom) for atom in before.atoms("other")] == ["other(a)"]
    assert program.run(facts).holds(a("q", "b"))


@pytest.mark.parametrize("wrong", [a("p", X), a("p", Arithmetic("+", 1, 2)), a("p", 2**63)])
def test_facts_that_are_none_are_refused_among_names(wrong) -> None:
    with pytest.raises(InputError):
        Facts.of([a("p", "a"), wrong])


def test_numbers_in_rules_are_refused_when_they_are_due() -> None:
    program = compile_rules([Rule(a("q", X, 2**63), a("p", X))])

    with pytest.raises(InputError, match="does not fit into 64 bits"):
        program.run(Facts.of([a("p", "a")]))
