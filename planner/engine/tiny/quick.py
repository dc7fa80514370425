"""Plain rules evaluated as data, for programs of a few facts that are run once or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.engine.tiny.plain import join_of
from planner.engine.tiny.steps import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.engine.facts import Facts
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.plain import Columns, PlainProgram, PlainRule

    Row: TypeAlias = tuple[int, ...]
    Rows: TypeAlias = dict[Row, int]

__all__ = ["run_plain"]

# Beyond these the closures' indexes and deltas pay.
_ROWS = 400
_ENVIRONMENTS = 20_000


def run_plain(
    program: PlainProgram, facts: Facts, check: Callable[[], None] | None = None
) -> dict[str, Rows]:
    """The rows of every predicate that the rules name, each with a round.

    ``check`` is called between rounds and raises to stop.

    Raises:
        TooLargeError: when there are more than a few hundred rows.
    """
    tables: list[Rows] = facts.row_tables(program.arities)
    symbols = facts.symbols
    room = _ROWS
    round_number = 0
    for stratum in program.strata:
        due: Sequence[PlainRule] = stratum
        while due:
            round_number += 1
            changed: set[int] = set()
            for rule in due:
                for table in rule.reads:
                    if not tables[table]:
                        break
                else:
                    known = tables[rule.head]
                    for row in _solutions(rule, tables, symbols):
                        if row not in known:
                            known[row] = round_number
                            changed.add(rule.head)
                            room -= 1
            if room < 0:
                raise TooLargeError("too many rows for the evaluation of plain rules")
            if check is not None:
                check()
            due = (
                [rule for rule in stratum if not changed.isdisjoint(rule.reads)] if changed else ()
            )
    return dict(zip(program.arities, tables, strict=True))


def _solutions(rule: PlainRule, tables: list[Rows], symbols: SymbolTable) -> list[Row]:
    """The head's row for each solution of the body."""
    join = rule.join
    if join is None:
        join = rule.join = join_of(rule)
    constants, steps, row_of = join
    codes = symbols.find_row(constants)
    # What the facts do not name is in no row, but the head may bring it in.
    found = [tuple(map(symbols.code, constants)) if codes is None else codes]
    for kind, table, key, part in steps:
        rows = tables[table]
        if kind == "holds":
            found = [one for one in found if key(one) in rows]
        elif kind == "every":
            if len(found) * len(rows) > _ENVIRONMENTS:
                raise TooLargeError("too many pairs for the evaluation of plain rules")
            found = [one + row for one in found for row in rows]
        elif kind == "matches":
            found = _matching(found, key, part, rows)
        elif kind == "lacks":
            found = [one for one in found if key(one) not in rows]
        elif kind == "none":
            keys = set(map(part, rows))
            found = [one for one in found if key(one) not in keys]
        else:
            found = [one for one in found if key(one) == part(one)]
        if not found:
            return found
    return list(map(row_of, found))


def _matching(found: list[Row], key: Columns, part: Columns, rows: Rows) -> list[Row]:
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
