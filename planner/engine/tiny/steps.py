"""Bodies as chains of closures.

A step is a closure over an index, slots and the step that follows it. Values of variables stand
in one list, the environment: variables from its front, the program's constants from its back. A
step returns True to stop the search, which is how a nested body ends at its first solution.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, assert_never

from planner.engine.clauses import Absent, Fold, open_variables, schedule
from planner.engine.tiny.closures import (
    Elders,
    TooLargeError,
    absent,
    chain,
    check,
    check_elder,
    emitter,
    probe,
    row_maker,
    same,
    scan,
    scan_delta,
    succeed,
)
from planner.engine.values import combine, compare, fold
from planner.kr.formulas import Atom, Comparison
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.engine.clauses import Body, BodyLiteral
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.relation import TinyRelation
    from planner.kr.terms import Constant, Expression

    Row: TypeAlias = tuple[int, ...]
    Environment: TypeAlias = "list[int]"
    Step: TypeAlias = Callable[[Environment], bool]
    Evaluator: TypeAlias = Callable[[Environment], Constant | None]
    # Key of an index from an environment; bare codes for single columns.
    KeyOf: TypeAlias = Callable[[Environment], int | Row]
    Emit: TypeAlias = Callable[[TinyRelation, Callable[[Environment], Row]], Step]

__all__ = ["Compiler", "Elders", "TooLargeError"]


class Compiler:
    """Compiles the clauses of one program, which share an environment layout.

    Args:
        relation_of: the relation of a predicate, by its arity too.
        emit: makes the last step of clauses; without it rows that are not there become fresh.

    Attributes:
        symbols: of the run in progress.
    """

    def __init__(
        self, relation_of: Callable[[str, int], TinyRelation], emit: Emit | None = None
    ) -> None:
        self.relation_of = relation_of
        self._emit = emit
        self.symbols: SymbolTable | None = None
        self._constants: dict[Constant, int] = {}
        self._width = 0

    def begin(self, symbols: SymbolTable) -> Environment:
        """Start a run: intern the constants of the program and lay out an environment."""
        self.symbols = symbols
        codes = [symbols.code(constant) for constant in reversed(self._constants)]
        return [0] * self._width + codes

    def constant_slot(self, constant: Constant) -> int:
        """The slot of a constant, counted from the back."""
        number = self._constants.setdefault(constant, len(self._constants))
        return -1 - number

    def clause(self, head: Atom, body: Body, first: int = -1, emit: Emit | None = None) -> Step:
        """Compile a clause; literal ``first`` reads only the last delta (-1: none does).

        ``emit`` makes the last step of this clause from the head's relation and rows.
        """
        slots: dict[str, int] = {}
        order = schedule(body, (), first)
        relation = self.relation_of(head.predicate, len(head.arguments))
        makers: list[Callable[[Step], Step]] = [
            self._literal(body[i], slots, from_delta=i == first) for i in order
        ]
        head_slots = [self._slot(a, slots) for a in head.arguments]
        emit = emit or self._emit
        if emit is None:
            step = emitter(relation, head_slots)
        else:
            step = emit(relation, row_maker(head_slots))
        self._width = max(self._width, len(slots))
        return chain(makers, step)

    def support(
        self, head: Atom, body: Body, elders: Elders | None = None
    ) -> Callable[[Environment, Row], bool]:
        """Compile the question whether a clause derives a given row, from ``elders`` if given."""
        slots: dict[str, int] = {}
        variables: list[tuple[int, int]] = []
        tests: list[tuple[int, int]] = []
        for column, term in enumerate(head.arguments):
            if isinstance(term, Variable) and term.name not in slots:
                slots[term.name] = len(slots)
                variables.append((column, slots[term.name]))
            else:
                tests.append((column, self._slot(term, slots)))
        found = self._nested(body, slots, succeed, elders)
        self._width = max(self._width, len(slots))

        def is_supported(env: Environment, row: Row) -> bool:
            for column, slot in variables:
                env[slot] = row[column]
            return all(row[column] == env[slot] for column, slot in tests) and found(env)

        return is_supported

    def _slot(self, term: Expression, slots: dict[str, int]) -> int:
        if isinstance(term, Variable):
            return slots[term.name]
        assert not isinstance(term, Arithmetic | FunctionTerm)
        return self.constant_slot(term)

    def _literal(
        self, literal: BodyLiteral, slots: dict[str, int], *, from_delta: bool = False
    ) -> Callable[[Step], Step]:
        """What wraps the next step; new variables get their slots here."""
        match literal:
            case Atom():
                return self._atom(literal, slots, from_delta=from_delta)
            case Comparison():
                return self._comparison(literal, slots)
            case Absent(bodies):
                alternatives = [self._nested(body, slots, succeed) for body in bodies]
                return lambda then: absent(alternatives, then)
            case Fold():
                return self._fold(literal, slots)
            case _:
                assert_never(literal)

    def _nested(
        self, body: Body, slots: dict[str, int], last: Step, elders: Elders | None = None
    ) -> Step:
        inner = dict(slots)
        makers: list[Callable[[Step], Step]] = []
        for index in schedule(body, inner):
            literal = body[index]
            if elders and isinstance(literal, Atom) and literal.predicate in elders.predicates:
                if not all(name in inner for name in open_variables(literal)):
                    makers.append(self._literal(literal, inner))
                makers.append(self._elder(literal, inner, elders))
            else:
                makers.append(self._literal(literal, inner))
        self._width = max(self._width, len(inner))
        return chain(makers, last)

    def _elder(self, atom: Atom, slots: dict[str, int], elders: Elders) -> Callable[[Step], Step]:
        relation = self.relation_of(atom.predicate, len(atom.arguments))
        row_of = row_maker([self._slot(term, slots) for term in atom.arguments])
        return lambda then: check_elder(relation, row_of, elders, then)

    def _atom(
        self, atom: Atom, slots: dict[str, int], *, from_delta: bool
    ) -> Callable[[Step], Step]:
        relation = self.relation_of(atom.predicate, len(atom.arguments))
        bound: list[tuple[int, int]] = []
        assigned: list[tuple[int, int]] = []
        repeated: list[tuple[int, int]] = []
        new: dict[str, int] = {}
        for column, term in enumerate(atom.arguments):
            if not isinstance(term, Variable) or term.name in slots:
                bound.append((column, self._slot(term, slots)))
            elif term.name in new:
                repeated.append((column, new[term.name]))
            else:
                new[term.name] = len(slots) + len(new)
                assigned.append((column, new[term.name]))
        slots.update(new)
        if from_delta:
            return lambda then: scan_delta(relation, [*bound, *repeated], assigned, then)
        if not bound:
            return lambda then: scan(relation, assigned, repeated, then)
        if len(bound) == len(atom.arguments):
            row_of = row_maker([slot for _, slot in bound])
            return lambda then: check(relation, row_of, then)
        index = relation.index_on(tuple(column for column, _ in bound))
        key_of: KeyOf = itemgetter(*(slot for _, slot in bound))
        return lambda then: probe(relation, index, key_of, assigned, repeated, then)

    def _comparison(self, literal: Comparison, slots: dict[str, int]) -> Callable[[Step], Step]:
        sign, left, right = literal.operator, literal.left, literal.right
        if sign == "=":
            if isinstance(left, Variable) and left.name not in slots:
                return self._assign(left, right, slots)
            if isinstance(right, Variable) and right.name not in slots:
                return self._assign(right, left, slots)
        if sign in ("=", "!=") and not any(
            isinstance(side, Arithmetic | FunctionTerm) for side in (left, right)
        ):
            pair = self._slot(left, slots), self._slot(right, slots)
            return lambda then: same(*pair, sign == "=", then)
        first, second = self._evaluator(left, slots), self._evaluator(right, slots)

        def make(then: Step) -> Step:
            def step(env: Environment) -> bool:
                assert self.symbols is not None
                if compare(sign, first(env), second(env), self.symbols):
                    return then(env)
                return False

            return step

        return make

    def _assign(
        self, variable: Variable, expression: Expression, slots: dict[str, int]
    ) -> Callable[[Step], Step]:
        value_of = self._evaluator(expression, slots)
        slot = slots[variable.name] = len(slots)

        def make(then: Step) -> Step:
            def step(env: Environment) -> bool:
                assert self.symbols is not None
                value = value_of(env)
                if value is None:
                    return False
                env[slot] = self.symbols.code(value)
                return then(env)

            return step

        return make

    def _evaluator(self, expression: Expression, slots: dict[str, int]) -> Evaluator:
        if isinstance(expression, Arithmetic):
            sign = expression.operator
            left = self._evaluator(expression.left, slots)
            right = self._evaluator(expression.right, slots)
            return lambda env: combine(sign, left(env), right(env))
        slot = self._slot(expression, slots)

        def value(env: Environment) -> Constant:
            assert self.symbols is not None
            return self.symbols.constant(env[slot])

        return value

    def _fold(self, literal: Fold, slots: dict[str, int]) -> Callable[[Step], Step]:
        found: dict[tuple[Constant, ...], None] = {}
        alternatives = [self._collector(body, literal, slots, found) for body in literal.bodies]
        result = literal.result
        is_new = isinstance(result, Variable) and result.name not in slots
        if isinstance(result, Variable) and is_new:
            slots[result.name] = len(slots)
        slot = self._slot(result, slots)

        def make(then: Step) -> Step:
            def step(env: Environment) -> bool:
                assert self.symbols is not None
                found.clear()
                for alternative in alternatives:
                    alternative(env)
                value = fold(literal.function, found, self.symbols)
                if value is None:
                    return False
                if is_new:
                    env[slot] = self.symbols.code(value)
                    return then(env)
                return self.symbols.constant(env[slot]) == value and then(env)

            return step

        return make

    def _collector(
        self,
        body: Body,
        literal: Fold,
        slots: dict[str, int],
        found: dict[tuple[Constant, ...], None],
    ) -> Step:
        inner = dict(slots)
        makers = [self._literal(body[i], inner) for i in schedule(body, inner)]
        self._width = max(self._width, len(inner) + 1)
        terms = [self._evaluator(term, inner) for term in literal.terms]

        def collect(env: Environment) -> bool:
            values = tuple(value for term in terms if (value := term(env)) is not None)
            if len(values) == len(terms):
                found[values] = None
            return False

        return chain(makers, collect)
