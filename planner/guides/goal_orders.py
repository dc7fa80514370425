"""``order:`` statements as a relation between the goal atoms of a task, closed transitively.

With ``on(?x, ?y) after on(?y, ?z)`` the top of a tower waits for its foot, not only for the next
block, also while the blocks between happen to stand right already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.guides.matching import compile_queries
from planner.guides.queries import Slots
from planner.kr.formulas import Modal, atoms_of, conjoin
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.matching import Row
    from planner.guides.state_facts import StateFacts
    from planner.kr.control import GoalOrder
    from planner.kr.formulas import Atom

__all__ = ["GoalOrders"]


class GoalOrders:
    """The ``order:`` statements of a task's rule base, matched against its goal."""

    def __init__(
        self, orders: Sequence[GoalOrder], facts: StateFacts, changing: frozenset[str]
    ) -> None:
        self._facts = facts
        self._statements = []
        self._dynamic = False
        self._known = False
        self._before: dict[int, list[int]] | None = None
        for order in orders:
            slots = Slots()
            for atom in (order.later, order.earlier):
                for term in atom.arguments:
                    if isinstance(term, Variable):
                        slots.of(term.name)
            formula = conjoin(
                Modal("goal", order.later), Modal("goal", order.earlier), order.condition
            )
            names = {atom.predicate for atom, _ in atoms_of(order.condition)}
            self._dynamic = self._dynamic or bool(names & changing)
            self._statements.append((order, slots, compile_queries(facts, formula, slots)))

    def start(self) -> None:
        """Make these orders the ones that count, at the next `update`."""
        self._known = False

    def update(self) -> None:
        """Tell the facts which goals wait, once or, where conditions change, in each state."""
        if self._known and not self._dynamic:
            return
        self._known = True
        if self._before is None or self._dynamic:
            self._before = _closed(self._direct())
        self._facts.set_order(self._before)

    def _direct(self) -> dict[int, set[int]]:
        """What each goal waits for by one statement."""
        number = {goal: i for i, goal in enumerate(self._facts.goals)}
        before: dict[int, set[int]] = {}
        for order, slots, queries in self._statements:
            for query in queries:
                for match in query.matches():
                    later, earlier = (
                        number[self._goal(a, slots, match)] for a in (order.later, order.earlier)
                    )
                    if later != earlier:
                        before.setdefault(later, set()).add(earlier)
        return before

    def _goal(self, atom: Atom, slots: Slots, match: Sequence[int]) -> tuple[str, Row]:
        codes = []
        for term in atom.arguments:
            assert not isinstance(term, Arithmetic | FunctionTerm), "goal atoms have terms only"
            if isinstance(term, Variable):
                codes.append(match[slots.of(term.name)])
            else:
                codes.append(self._facts.symbols.code(term))
        return atom.predicate, tuple(codes)


def _closed(before: dict[int, set[int]]) -> dict[int, list[int]]:
    """Everything that comes before each goal; a goal in a circle does not wait for itself."""
    closed = {}
    for goal, direct in before.items():
        found = set()
        todo = list(direct)
        while todo:
            earlier = todo.pop()
            if earlier not in found:
                found.add(earlier)
                todo.extend(before.get(earlier, ()))
        closed[goal] = sorted(found - {goal})
    return closed
