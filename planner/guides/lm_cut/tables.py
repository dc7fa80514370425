"""The tables of LM-cut beside those of the relaxation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import RelaxedTask
    from planner.interfaces import IntArray

__all__ = ["Cuts", "new_cuts", "no_cuts"]


class Cuts(NamedTuple):
    """Over R relaxed operators, O operators and N atoms.

    Attributes:
        achievers_first, achievers: CSR, the relaxed operators that add each atom.
        base: shape (O,), the costs of the operators.
        left: shape (O,), what cuts have left of them.
        lacking: shape (R,), preconditions still to reach.
        dearest: shape (R,), the precondition that was reached last, at the largest cost.
        zone: shape (N,), 1 where the goal follows at no cost, 2 where a cut has been reached.
        in_cut: shape (O,), whether an operator is in the present cut.
        cut: the operators of the present cut.
        heap: queue entries, as price << 32 | atom.
    """

    achievers_first: IntArray
    achievers: IntArray
    base: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    lacking: IntArray
    dearest: IntArray
    zone: npt.NDArray[np.uint8]
    in_cut: npt.NDArray[np.uint8]
    cut: IntArray
    heap: npt.NDArray[np.int64]


def new_cuts(relaxed: RelaxedTask) -> Cuts:
    """Tables for a relaxation."""
    arrays = relaxed.arrays
    atoms, size, operators = len(arrays.is_goal), len(arrays.start), relaxed.operator_count
    added = Csr(arrays.add_first.view(np.int32), arrays.added.view(np.int32)).inverted(atoms)
    base = np.zeros(operators, dtype=np.int64)
    own = arrays.origin >= 0
    base[arrays.origin[own]] = arrays.start[own] >> 32
    return Cuts(
        achievers_first=added.offsets,
        achievers=added.values,
        base=base,
        left=np.zeros(operators, dtype=np.int64),
        lacking=np.zeros(size, dtype=np.int32),
        dearest=np.zeros(size, dtype=np.int32),
        zone=np.zeros(atoms, dtype=np.uint8),
        in_cut=np.zeros(operators, dtype=np.uint8),
        cut=np.zeros(operators, dtype=np.int32),
        heap=np.zeros(len(arrays.added) + atoms + 1, dtype=np.int64),
    )


def no_cuts() -> Cuts:
    """Empty tables, for searches that do not use LM-cut."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    costs, marks = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    return Cuts(nothing, nothing, costs, costs, nothing, nothing, marks, marks, nothing, costs)
