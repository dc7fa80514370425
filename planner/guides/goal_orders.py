"""``order:`` statements as a relation between the goal atoms of a task, closed transitively.

With ``on(?x, ?y) after on(?y, ?z)`` the top of a tower waits for its foot, not only for the next
block, also while the blocks between happen to stand right already.

Statements whose condition changes from state to state count for themselves. They may contradict
the others: ``on(?, ?y) after on(?z, ?) if on+(?y, ?z)`` lets what is to stand on ``y`` wait until
``z`` below it has moved, even where ``z`` is to end up above ``y``. Where all open goals wait,
those are ready that others wait for because of what holds now (`planner.guides.waiting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.guides.matching import compile_queries
from planner.guides.queries import Slots
from planner.kr.formulas import Atom, Closure, Modal, atoms_of, conjoin
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.guides.state_facts import StateFacts
    from planner.kr.control import GoalOrder
    from planner.kr.formulas import Formula

__all__ = ["GoalOrders"]


_Edge: TypeAlias = "tuple[int, int]"
"""A goal that waits, and one it waits for."""


class GoalOrders:
    """The ``order:`` statements of a task's rule base, matched against its goal."""

    def __init__(
        self, orders: Sequence[GoalOrder], facts: StateFacts, changing: frozenset[str]
    ) -> None:
        self._facts = facts
        self._lasting: list[_Statement] = []
        self._passing: list[_Passing] = []
        for order in orders:
            if any(atom.predicate in changing for atom, _ in atoms_of(order.condition)):
                self._passing.append(_Passing(order, facts, changing))
            else:
                self._lasting.append(_Statement(order, facts))
        self._known = False
        self._before: dict[int, list[int]] | None = None

    def start(self) -> None:
        """Make these orders the ones that count, at the next `update`."""
        self._known = False

    def update(self) -> None:
        """Tell the facts which goals wait: once, and where conditions changed in each state."""
        waiting = self._facts.waiting
        if not self._known:
            if self._before is None:
                edges = (edge for statement in self._lasting for _, edge in statement.edges())
                self._before = _closed(dict.fromkeys(edges))
            waiting.set_order(self._before)
            for passing in self._passing:
                passing.forget()
            self._known = True
        if self._passing:
            for passing in self._passing:
                waiting.change_order_of_now(*passing.changes())
            waiting.settle()


class _Statement:
    """One order, compiled."""

    def __init__(self, order: GoalOrder, facts: StateFacts) -> None:
        self._order, self._facts = order, facts
        self._slots = Slots()
        for atom in (order.later, order.earlier):
            for term in atom.arguments:
                if isinstance(term, Variable):
                    self._slots.of(term.name)
        asked = Modal("goal", order.later), Modal("goal", order.earlier)
        self._queries = compile_queries(facts, conjoin(*asked, order.condition), self._slots)
        self._number = {goal: i for i, goal in enumerate(facts.goals)}

    def edges(self, key: str = "", value: int | None = None) -> Iterator[tuple[int, _Edge]]:
        """What the statement says now, each time with the value of a variable.

        Args:
            key: the variable; without one values are 0.
            value: say only what is said with this value.
        """
        slot = self._slots.of(key) if key else -1
        for query in self._queries:
            for match in query.matches([] if value is None else [(slot, value)]):
                later = self._goal(self._order.later, match)
                earlier = self._goal(self._order.earlier, match)
                if later != earlier:
                    yield match[slot] if key else 0, (later, earlier)

    def _goal(self, atom: Atom, match: Sequence[int]) -> int:
        codes: list[int] = []
        for term in atom.arguments:
            assert not isinstance(term, Arithmetic | FunctionTerm), "goal atoms have terms only"
            if isinstance(term, Variable):
                codes.append(match[self._slots.of(term.name)])
            else:
                codes.append(self._facts.symbols.code(term))
        return self._number[atom.predicate, tuple(codes)]


class _Passing:
    """What an order says in a state, followed from one state to the next.

    Where its condition is one atom or closure with variables, only what begins at a place that
    has changed is matched again.
    """

    def __init__(self, order: GoalOrder, facts: StateFacts, changing: frozenset[str]) -> None:
        self._statement, self._facts = _Statement(order, facts), facts
        read = [facts.code(atom.predicate) for atom, _ in atoms_of(order.condition)]
        self._read = tuple(dict.fromkeys(read))
        self._key = _start_of_link(order.condition)
        self._is_chained = isinstance(order.condition, Closure)
        for code in self._read:
            facts.index.watch(code)
        self._versions: list[int] = []
        self._said: dict[int, list[_Edge]] = {}

    def forget(self) -> None:
        """Begin anew."""
        self._said, self._versions = {}, []

    def changes(self) -> tuple[list[_Edge], list[_Edge]]:
        """What was said before and is no longer, and what is said now."""
        index = self._facts.index
        versions = [index.version(code) for code in self._read]
        if versions == self._versions:
            return [], []
        followed = bool(self._versions and self._key)
        rows = index.touched(self._read[0], self._versions[0]) if followed else None
        if rows is None:
            gone = [edge for edges in self._said.values() for edge in edges]
            self._said = {}
            for value, edge in self._statement.edges(self._key):
                self._said.setdefault(value, []).append(edge)
            come = [edge for edges in self._said.values() for edge in edges]
        else:
            gone, come = [], []
            for value in self._touched(row[0] for row in rows):
                gone += self._said.pop(value, [])
                now = [edge for _, edge in self._statement.edges(self._key, value)]
                if now:
                    self._said[value] = now
                    come += now
        self._versions = versions
        return gone, come

    def _touched(self, starts: Iterable[int]) -> dict[int, None]:
        """Where something begins that has changed, from where changed links start."""
        moved = dict.fromkeys(starts)
        found = dict(moved)
        if self._is_chained:
            for value in moved:
                found.update(self._facts.index.reach(self._read[0], value, backwards=True))
        return found


def _start_of_link(condition: Formula) -> str:
    """The variable where a condition begins that is one atom or closure; "" for any other."""
    match condition:
        case Atom(_, (Variable(name), Variable(end))) | Closure(_, (Variable(name), Variable(end))):
            return name if name != end else ""
        case _:
            return ""


def _closed(edges: Iterable[_Edge]) -> dict[int, list[int]]:
    """Everything that comes before each goal; a goal in a circle does not wait for itself."""
    before: dict[int, list[int]] = {}
    for later, earlier in edges:
        before.setdefault(later, []).append(earlier)
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
