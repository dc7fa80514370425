"""Which open goals are ready, and which wait for others."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["WaitingGoals"]

_NONE: Mapping[int, int] = MappingProxyType({})


class WaitingGoals:
    """Counts for each goal the open ones it waits for.

    Args:
        is_open: by goal, whether it is open now.
        show: called with a goal, whether it is open and whether it is ready, at first for all and
            then for each that may have changed.
    """

    def __init__(self, is_open: Iterable[bool], show: Callable[[int, bool, bool], None]) -> None:
        self._show_one = show
        self._open = list(is_open)
        self.open_count = sum(self._open)
        count = len(self._open)
        # By goal: those that wait for it, and for how many open ones it waits, always and now.
        self._after: dict[int, list[int]] = {}
        self._waiting = [0] * count
        self._after_now: dict[int, dict[int, int]] = {}
        self._waiting_now = [0] * count
        self._ready = [False] * count
        self._ready_count = 0
        self._urged: list[int] = []
        for goal in range(count):
            self._show(goal)

    def is_open(self, goal: int) -> bool:
        """Whether a goal atom does not hold."""
        return self._open[goal]

    def settled(self) -> frozenset[int]:
        """The goals that are met, as are all that they wait for, and those wait for, and so on.

        Of these none has to be undone for the sake of another.
        """
        found = [goal for goal, is_open in enumerate(self._open) if is_open]
        unsettled = set(found)
        while found:
            goal = found.pop()
            for later in (*self._after.get(goal, ()), *self._after_now.get(goal, ())):
                if later not in unsettled:
                    unsettled.add(later)
                    found.append(later)
        return frozenset(goal for goal in range(len(self._open)) if goal not in unsettled)

    def change(self, goal: int, *, is_open: bool) -> None:
        """A goal has been reached or undone."""
        if self._open[goal] == is_open:
            return
        self._open[goal] = is_open
        more = 1 if is_open else -1
        self.open_count += more
        self._show(goal)
        for later in self._after.get(goal, ()):
            self._waiting[later] += more
            self._show(later)
        for later, reasons in self._after_now.get(goal, _NONE).items():
            self._waiting_now[later] += more * reasons
            self._show(later)

    def set_order(self, before: Mapping[int, Iterable[int]]) -> None:
        """Say which goals always wait for which, and that none waits besides."""
        self._after, self._waiting = {}, [0] * len(self._open)
        for later, goals in before.items():
            for earlier in goals:
                self._after.setdefault(earlier, []).append(later)
                self._waiting[later] += self._open[earlier]
        self._after_now, self._waiting_now = {}, [0] * len(self._open)
        self._urged = []
        for goal in range(len(self._open)):
            self._show(goal)

    def change_order_of_now(
        self, gone: Iterable[tuple[int, int]], come: Iterable[tuple[int, int]]
    ) -> None:
        """Say which goals wait besides in the current state.

        Args:
            gone: what is no longer so, each time a goal that waits and one it waits for.
            come: what is so now.
        """
        touched: dict[int, None] = {}
        for edges, more in ((gone, -1), (come, 1)):
            for later, earlier in edges:
                after = self._after_now.setdefault(earlier, {})
                after[later] = after.get(later, 0) + more
                if not after[later]:
                    del after[later]
                self._waiting_now[later] += more * self._open[earlier]
                touched[later] = None
        for goal in touched:
            self._show(goal)

    def settle(self) -> None:
        """Where all open goals wait, make those ready that others wait for now."""
        urged, self._urged = self._urged, []
        for goal in urged:
            self._show(goal)
        if self._ready_count or not self.open_count:
            return
        wanted = [
            goal
            for goal, later in self._after_now.items()
            if self._open[goal] and any(self._open[other] for other in later)
        ]
        first = [goal for goal in wanted if not self._waiting_now[goal]]
        self._urged = first or wanted
        for goal in self._urged:
            self._show(goal, urged=True)

    def _show(self, goal: int, *, urged: bool = False) -> None:
        is_open = self._open[goal]
        waits = self._waiting[goal] or self._waiting_now[goal]
        ready = is_open and (urged or not waits)
        self._ready_count += ready - self._ready[goal]
        self._ready[goal] = ready
        self._show_one(goal, is_open, ready)
