"""Plain rules evaluated as data, for programs of a few facts that are run once or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.engine.tiny.plain import join_of
from planner.engine.tiny.steps import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.tiny.plain import Columns, Join, PlainProgram, PlainRule, Row, Step
    from planner.kr.terms import Constant

    Rows: TypeAlias = dict[Row, int]
    Tables: TypeAlias = dict[str, Rows]
    # The code of a constant.
    Code: TypeAlias = Callable[[Constant], int]

__all__ = ["run_plain"]

# Beyond these the closures' indexes and deltas pay.
_ROWS = 400
_ENVIRONMENTS = 20_000
_ONE_EMPTY: Collection[Row] = ((),)
_NO_ROWS: Rows = {}


def run_plain(
    program: PlainProgram,
    tables: Tables,
    code: Code | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Add what follows to the rows of the predicates, each with a round.

    A rule is due when what it reads has rows, and again when some were added since its last turn.

    Args:
        program: the rules.
        tables: the facts' rows by predicate, none of them empty. A predicate that grows gets a
            dictionary of its own.
        code: what makes a row's entry of a constant, where rows do not hold constants themselves.
        check: called between rounds; raises to stop.

    Raises:
        TooLargeError: when there are more than a few hundred rows.
    """
    own: set[str] = set()
    room = _ROWS
    round_number = 0
    present = tables.keys()
    for rules in program.strata:
        due: Sequence[PlainRule] = rules
        while due:
            round_number += 1
            # By predicate how many rules of this round had their turn when it last grew.
            grown: dict[str, int] = {}
            turn = 0
            for rule in due:
                turn += 1
                if not present >= rule.needs:
                    continue
                head = rule.head
                known = tables.get(head, _NO_ROWS)
                fresh = _derive(rule.join or join_of(rule), tables, known, code)
                if fresh:
                    if head not in own:
                        own.add(head)
                        known = tables[head] = dict(known)
                    known.update(dict.fromkeys(fresh, round_number))
                    grown[head] = turn
                    room -= len(fresh)
            if not grown:
                break
            if room < 0:
                raise TooLargeError("too many rows for the evaluation of plain rules")
            if check is not None:
                check()
            due = _again(rules, due, grown)


def _again(
    rules: Sequence[PlainRule], due: Sequence[PlainRule], grown: dict[str, int]
) -> list[PlainRule]:
    """The rules that read what grew after their turn of the last round."""
    if due is rules:
        again: list[PlainRule] = []
        for turn, rule in enumerate(rules, 1):
            for name in rule.reads:
                if grown.get(name, 0) >= turn:
                    again.append(rule)
                    break
        return again
    return [rule for rule in rules if not grown.keys().isdisjoint(rule.reads)]


def _derive(join: Join, tables: Tables, known: Rows, code: Code | None) -> list[Row]:
    """The rows that a rule adds to its head, one for each solution of the body."""
    constants, steps, tests, row_of = join
    found: Collection[Row] = _ONE_EMPTY
    if constants:
        found = (constants if code is None else tuple(map(code, constants)),)
    for step in steps:
        found = _extended(found, step, tables)
    fresh: list[Row] = []
    for one in found:
        for wanted, table, key in tests:
            if (key(one) in tables.get(table, _NO_ROWS)) is not wanted:
                break
        else:
            row = row_of(one)
            if row not in known:
                fresh.append(row)
    return fresh


def _extended(found: Collection[Row], step: Step, tables: Tables) -> Collection[Row]:
    """The environments after a step."""
    kind, table, key, part = step
    rows = tables.get(table, _NO_ROWS)
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
