"""Changes of declared predicates, under the names their users know.

The engine keeps ``p#gathered`` for an equivalence or a kept extreme ``p``
(`planner.engine.gather.declared`); users hear of ``p``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.gather.classes import Classes
from planner.engine.gather.kinds import GATHERED
from planner.engine.maintain.change import Difference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.relation import Relations
    from planner.engine.tiny.relation import Row
    from planner.kr.rules import Predicate

__all__ = ["is_split", "seen_by_users"]


def is_split(predicate: Predicate) -> bool:
    """Whether what holds of a predicate is kept apart from what is stated."""
    return "equivalence" in predicate.properties or bool(predicate.keep)


def seen_by_users(
    changes: Mapping[str, Difference], declared: Iterable[Predicate], relations: Relations
) -> dict[str, Difference]:
    """What changed by predicate, the engine's own left out.

    Args:
        changes: of all predicates.
        declared: the predicates whose declarations count.
        relations: as they are after the changes.
    """
    seen = {name: d for name, d in changes.items() if d and "#" not in name}
    for predicate in declared:
        if not is_split(predicate):
            continue
        # What is stated is not yet what holds.
        seen.pop(predicate.name, None)
        made = changes.get(predicate.name + GATHERED)
        if not made:
            continue
        if "equivalence" in predicate.properties:
            made = _of_pairs(made, relations[predicate.name + GATHERED].rows)
        if made:
            seen[predicate.name] = made
    return seen


def _of_pairs(change: Difference, now: Collection[Row]) -> Difference:
    """The change of an equivalence, from that of its rows of members and representatives."""
    before = [row for row in now if row not in change.added]
    old, new = _classes([*before, *change.removed]), _classes(now)
    gone = [members for members in old if members not in new]
    come = [members for members in new if members not in old]
    if not gone and not come:
        return Difference()

    def pairs() -> tuple[Rows, Rows]:
        were, are = _pairs(gone), _pairs(come)
        gained = {pair: None for pair in are if pair not in were}
        return gained, {pair: None for pair in were if pair not in are}

    return Difference(pairs)


def _classes(rows: Iterable[Row]) -> dict[tuple[int, ...], None]:
    """The classes that rows of members and representatives stand for, each in ascending order."""
    classes = Classes()
    classes.unite(rows)
    return dict.fromkeys(tuple(sorted(members)) for members in classes.members())


def _pairs(classes: Iterable[tuple[int, ...]]) -> Rows:
    return {(first, second): None for one in classes for first in one for second in one}
