"""Random stratified programs, for rule engines to agree on.

Predicate ``p<level><kind>`` of level k is read under negation and in aggregates only by rules of
higher levels, so every program is stratified. Rules are safe by construction: variables of heads,
comparisons and negations are drawn from those that a positive atom binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.formulas import Aggregate, And, Atom, Comparison, Exists, Forall, Formula, Not, Or
from planner.kr.rules import Rule
from planner.kr.terms import Arithmetic, Constant, TypedVariable, Variable

if TYPE_CHECKING:
    import random

    from planner.kr.terms import Expression, Term

__all__ = ["Generated", "random_program"]

OBJECTS = ("a", "b", "c", "d")
NUMBERS = (0, 1, 2, 3, -1)
VARIABLES = tuple(Variable(name) for name in "xyzw")
LARGEST = 20
"""Arithmetic never leaves this bound: generated rules test for it, so programs terminate."""


@dataclass(frozen=True)
class Generated:
    """A program, its facts, and the arity of every predicate."""

    rules: tuple[Rule, ...]
    facts: tuple[Atom, ...]
    arities: dict[str, int]


class _Generator:
    def __init__(self, rng: random.Random, *, rich: bool) -> None:
        self.rng = rng
        self.rich = rich
        # Columns of numbers are marked `n`, columns of objects `o`.
        self.kinds: dict[str, str] = {}
        self.level: dict[str, int] = {}
        for level in range(rng.randint(2, 4)):
            for number in range(rng.randint(1, 3)):
                kinds = "".join(rng.choice("oon") for _ in range(rng.choice((0, 1, 1, 2, 2, 3))))
                self.kinds[f"p{level}{'abc'[number]}"] = kinds
                self.level[f"p{level}{'abc'[number]}"] = level

    def run(self) -> Generated:
        rng = self.rng
        facts = [self.fact() for _ in range(rng.randint(2, 14))]
        rules = [rule for _ in range(rng.randint(2, 8)) if (rule := self.rule()) is not None]
        arities = {name: len(kinds) for name, kinds in self.kinds.items()}
        return Generated(tuple(rules), tuple(facts), arities)

    def constant(self, kind: str) -> Constant:
        return self.rng.choice(NUMBERS if kind == "n" else OBJECTS)

    def fact(self) -> Atom:
        name = self.rng.choice(list(self.kinds))
        return Atom(name, tuple(self.constant(kind) for kind in self.kinds[name]))

    def rule(self) -> Rule | None:
        rng = self.rng
        name = rng.choice(list(self.kinds))
        level = self.level[name]
        known: dict[Variable, str] = {}
        parts: list[Formula] = []
        readable = [p for p in self.kinds if self.level[p] <= level]
        lower = [p for p in self.kinds if self.level[p] < level]
        for _ in range(rng.randint(1, 3)):
            parts.append(self.atom(rng.choice(readable), known))
        for _ in range(rng.choice((0, 0, 1, 2))):
            parts.append(self.test(known, lower))
        if self.rich and lower and rng.random() < 0.3:
            parts.append(self.aggregate(known, lower))
        rng.shuffle(parts)
        head = tuple(self.head_term(kind, known) for kind in self.kinds[name])
        for term in head:
            if isinstance(term, Arithmetic):
                parts.append(Comparison("<=", term, LARGEST))
                parts.append(Comparison(">=", term, -LARGEST))
        return Rule(Atom(name, head), And(tuple(parts)))

    def atom(self, name: str, known: dict[Variable, str], *, bind: bool = True) -> Atom:
        return Atom(name, tuple(self.term(kind, known, bind) for kind in self.kinds[name]))

    def term(self, kind: str, known: dict[Variable, str], bind: bool) -> Term:
        rng = self.rng
        if rng.random() < 0.15:
            return self.constant(kind)
        fitting = [v for v in VARIABLES if known.get(v, kind if bind else "") == kind]
        if not fitting:
            return self.constant(kind)
        variable = rng.choice(fitting)
        known[variable] = kind
        return variable

    def head_term(self, kind: str, known: dict[Variable, str]) -> Expression:
        fitting = [v for v, k in known.items() if k == kind]
        if not fitting or self.rng.random() < 0.1:
            return self.constant(kind)
        variable = self.rng.choice(fitting)
        if kind == "n" and self.rich and self.rng.random() < 0.4:
            return self.arithmetic(variable, known)
        return variable

    def arithmetic(self, variable: Variable, known: dict[Variable, str]) -> Arithmetic:
        sign = self.rng.choice(("+", "-", "*", "//", "mod"))
        if sign in ("//", "mod"):
            # clingo truncates towards zero; the two agree on what tests can bound below by zero.
            return Arithmetic("+", variable, self.rng.choice((1, 2)))
        numbers = [v for v, k in known.items() if k == "n"]
        other = self.rng.choice([*numbers, 1, 2])
        return Arithmetic(sign, variable, other)

    def test(self, known: dict[Variable, str], lower: list[str]) -> Formula:
        rng = self.rng
        if lower and rng.random() < 0.5:
            negated = self.atom(rng.choice(lower), known, bind=False)
            return Not(negated)
        numbers = [v for v, k in known.items() if k == "n"]
        if numbers and rng.random() < 0.6:
            sign = rng.choice(("<", "<=", ">", ">=", "=", "!="))
            return Comparison(sign, rng.choice(numbers), rng.choice([*numbers, 0, 1, 2]))
        if not known:
            return Comparison("!=", self.constant("o"), self.constant("o"))
        variable = rng.choice(list(known))
        same = [v for v, k in known.items() if k == known[variable]]
        other = rng.choice([*same, self.constant(known[variable])])
        return Comparison(rng.choice(("=", "!=")), variable, other)

    def aggregate(self, known: dict[Variable, str], lower: list[str]) -> Formula:
        """An aggregate; its result is a new variable or is compared with what is bound."""
        rng = self.rng
        inner = dict(known)
        body: list[Formula] = [self.atom(rng.choice(lower), inner)]
        if rng.random() < 0.3:
            body.append(self.atom(rng.choice(lower), inner))
        used = [v for v in inner if v not in known]
        if not used:
            return Comparison("=", 0, 0)
        numbers = [v for v in used if inner[v] == "n"]
        function = rng.choice(("count", "sum", "min", "max") if numbers else ("count",))
        terms = rng.sample(used, rng.randint(1, len(used)))
        if function != "count":
            first = rng.choice(numbers)
            terms = [first, *(t for t in terms if t != first)]
        free = [v for v in VARIABLES if v not in inner]
        result: Term = rng.choice([0, 1, 2])
        if free and rng.random() < 0.8:
            result = free[0]
            known[free[0]] = "n"
            # Kept small, so that sums through levels stay comparable.
        return Aggregate(result, function, tuple(terms), And(tuple(body)))


def random_program(rng: random.Random, *, rich: bool = True) -> Generated:
    """A program of a few rules; ``rich`` adds aggregates and arithmetic."""
    return _Generator(rng, rich=rich).run()


def quantified(rng: random.Random) -> tuple[Formula, Formula]:
    """A formula with quantifiers over ``e/2``, ``s/1``, and an equal one without ``forall``."""
    x, y = Variable("x"), Variable("y")
    condition = rng.choice((Atom("e", (x, y)), Atom("e", (y, x))))
    body = rng.choice((Atom("s", (y,)), Not(Atom("s", (y,))), Or((Atom("s", (y,)), Atom("t")))))
    every = (TypedVariable("y"),)
    return Forall(every, condition, body), Not(Exists(every, And((condition, Not(body)))))
