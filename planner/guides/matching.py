"""Making queries of conditions of the rule language.

A condition becomes patterns, which a join binds, and tests, which are asked of each match:
negations, quantifiers, comparisons and aggregates, each a small query of its own.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, assert_never

from planner.engine.matching import UNBOUND, Pattern
from planner.engine.values import combine, compare, fold
from planner.errors import UnsupportedError
from planner.guides.queries import Condition, Query, Slots, Test
from planner.kr.formulas import (
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
    conjoin,
    disjoin,
    show,
    substitute,
)
from planner.kr.terms import (
    ANY_TYPE,
    VALUE_TYPES,
    Arithmetic,
    Expression,
    FunctionTerm,
    TypedVariable,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.guides.state_facts import StateFacts
    from planner.kr.terms import Constant

__all__ = ["compile_queries"]


def compile_queries(facts: StateFacts, formula: Formula, slots: Slots) -> list[Query]:
    """The queries whose matches together are those of a formula.

    Raises:
        UnsupportedError: for a construct that control conditions do not read.
    """
    return [_compile(facts, literals, slots) for literals in _alternatives(formula, slots)]


def _alternatives(formula: Formula, slots: Slots) -> list[list[Formula]]:
    """Disjunctive form: conjunctions of atoms, modal atoms, closures and tests."""
    match formula:
        case And(parts):
            products: list[list[Formula]] = [[]]
            for part in parts:
                options = _alternatives(part, slots)
                products = [done + option for done in products for option in options]
            return products
        case Or(parts):
            return [option for part in parts for option in _alternatives(part, slots)]
        case Exists(variables, body):
            return _alternatives(_opened(variables, body, slots), slots)
        case Not(Not(body)):
            return _alternatives(body, slots)
        case _:
            return [[formula]]


def _opened(variables: Sequence[TypedVariable], body: Formula, slots: Slots) -> Formula:
    """The body with fresh variables, and their types as atoms."""
    renamed = {v.name: Variable(slots.fresh(v.name)) for v in variables}
    types = [
        disjoin(*(Atom(t, (renamed[v.name],)) for t in v.types))
        for v in variables
        if not {ANY_TYPE, *VALUE_TYPES} & set(v.types)
    ]
    return conjoin(substitute(body, renamed), *types)


def _compile(facts: StateFacts, literals: Sequence[Formula], slots: Slots) -> Query:
    patterns: list[Pattern] = []
    rest: list[Formula] = []
    unequal: list[tuple[Formula, int, int]] = []
    for literal in literals:
        match literal:
            case Atom(predicate, arguments):
                patterns.append(_pattern(facts, predicate, "", arguments, slots))
            case Modal(mode, atom):
                patterns.append(_pattern(facts, atom.predicate, mode, atom.arguments, slots))
            case Closure(predicate, pair):
                pattern = _pattern(facts, predicate, "", pair, slots, closure=True)
                known = facts.chains(predicate)
                if known is not None:
                    pattern = Pattern(known, pattern.arguments)
                patterns.append(pattern)
            case Comparison("!=", Variable(left), Variable(right)) if left != right:
                unequal.append((literal, slots.of(left), slots.of(right)))
            case _:
                rest.append(literal)
    rest += [literal for literal, *pair in unequal if not _differ(facts, patterns, pair)]
    bound = {~a for p in patterns if not p.closure for a in p.arguments if a < 0}
    for pattern in [p for p in patterns if p.closure]:
        if not any(a >= 0 or ~a in bound for a in pattern.arguments):
            # A closure needs a bound end: what starts it starts one of its steps.
            step = (pattern.arguments[0], ~slots.of(slots.fresh("next")))
            patterns.append(Pattern(pattern.predicate, step))
        bound.update(~a for a in pattern.arguments if a < 0)
    conditions = _conditions(facts, rest, slots, frozenset(bound))
    return Query(facts, slots, tuple(patterns), tuple(conditions))


def _differ(facts: StateFacts, patterns: Iterable[Pattern], pair: Sequence[int]) -> bool:
    """Whether facts that never change keep two variables apart, such as a truck and a parcel.

    A test between parts of a condition makes one of them, whose matches are a product.
    """
    possible: list[set[int] | None] = [None, None]
    for pattern in patterns:
        if pattern.closure or not facts.is_fixed(pattern.predicate):
            continue
        for place, argument in enumerate(pattern.arguments):
            for number, slot in enumerate(pair):
                if argument == ~slot:
                    values = set(facts.index.column(pattern.predicate, place))
                    known = possible[number]
                    possible[number] = values if known is None else known & values
    first, second = possible
    return first is not None and second is not None and first.isdisjoint(second)


def _pattern(
    facts: StateFacts,
    predicate: str,
    mode: str,
    arguments: Sequence[Expression],
    slots: Slots,
    *,
    closure: bool = False,
) -> Pattern:
    codes = []
    for argument in arguments:
        match argument:
            case Variable(name):
                codes.append(~slots.of(name))
            case Arithmetic() | FunctionTerm():
                raise UnsupportedError(f"arithmetic inside {predicate}(..) in a control rule")
            case _:
                codes.append(facts.symbols.code(argument))
    return Pattern(facts.code(predicate, mode), tuple(codes), closure)


def _conditions(
    facts: StateFacts, literals: Sequence[Formula], slots: Slots, bound: frozenset[int]
) -> list[Condition]:
    """Tests in an order in which each reads only what is bound before it."""
    waiting = [_condition(facts, literal, slots) for literal in literals]
    known = set(bound)
    ordered: list[Condition] = []
    while waiting:
        ready = [c for c in waiting if c.reads - {c.defines} <= known]
        # What never gets bound is existential inside its test, as in `not on(?, ?x)`.
        chosen = ready[0] if ready else waiting[0]
        waiting.remove(chosen)
        ordered.append(chosen)
        known |= {*chosen.reads, chosen.defines}
    return ordered


def _condition(facts: StateFacts, formula: Formula, slots: Slots) -> Condition:
    match formula:
        case Not(body):
            return _negation(facts, body, slots)
        case Forall(variables, condition, body):
            counterexample = _opened(variables, conjoin(condition, Not(body)), slots)
            return _negation(facts, counterexample, slots)
        case Comparison():
            return _comparison(facts, formula, slots)
        case Aggregate():
            return _aggregate(facts, formula, slots)
        case Atom() | Modal() | Closure() | And() | Or() | Exists():
            raise UnsupportedError(f"a control rule cannot read `{show(formula)}` here")
        case _:
            assert_never(formula)


def _negation(facts: StateFacts, body: Formula, slots: Slots) -> Condition:
    queries = compile_queries(facts, body, slots)
    reads = _mentioned(queries)

    def holds(binding: list[int]) -> bool:
        given = [(slot, binding[slot]) for slot in reads if _value(binding, slot) >= 0]
        return not any(query.holds(given) for query in queries)

    test: Test = holds
    if len(queries) == 1 and len(queries[0].patterns) == 1 and not queries[0].conditions:
        (pattern,) = queries[0].patterns
        test = holds if pattern.closure else _absent(facts, pattern, holds)
    return Condition(test, frozenset(_outer(reads, slots)))


def _absent(facts: StateFacts, pattern: Pattern, otherwise: Test) -> Test:
    """The negation of one atom: a look at the index where all of it is bound."""

    index, predicate, arguments = facts.index, pattern.predicate, pattern.arguments
    # A match has a place for every slot of the rule, those of negations included, but not while
    # a negation is tested inside another one.
    width = 1 + max([~a for a in arguments if a < 0], default=0)

    def holds(binding: list[int]) -> bool:
        if len(binding) < width:
            return otherwise(binding)
        row = tuple([a if a >= 0 else binding[~a] for a in arguments])
        if UNBOUND in row:
            return otherwise(binding)
        return not index.holds(predicate, row)

    return holds


def _mentioned(queries: Iterable[Query]) -> list[int]:
    found: dict[int, None] = {}
    for query in queries:
        for pattern in query.patterns:
            found.update(dict.fromkeys(~a for a in pattern.arguments if a < 0))
        for condition in query.conditions:
            found.update(dict.fromkeys(sorted(condition.reads)))
    return list(found)


def _outer(reads: Iterable[int], slots: Slots) -> Iterator[int]:
    """Slots of variables that are written in the rule, not made by us nor anonymous."""
    names = {slot: name for name, slot in slots.place.items()}
    return (s for s in reads if "#" not in names[s] and not names[s].startswith("_"))


def _value(binding: Sequence[int], slot: int) -> int:
    return binding[slot] if slot < len(binding) else UNBOUND


def _comparison(facts: StateFacts, formula: Comparison, slots: Slots) -> Condition:
    left, right = formula.left, formula.right
    reads = frozenset(slots.of(name) for e in (left, right) for name in _names(e))
    source, defines = right, -1
    if formula.operator == "=":
        if isinstance(left, Variable):
            defines = slots.of(left.name)
        elif isinstance(right, Variable):
            source, defines = left, slots.of(right.name)

    def holds(binding: list[int]) -> bool:
        if defines >= 0 and binding[defines] < 0:
            value = _evaluate(facts, source, slots, binding)
            if value is None:
                return False
            binding[defines] = facts.symbols.code(value)
            return True
        first = _evaluate(facts, left, slots, binding)
        second = _evaluate(facts, right, slots, binding)
        return compare(formula.operator, first, second, facts.symbols)

    return Condition(holds, reads, defines)


def _aggregate(facts: StateFacts, formula: Aggregate, slots: Slots) -> Condition:
    queries = compile_queries(facts, formula.body, slots)
    result = formula.result
    defines = slots.of(result.name) if isinstance(result, Variable) else -1
    inner = _mentioned(queries)
    own = {slots.of(n) for term in formula.terms for n in _names(term)}
    reads = frozenset(_outer(inner, slots)) - own

    def holds(binding: list[int]) -> bool:
        given = [(slot, binding[slot]) for slot in inner if _value(binding, slot) >= 0]
        rows: dict[tuple[Constant, ...], None] = {}
        for match in chain.from_iterable(query.matches(given) for query in queries):
            row = [_evaluate(facts, term, slots, match) for term in formula.terms]
            rows[tuple(value for value in row if value is not None)] = None
        value = fold(formula.function, rows, facts.symbols)
        if value is None:
            return False
        code = facts.symbols.code(value)
        if defines >= 0 and binding[defines] < 0:
            binding[defines] = code
            return True
        wanted = binding[defines] if defines >= 0 else facts.symbols.code(_constant(result))
        return code == wanted

    return Condition(holds, reads, defines)


def _constant(term: Expression) -> Constant:
    assert not isinstance(term, Variable | Arithmetic | FunctionTerm), "a constant was expected"
    return term


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Variable(name):
            yield name
        case Arithmetic(_, left, right):
            yield from _names(left)
            yield from _names(right)
        case FunctionTerm():
            raise UnsupportedError("the value of a predicate inside a control rule")
        case _:
            return


def _evaluate(
    facts: StateFacts, expression: Expression, slots: Slots, binding: Sequence[int]
) -> Constant | None:
    """The value of an expression; ``None`` where a variable is free or a number is missing."""
    match expression:
        case Variable(name):
            code = _value(binding, slots.of(name))
            return None if code < 0 else facts.symbols.constant(code)
        case Arithmetic(symbol, left, right):
            return combine(
                symbol,
                _evaluate(facts, left, slots, binding),
                _evaluate(facts, right, slots, binding),
            )
        case FunctionTerm():
            return None
        case _:
            return expression
