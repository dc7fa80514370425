"""What a layer loses by a change: rows none of whose derivations from older rows is left.

Each row has a *rank*, the moment it was derived, and so a derivation whose rows of the same layer
have lower ranks. A loss puts in doubt only what it has a hand in and is younger; in the order of
ranks, what is in doubt stays where older rows that are still there derive it. Nothing
can hold itself up in a cycle, and rows that keep such a derivation are not followed further.
Delete and rederive (Gupta, Mumick and Subrahmanian 1993) follows all of them. (Ranks as evidence
that a derivation is well founded: Motik, Nenov, Piro and Horrocks 2015 look for one backwards.)
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from planner.engine.tiny.closures import Elders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.deltas import Support
    from planner.engine.maintain.relation import Relations
    from planner.engine.tiny.relation import Row, TinyRelation
    from planner.engine.tiny.steps import Environment, Step

    Keyed = list[tuple[str, Step]]
    Ranks = dict[str, dict[Row, int]]

__all__ = ["Losing"]


class Losing:
    """The rows of one layer that are in doubt, and those that are lost.

    Args:
        predicates: of the layer.
        relations: shared with the other layers.
        explicit: the facts of each predicate, which are never lost.

    Attributes:
        elders: what older derivations may use.
        lost: rows that were taken out, with their ranks.
        recoverable: those of them that younger rows may derive.
    """

    def __init__(
        self,
        predicates: Sequence[str],
        relations: Relations,
        explicit: Mapping[str, Rows],
    ) -> None:
        self._predicates, self._relations, self._explicit = predicates, relations, explicit
        self.elders = Elders(frozenset(predicates))
        self.lost: Ranks = {}
        self.recoverable: dict[str, list[Row]] = {}
        self._youngest = -1
        self._work = 0
        self._ranks: list[int] = []
        self._doubtful: dict[int, dict[str, Rows]] = {}

    def begin(self) -> None:
        """Forget what an earlier change lost."""
        self.lost = {name: {} for name in self._predicates}
        self.recoverable = {name: [] for name in self._predicates}
        self._work = self.elders.work = 0
        self._youngest = -1
        self._ranks.clear()
        self._doubtful.clear()

    def doubt(self, name: str, rows: Iterable[Row]) -> None:
        """Put rows that are there in doubt."""
        ranks = self._relations[name].rows
        for row in rows:
            self._at(ranks[row])[name][row] = None

    def emit(self, relation: TinyRelation, row_of: Callable[[Environment], Row]) -> Step:
        """A last step that puts what it derives in doubt, if that is younger than what is lost."""
        name = relation.name
        doubtful = self._doubtful

        def step(env: Environment) -> bool:
            row = row_of(env)
            self._work += 1
            rank = relation.rows.get(row)
            if rank is not None and rank > self._youngest:
                rows = doubtful[rank] if rank in doubtful else self._at(rank)
                rows[name][row] = None
            return False

        return step

    def _at(self, rank: int) -> dict[str, Rows]:
        rows = self._doubtful.get(rank)
        if rows is None:
            rows = self._doubtful[rank] = {name: {} for name in self._predicates}
            heappush(self._ranks, rank)
        return rows

    def follow(
        self, steps: Keyed, supports: Mapping[str, Sequence[Support]], env: Environment, room: int
    ) -> bool:
        """Decide all that is in doubt, and take out what is lost.

        Args:
            steps: closures from lost rows to what they had a hand in.
            supports: whether a clause derives a row from older ones.
            env: slots for both.
            room: how many derivations may be looked at.

        Returns:
            Whether there was room; if not, all is as it was before.
        """
        while self._ranks:
            rank = self._youngest = self.elders.limit = heappop(self._ranks)
            doubtful = self._doubtful.pop(rank)
            gone = {
                name: self._undeserved(name, doubtful[name], supports, env) for name in doubtful
            }
            gone = {name: rows for name, rows in gone.items() if rows}
            if not gone:
                continue
            for name, rows in gone.items():
                self._relations[name].delta = rows
                self.lost[name].update(dict.fromkeys(rows, rank))
            for name, step in steps:
                if name in gone:
                    step(env)
            for name, rows in gone.items():
                self._relations[name].delta = []
                self._relations[name].take(rows)
            if self._work + self.elders.work > room:
                self._restore()
                return False
        return True

    def _undeserved(
        self,
        name: str,
        rows: Rows,
        supports: Mapping[str, Sequence[Support]],
        env: Environment,
    ) -> list[Row]:
        """Rows that no facts state and no older rows derive."""
        facts, elders = self._explicit.get(name, {}), self.elders
        ways = supports.get(name, ())
        undeserved: list[Row] = []
        for row in rows:
            elders.met_younger = False
            if row not in facts and not any(way(env, row) for way in ways):
                undeserved.append(row)
                if elders.met_younger:
                    self.recoverable[name].append(row)
        return undeserved

    def _restore(self) -> None:
        for name, ranks in self.lost.items():
            self._relations[name].restore(ranks)
