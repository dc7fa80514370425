"""The tables of the novelty estimate: which atoms were true in comparable states."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray

__all__ = ["MOST_COUNTED", "Novelty", "grow_novelty", "new_novelty"]

MOST_COUNTED = 255
"""Atoms of a relaxed plan made true so far are counted up to this."""

_FIRST_CLASSES = 64


class Novelty(NamedTuple):
    """States are compared with those of their class: equal open goals, equal progress.

    Attributes:
        class_of: shape (goals + 1, MOST_COUNTED + 1), the row of ``seen`` of a class, or -1.
        seen: shape (classes, W), the atoms true in some state of the class.
        used: shape (1,), number of classes met.
    """

    class_of: IntArray
    seen: npt.NDArray[np.int64]
    used: npt.NDArray[np.int64]


def new_novelty(goals: int, width: int) -> Novelty:
    """Empty tables for a goal of so many atoms and rows of ``width`` words."""
    return Novelty(
        class_of=np.full((goals + 1, MOST_COUNTED + 1), -1, dtype=np.int32),
        seen=np.zeros((_FIRST_CLASSES, width), dtype=np.int64),
        used=np.zeros(1, dtype=np.int64),
    )


def grow_novelty(novelty: Novelty) -> None:
    """Double the room for classes."""
    classes, width = novelty.seen.shape
    novelty.seen.resize((2 * classes, width), refcheck=False)
