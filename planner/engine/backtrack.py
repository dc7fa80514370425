"""Solves bodies by backtracking over a finished model, for explanations.

Slow beside the tiers, but it can be asked for one solution at a time and under extra conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from planner.engine.clauses import Absent, Body, BodyLiteral, Fold, is_ready
from planner.engine.values import combine, compare, fold
from planner.kr.formulas import Atom, Comparison, expression_variables
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.engine.extension import Extension
    from planner.engine.symbols import SymbolTable
    from planner.kr.terms import Constant, Expression, Term

    Row: TypeAlias = tuple[int, ...]
    Binding: TypeAlias = dict[str, int]

__all__ = ["Backtracker"]


class Backtracker:
    """Finds solutions of bodies over the extensions of predicates.

    Bindings are codes by variable. ``admits`` restricts the rows that atoms outside of nested
    bodies may use.
    """

    def __init__(self, extension: Callable[[str], Extension], symbols: SymbolTable) -> None:
        self._extension = extension
        self._symbols = symbols

    def solutions(
        self,
        body: Body,
        binding: Binding,
        admits: Callable[[str, Row], bool] | None = None,
    ) -> Iterator[Binding]:
        """Every extension of a binding that makes a body true; copies the caller may keep."""
        yield from self._solve(body, binding, admits)

    def extend(
        self,
        literal: BodyLiteral,
        binding: Binding,
        admits: Callable[[str, Row], bool] | None = None,
    ) -> Iterator[Binding]:
        """Every extension of a binding that makes a literal true; none when it is not ready."""
        match literal:
            case _ if not is_ready(literal, binding):
                return
            case Atom():
                yield from self._atom(literal, binding, admits)
            case Comparison():
                yield from self._comparison(literal, binding)
            case Absent(bodies):
                if not any(True for body in bodies for _ in self.solutions(body, binding)):
                    yield dict(binding)
            case Fold():
                value = self.fold_value(literal, binding)
                yield from self._equals(literal.result, value, binding)
            case _:
                assert_never(literal)

    def unify(self, terms: Sequence[Expression], row: Row, binding: Binding) -> Binding | None:
        """The binding under which terms are the constants of a row, if there is one."""
        result = dict(binding)
        for term, code in zip(terms, row, strict=True):
            if isinstance(term, Variable):
                if result.setdefault(term.name, code) != code:
                    return None
            elif self._symbols.code_of(term) != code:
                return None
        return result

    def value(self, expression: Expression, binding: Binding) -> Constant | None:
        """The value of an expression whose variables are bound."""
        match expression:
            case Variable(name):
                return self._symbols.constant(binding[name])
            case Arithmetic(sign, left, right):
                return combine(sign, self.value(left, binding), self.value(right, binding))
            case FunctionTerm():
                raise AssertionError("function terms are gone after normalisation")
            case _:
                return expression

    def row(self, atom: Atom, binding: Binding) -> Row:
        """The codes of an atom whose variables are bound."""
        code_of = self._symbols.code_of
        return tuple(
            [binding[t.name] if isinstance(t, Variable) else code_of(t) for t in atom.arguments]
        )

    def fold_value(self, literal: Fold, binding: Binding) -> Constant | None:
        """The value of an aggregate."""
        given = {name: binding[name] for name in literal.shared}
        found: dict[tuple[Constant, ...], None] = {}
        for body in literal.bodies:
            for solution in self.solutions(body, given):
                values = [self.value(term, solution) for term in literal.terms]
                defined = tuple(v for v in values if v is not None)
                if len(defined) == len(values):
                    found[defined] = None
        return fold(literal.function, found, self._symbols)

    def _solve(
        self,
        waiting: Sequence[BodyLiteral],
        binding: Binding,
        admits: Callable[[str, Row], bool] | None,
    ) -> Iterator[Binding]:
        if not waiting:
            yield dict(binding)
            return
        chosen = self._next(waiting, binding)
        rest = [literal for i, literal in enumerate(waiting) if i != chosen]
        for extended in self.extend(waiting[chosen], binding, admits):
            yield from self._solve(rest, extended, admits)

    def _next(self, waiting: Sequence[BodyLiteral], binding: Binding) -> int:
        """The first test that is ready, else the atom that the fewest rows match."""
        best, fewest = 0, -1
        for index, literal in enumerate(waiting):
            if isinstance(literal, Atom):
                columns, key = self._key(literal, binding)
                count = self._extension(literal.predicate).matching_count(columns, key)
                if fewest < 0 or count < fewest:
                    best, fewest = index, count
            elif is_ready(literal, binding):
                return index
        return best

    def _atom(
        self, atom: Atom, binding: Binding, admits: Callable[[str, Row], bool] | None
    ) -> Iterator[Binding]:
        for row in self._extension(atom.predicate).matching(*self._key(atom, binding)):
            if admits is None or admits(atom.predicate, row):
                extended = self.unify(atom.arguments, row, binding)
                if extended is not None:
                    yield extended

    def _key(self, atom: Atom, binding: Binding) -> tuple[Row, Row]:
        """The columns of an atom that are bound, and their codes."""
        columns: list[int] = []
        key: list[int] = []
        code_of = self._symbols.code_of
        for column, term in enumerate(atom.arguments):
            code = binding.get(term.name) if isinstance(term, Variable) else code_of(term)
            if code is not None:
                columns.append(column)
                key.append(code)
        return tuple(columns), tuple(key)

    def _comparison(self, literal: Comparison, binding: Binding) -> Iterator[Binding]:
        sign, left, right = literal.operator, literal.left, literal.right
        unbound = [
            side
            for side in (left, right)
            if any(name not in binding for name in expression_variables(side))
        ]
        if unbound:
            (variable,) = unbound
            assert isinstance(variable, Variable)
            other = right if variable is left else left
            yield from self._equals(variable, self.value(other, binding), binding)
        elif compare(sign, self.value(left, binding), self.value(right, binding), self._symbols):
            yield dict(binding)

    def _equals(self, term: Term, value: Constant | None, binding: Binding) -> Iterator[Binding]:
        if value is None:
            return
        extended = self.unify((term,), (self._symbols.code(value),), binding)
        if extended is not None:
            yield extended
