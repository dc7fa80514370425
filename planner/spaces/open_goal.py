"""Atoms without which the goal of an open task cannot hold: a look that spares most evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, conjuncts
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.kr.task import Task
    from planner.kr.terms import Expression
    from planner.spaces.open_state import OpenState, Vocabulary

__all__ = ["GoalSigns"]


class GoalSigns:
    """For each atom of the goal that actions change: whether a state has one that may be it."""

    def __init__(self, task: Task, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        names = {name: number for number, name in enumerate(task.rules.predicates)}
        self._patterns = tuple(
            (names[part.predicate], _fixed(part.arguments))
            for part in conjuncts(task.goal)
            if isinstance(part, Atom) and part.predicate in task.rules.fluents
        )
        # By atom the patterns that it matches, as bits.
        self._matches: dict[int, int] = {}
        self._all = (1 << len(self._patterns)) - 1

    def may_hold(self, state: OpenState) -> bool:
        """False where the goal surely does not hold."""
        found = 0
        for atom in state.atoms:
            bits = self._matches.get(atom)
            if bits is None:
                bits = self._matches[atom] = self._match(atom)
            found |= bits
        return found == self._all

    def _match(self, atom: int) -> int:
        predicate, row = self._vocabulary.atoms.row(atom)
        constant = self._vocabulary.symbols.constant
        return sum(
            1 << number
            for number, (wanted, fixed) in enumerate(self._patterns)
            if predicate == wanted and all(constant(row[p]) == value for p, value in fixed)
        )


def _fixed(arguments: tuple[Expression, ...]) -> tuple[tuple[int, Expression], ...]:
    """The places of an atom that are no variables, with what stands there."""
    return tuple((p, a) for p, a in enumerate(arguments) if not isinstance(a, Variable))
