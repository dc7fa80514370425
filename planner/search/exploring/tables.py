"""The tables of exploration by types (Xie, Mueller, Holte & Imai 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray

__all__ = ["SEED", "Types", "new_types"]

_SLOTS = 1 << 14
"""Types told apart; where there are more, some share a place."""

SEED = 0x9E3779B97F4A7C15


class Types(NamedTuple):
    """Nodes that wait, by type: the first estimate and the cost of the way.

    The next node of a type stands in the last column of ``OpenLists.following``.

    Attributes:
        key: shape (slots,), the type in a slot of the hash table, -1 where there is none.
        head: shape (slots,), the newest node of the type, -1 where none waits.
        active: shape (slots,), the slots of the types with nodes, in no order.
        place: shape (slots,), where a slot stands in ``active``.
        numbers: types with nodes; turns since the last exploration; every how many turns one
            explores, 0 for never.
        random: shape (1,), the state of the generator.
    """

    key: npt.NDArray[np.int64]
    head: IntArray
    active: IntArray
    place: IntArray
    numbers: npt.NDArray[np.int64]
    random: npt.NDArray[np.uint64]


def new_types(period: int) -> Types:
    """Empty tables; with ``period`` 0 nothing is explored."""
    slots = _SLOTS if period else 1
    return Types(
        key=np.full(slots, -1, dtype=np.int64),
        head=np.full(slots, -1, dtype=np.int32),
        active=np.zeros(slots, dtype=np.int32),
        place=np.zeros(slots, dtype=np.int32),
        numbers=np.array([0, 0, period], dtype=np.int64),
        random=np.array([SEED], dtype=np.uint64),
    )
