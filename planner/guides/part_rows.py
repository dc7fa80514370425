"""Rows of the parts of conditions, kept from rule to rule and from state to state.

Rules for one goal differ in their steps and share most parts of their conditions: which goals are
open, where the vehicles are. A part is matched again only where facts that it reads have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.guides.rule_parts import MOST_ROWS

if TYPE_CHECKING:
    from planner.engine.matching import FactIndex, Row
    from planner.engine.view_tree import ViewTree
    from planner.guides.rule_parts import Part

__all__ = ["PartRows"]

_OFTEN = 2
"""Times a part is matched anew before its matches are followed."""

_MOST_PAIRS, _MOST_WIDE_PAIRS = 100_000, 1_000_000
"""Pairs of rows joined at most to begin with; more where matches cannot all be gone through."""

_MOST_WORK = 0.5
"""Part of these that may be joined in a state, on average, where following pays."""

_FREE_WORK = 50.0
"""Pairs that may, however few there are."""


@dataclass(slots=True)
class _Kept:
    """Rows of a part, and how they were found.

    Attributes:
        versions: of the predicates that it reads.
        times: how often the part was matched anew.
        tree: follows the matches instead.
        grown: pairs of rows that it joined to begin with.
        allowed: those that it may have joined by now.
    """

    versions: tuple[int, ...]
    rows: list[Row]
    times: int = 1
    tree: ViewTree | None = None
    grown: int = 0
    allowed: float = 0.0


class PartRows:
    """The rows of all parts that the rules of a task have.

    Args:
        index: the facts of the state.
    """

    def __init__(self, index: FactIndex) -> None:
        self._index = index
        self._kept: dict[object, _Kept] = {}

    def of(self, part: Part) -> list[Row]:
        """The rows of a part in ascending order; the same list where nothing it reads changed.

        Parts with tests are matched anew, and in the order of their matches.
        """
        if part.question is None:
            return part.rows()
        version = self._index.version
        versions = tuple([version(p.predicate) for p in part.query.patterns])
        kept = self._kept.get(part.question)
        if kept is None:
            kept = self._kept[part.question] = _Kept(versions, [])
            tree = self._begun(part, kept, _MOST_WIDE_PAIRS) if part.is_wide else None
            kept.rows = part.ordered(part.rows()) if tree is None else tree.rows[:MOST_ROWS]
        elif kept.versions != versions:
            tree = self._tree(part, kept)
            kept.rows = part.ordered(part.rows()) if tree is None else tree.rows[:MOST_ROWS]
            kept.versions = versions
        return kept.rows

    def _tree(self, part: Part, kept: _Kept) -> ViewTree | None:
        """What follows the matches of a part, up to date; ``None`` where it is matched anew."""
        tree = kept.tree
        if tree is not None:
            kept.allowed += _FREE_WORK + _MOST_WORK * (kept.grown + tree.size)
            if tree.update() and tree.work <= kept.allowed:
                return tree
            kept.tree = None
            if tree.work <= kept.allowed:
                # It forgot what had changed, and may begin again.
                kept.times = 0
        kept.times += 1
        return self._begun(part, kept, _MOST_PAIRS) if kept.times == _OFTEN + 1 else None

    @staticmethod
    def _begun(part: Part, kept: _Kept, most: int) -> ViewTree | None:
        """Follow the matches from now on; ``None`` where that takes too much."""
        tree = part.views(most)
        if tree is not None:
            kept.tree, kept.grown, kept.allowed = tree, tree.work, tree.work
            kept.times = _OFTEN + 1
        return tree
