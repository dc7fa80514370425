"""Plain rules evaluated as data, for programs of a few facts that are run once or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.engine.tiny.plain import join_of
from planner.engine.tiny.steps import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.facts import Facts
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.plain import Columns, PlainProgram, PlainRule, Step

    Row: TypeAlias = tuple[int, ...]
    Rows: TypeAlias = dict[Row, int]

__all__ = ["run_plain"]

# Beyond these the closures' indexes and deltas pay.
_ROWS = 400
_ENVIRONMENTS = 20_000
_ONE_EMPTY: Collection[Row] = ((),)


def run_plain(
    program: PlainProgram, facts: Facts, check: Callable[[], None] | None = None
) -> dict[str, Rows]:
    """The rows of every predicate that the rules name, each with a round.

    ``check`` is called between rounds and raises to stop.

    Raises:
        TooLargeError: when there are more than a few hundred rows.
    """
    tables = facts.lend(program.arities)
    symbols = facts.symbols
    full = {name for name, rows in tables.items() if rows}
    own: set[str] = set()
    room = _ROWS
    round_number = 0
    for stratum in program.strata:
        due: Sequence[PlainRule] = stratum
        while due:
            round_number += 1
            changed: set[str] = set()
            for rule in due:
                if not full.issuperset(rule.reads):
                    continue
                fresh = _derive(rule, tables, symbols)
                if fresh:
                    head = rule.head
                    if head not in own:
                        own.add(head)
                        tables[head] = dict(tables[head])
                    tables[head].update(dict.fromkeys(fresh, round_number))
                    changed.add(head)
                    room -= len(fresh)
            if not changed:
                break
            if room < 0:
                raise TooLargeError("too many rows for the evaluation of plain rules")
            if check is not None:
                check()
            full |= changed
            due = [rule for rule in stratum if not changed.isdisjoint(rule.reads)]
    return tables


def _derive(rule: PlainRule, tables: dict[str, Rows], symbols: SymbolTable) -> list[Row]:
    """The rows that a rule adds to its head, one for each solution of the body."""
    join = rule.join
    if join is None:
        join = rule.join = join_of(rule)
    constants, steps, tests, row_of = join
    found: Collection[Row] = _ONE_EMPTY
    if constants:
        codes = symbols.find_row(constants)
        # What the facts do not name is in no row, but the head may bring it in.
        found = [tuple(map(symbols.code, constants)) if codes is None else codes]
    for step in steps:
        found = _extended(found, step, tables[step.table])
    known = tables[rule.head]
    fresh: list[Row] = []
    for one in found:
        for wanted, table, key in tests:
            if (key(one) in tables[table]) is not wanted:
                break
        else:
            row = row_of(one)
            if row not in known:
                fresh.append(row)
    return fresh


def _extended(found: Collection[Row], step: Step, rows: Rows) -> Collection[Row]:
    """The environments after a step."""
    kind, _, key, part = step
    if kind == "every":
        if found is _ONE_EMPTY:
            return rows
        if len(found) * len(rows) > _ENVIRONMENTS:
            raise TooLargeError("too many pairs for the evaluation of plain rules")
        return [one + row for one in found for row in rows]
    if kind == "matches":
        return _matching(found, key, part, rows)
    if kind == "none":
        keys = set(map(part, rows))
        return [one for one in found if key(one) not in keys]
    return [one for one in found if key(one) == part(one)]


def _matching(found: Collection[Row], key: Columns, part: Columns, rows: Rows) -> list[Row]:
    """The environments, each with the rows that have its key."""
    if len(found) == 1:
        (one,) = found
        own = key(one)
        return [one + row for row in rows if part(row) == own]
    index: dict[Row, list[Row]] = {}
    for row in rows:
        index.setdefault(part(row), []).append(row)
    met = [(one, index[own]) for one in found if (own := key(one)) in index]
    if sum([len(rows) for _, rows in met]) > _ENVIRONMENTS:
        raise TooLargeError("too many pairs for the evaluation of plain rules")
    return [one + row for one, rows in met for row in rows]
