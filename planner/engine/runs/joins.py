"""Evaluates bodies on columns, one literal after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

import numpy as np

from planner.engine.clauses import Absent, Body, Fold, open_variables
from planner.engine.runs.arithmetic import (
    codes_of,
    compare_codes,
    compare_columns,
    evaluate_expression,
    fold_groups,
)
from planner.engine.runs.expand import is_covered, joined, matched, multiplied, variables_in
from planner.engine.runs.meeting import Side, met_rows
from planner.engine.runs.order import order_body
from planner.engine.runs.packing import group_rows
from planner.engine.runs.table import UNIT, Table
from planner.kr.formulas import Atom, Comparison
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from planner.engine.runs.order import PlannedLiteral
    from planner.engine.runs.relation import Relation
    from planner.engine.symbols import SymbolTable
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.terms import Constant, Expression, Term

    Keys: TypeAlias = npt.NDArray[np.int64]

__all__ = ["Joiner", "MoreBitsNeededError"]

_ROW = "#row"


class MoreBitsNeededError(Exception):
    """Evaluation made more constants than keys have room for; it starts again with more bits."""


class Joiner:
    """Solves bodies over a set of relations.

    Attributes:
        relations: by predicate.
        bits: that a code may take.
    """

    def __init__(
        self,
        relations: Mapping[str, Relation],
        symbols: SymbolTable,
        bits: int,
        check: Callable[[], None],
    ) -> None:
        self.relations = relations
        self.bits = bits
        self._symbols = symbols
        self._check = check

    def over(
        self, relations: Mapping[str, Relation], check: Callable[[], None] | None = None
    ) -> Joiner:
        """The same over other relations, and with another check."""
        return Joiner(relations, self._symbols, self.bits, check or self._check)

    def solve(
        self,
        planned: Sequence[PlannedLiteral],
        table: Table = UNIT,
        *,
        delta_first: bool = False,
        old: Collection[int] = (),
    ) -> Iterator[Table]:
        """The bindings that make a body true, piece by piece.

        Args:
            planned: the body in its join order.
            table: the bindings to begin with.
            delta_first: the first literal reads only the rows of the last round.
            old: positions of literals that read only rows from before the last round.
        """
        if not planned:
            yield table
            return
        head, rest = planned[0], planned[1:]
        if delta_first:
            pieces = self._delta(head)
        elif head.meets >= 0 and (met := self._met(head, rest, table, old)) is not None:
            pieces, rest = met, [part for part in rest if part.position != head.meets]
        else:
            pieces = self._apply(head, table, head.position in old)
        for piece in pieces:
            if piece.count:
                yield from self.solve(rest, piece, old=old)

    def _apply(self, planned: PlannedLiteral, table: Table, is_old: bool) -> Iterator[Table]:
        literal, live = planned.literal, planned.live
        match literal:
            case Atom():
                yield from self._atom(literal, table, live, is_old)
            case Comparison():
                yield self._comparison(literal, table, live)
            case Absent():
                yield table.keep(~self._has_solution(literal, table), live)
            case Fold():
                yield self._fold(literal, table, live)
            case _:
                assert_never(literal)

    # Atoms.

    def _delta(self, planned: PlannedLiteral) -> Iterator[Table]:
        assert isinstance(planned.literal, Atom)
        relation = self.relations[planned.literal.predicate]
        yield self._scan(
            planned.literal, relation, relation.settled, relation.visible, planned.live
        )

    def _scan(
        self, atom: Atom, relation: Relation, start: int, end: int, live: Collection[str]
    ) -> Table:
        """All rows of a stretch of a relation that fit the atom."""
        columns: dict[str, IntArray] = {}
        mask: BoolArray | None = None
        for number, term in enumerate(atom.arguments):
            column = relation.column(number, start, end)
            if not isinstance(term, Variable):
                fits = column == self._symbols.code_of(term)
            elif term.name in columns:
                fits = column == columns[term.name]
            else:
                columns[term.name] = column
                continue
            mask = fits if mask is None else mask & fits
        table = Table(end - start, columns)
        return table.only(live) if mask is None else table.keep(mask, live)

    def _atom(
        self, atom: Atom, table: Table, live: Collection[str], is_old: bool
    ) -> Iterator[Table]:
        relation = self.relations[atom.predicate]
        end = relation.settled if is_old else relation.visible
        bound: list[int] = []
        probes: list[IntArray] = []
        new: list[tuple[int, str]] = []
        repeated: list[tuple[int, int]] = []
        names: dict[str, int] = {}
        for number, term in enumerate(atom.arguments):
            column = self.given(term, table)
            if column is not None:
                bound.append(number)
                probes.append(column)
                continue
            assert isinstance(term, Variable)
            if term.name in names:
                repeated.append((number, names[term.name]))
            else:
                names[term.name] = number
                new.append((number, term.name))
        if not end:
            return
        if not new:
            yield self._test(relation, probes, table, end, live)
        elif not bound:
            yield from self._multiply(atom, relation, table, end, live)
        elif not repeated and not any(name in live for _, name in new):
            counts = relation.index(tuple(bound)).counts(probes, end)
            yield table.keep(counts > 0, live)
        else:
            for rows, left in matched(relation.index(tuple(bound)), probes, end, self._check):
                yield joined(relation, table, left, rows, new, repeated, live)

    def _met(
        self,
        planned: PlannedLiteral,
        rest: Sequence[PlannedLiteral],
        table: Table,
        old: Collection[int],
    ) -> Iterator[Table] | None:
        """An atom and the later one that checks its new variable, if intersecting them pays."""
        checking = next(part for part in rest if part.position == planned.meets)
        sides: list[Side] = []
        (name,) = set(open_variables(planned.literal)) - table.columns.keys()
        for part in (planned, checking):
            atom = part.literal
            assert isinstance(atom, Atom)
            relation = self.relations[atom.predicate]
            end = relation.settled if part.position in old else relation.visible
            column = atom.arguments.index(Variable(name))
            if not end or atom.arguments.count(Variable(name)) > 1:
                return None
            bound = tuple(c for c in range(relation.arity) if c != column)
            given = [self.given(atom.arguments[c], table) for c in bound]
            probes = [probe for probe in given if probe is not None]
            sides.append(Side(relation, bound, probes, column, end))
        found = met_rows(sides[0], sides[1], len(self._symbols))
        if found is None:
            return None
        new = [(sides[0].column, name)]
        return (
            joined(sides[0].relation, table, left, rows, new, (), planned.live)
            for rows, left in found
        )

    def given(self, term: Expression, table: Table) -> IntArray | None:
        """The column of a constant or of a bound variable, shape (bindings,); else ``None``."""
        if isinstance(term, Variable):
            return table.columns.get(term.name)
        return np.full(table.count, self._symbols.code_of(term), dtype=np.int32)

    def _test(
        self,
        relation: Relation,
        probes: Sequence[IntArray],
        table: Table,
        end: int,
        live: Collection[str],
    ) -> Table:
        if not probes:
            return table.only(live)
        return table.keep(relation.contains(probes, end), live)

    def _multiply(
        self, atom: Atom, relation: Relation, table: Table, end: int, live: Collection[str]
    ) -> Iterator[Table]:
        names = {term.name for term in atom.arguments if isinstance(term, Variable)}
        kept = {name for name in names if name in live}
        other = self._scan(atom, relation, 0, end, kept)
        if not kept:
            yield table.only(live) if other.count else Table(0, {})
            return
        if not table.columns and table.count == 1:
            yield other
            return
        yield from multiplied(table, other, live)

    # Tests and values.

    def _comparison(self, literal: Comparison, table: Table, live: Collection[str]) -> Table:
        sign, left, right = literal.operator, literal.left, literal.right
        if sign == "=":
            if isinstance(left, Variable) and left.name not in table.columns:
                return self._assign(left, right, table, live)
            if isinstance(right, Variable) and right.name not in table.columns:
                return self._assign(right, left, table, live)
        plain = not any(isinstance(side, Arithmetic | FunctionTerm) for side in (left, right))
        if plain and sign in ("=", "!="):
            first, second = self.given(left, table), self.given(right, table)
            assert first is not None
            assert second is not None
            same = first == second
            return table.keep(same if sign == "=" else ~same, live)
        if isinstance(left, Variable) and isinstance(right, Variable):
            columns = table.columns[left.name], table.columns[right.name]
            found = compare_codes(sign, *columns, self._symbols)
            if found is not None:
                return table.keep(found, live)
        first_values = evaluate_expression(left, table, self._symbols)
        second_values = evaluate_expression(right, table, self._symbols)
        mask = compare_columns(sign, first_values, second_values, self._symbols)
        return table.keep(mask, live)

    def _assign(
        self, variable: Variable, expression: Expression, table: Table, live: Collection[str]
    ) -> Table:
        if not isinstance(expression, Arithmetic):
            column = self.given(expression, table)
            assert column is not None
            return table.having(variable.name, column).only(live)
        values = evaluate_expression(expression, table, self._symbols)
        codes, defined = self._intern(values)
        with_value = table.having(variable.name, codes)
        return with_value.only(live) if defined is None else with_value.keep(defined, live)

    def _intern(self, values: Keys | list[Constant | None]) -> tuple[IntArray, BoolArray | None]:
        codes = codes_of(values, self._symbols)
        if len(self._symbols) > 1 << self.bits:
            raise MoreBitsNeededError
        return codes

    # Nested bodies.

    def _groups(self, shared: Sequence[str], table: Table) -> tuple[Table, Keys]:
        """The different values of the shared variables, and which of them each binding has."""
        if not shared:
            return Table(1, {}), np.zeros(table.count, dtype=np.int64)
        columns = [table.columns[name] for name in shared]
        leaders, group = group_rows(columns, self.bits)
        return table.take(leaders, shared), group

    def _solve_nested(self, body: Body, seeds: Table, wanted: Sequence[str]) -> Iterator[Table]:
        """Solutions of a nested body for each seed; `_ROW` is the seed's number."""
        rows = np.arange(seeds.count, dtype=np.int32)
        planned = order_body(body, seeds.columns, (_ROW, *wanted), self.relations.__getitem__)
        yield from self.solve(planned, seeds.having(_ROW, rows))

    def _has_solution(self, literal: Absent, table: Table) -> BoolArray:
        if len(literal.bodies) == 1 and len(literal.bodies[0]) == 1:
            (only,) = literal.bodies[0]
            if isinstance(only, Atom) and is_covered(only, literal.shared):
                return self._contains(only, table)
        seeds, group = self._groups(literal.shared, table)
        found = np.zeros(seeds.count, dtype=np.bool_)
        for body in literal.bodies:
            for piece in self._solve_nested(body, seeds, ()):
                found[piece.columns[_ROW]] = True
        return found[group]

    def _contains(self, atom: Atom, table: Table) -> BoolArray:
        relation = self.relations[atom.predicate]
        if not relation.visible or not atom.arguments:
            return np.full(table.count, relation.visible > 0, dtype=np.bool_)
        probes = [c for term in atom.arguments if (c := self.given(term, table)) is not None]
        return relation.contains(probes, relation.visible)

    def _fold(self, literal: Fold, table: Table, live: Collection[str]) -> Table:
        seeds, group = self._groups(literal.shared, table)
        wanted = [v.name for v in variables_in(literal.terms)]
        rows: list[IntArray] = [np.zeros(0, dtype=np.int32)]
        terms: list[list[IntArray]] = [[np.zeros(0, dtype=np.int32)] for _ in literal.terms]
        for body in literal.bodies:
            for piece in self._solve_nested(body, seeds, wanted):
                columns, defined = self._term_codes(literal.terms, piece)
                rows.append(piece.columns[_ROW][defined])
                for store, column in zip(terms, columns, strict=True):
                    store.append(column[defined])
        gathered = [np.concatenate(store) for store in terms]
        seed_of = np.concatenate(rows).astype(np.int64)
        values = fold_groups(literal.function, seed_of, gathered, seeds.count, self._symbols)
        codes, has_value = self._intern(values)
        return self._bind(literal.result, codes, has_value, group, table, live)

    def _term_codes(
        self, terms: Sequence[Expression], table: Table
    ) -> tuple[list[IntArray], BoolArray]:
        defined = np.ones(table.count, dtype=np.bool_)
        columns: list[IntArray] = []
        for term in terms:
            if isinstance(term, Arithmetic):
                column, mask = self._intern(evaluate_expression(term, table, self._symbols))
                if mask is not None:
                    defined &= mask
            else:
                given = self.given(term, table)
                assert given is not None
                column = given
            columns.append(column)
        return columns, defined

    def _bind(
        self,
        result: Term,
        codes: IntArray,
        has_value: BoolArray | None,
        group: Keys,
        table: Table,
        live: Collection[str],
    ) -> Table:
        column = codes[group]
        mask = np.ones(table.count, dtype=np.bool_) if has_value is None else has_value[group]
        given = self.given(result, table)
        if given is None:
            assert isinstance(result, Variable)
            return table.having(result.name, column).keep(mask, live)
        return table.keep(mask & (given == column), live)
