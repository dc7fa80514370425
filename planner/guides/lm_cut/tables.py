"""The tables of LM-cut beside those of the relaxation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import RelaxedTask
    from planner.interfaces import IntArray

    Unsigned = npt.NDArray[np.uint32]

__all__ = ["Cuts", "new_cuts", "no_cuts"]


class Cuts(NamedTuple):
    """Over R relaxed operators, O operators and N atoms.

    Attributes:
        achievers_first, achievers: CSR, the relaxed operators that add each atom.
        base: shape (O,), the costs of the operators.
        left: shape (O,), what cuts have left of them.
        lacking: shape (R,), preconditions still to reach.
        dearest: shape (R,), the dearest precondition, which the operator rests on.
        rank: shape (N,), which of equally dear preconditions that is: the highest.
        turns: shape (N,), cuts made for an atom of the goal; 0 where none are counted.
        reached: shape (R,), its price.
        parts_first, parts: CSR, the relaxed operators of each operator.
        zone: shape (N,), 1 where the goal follows at no cost, 2 where a cut has been reached.
        in_cut: shape (O,), whether an operator is in the present cut.
        cut: the operators of the present cut.
        numbers: counts that kernels keep.
        entry_atom, entry_next: queue entries, linked from ``Workspace.bucket``.
        heap: entries dearer than the buckets, as price << 32 | the complement of the entry.
    """

    achievers_first: IntArray
    achievers: IntArray
    base: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    lacking: IntArray
    dearest: IntArray
    rank: IntArray
    turns: IntArray
    reached: npt.NDArray[np.int64]
    parts_first: IntArray
    parts: IntArray
    zone: npt.NDArray[np.uint8]
    in_cut: npt.NDArray[np.uint8]
    cut: IntArray
    numbers: npt.NDArray[np.int64]
    entry_atom: Unsigned
    entry_next: IntArray
    heap: npt.NDArray[np.int64]


def new_cuts(relaxed: RelaxedTask) -> Cuts:
    """Tables for a relaxation."""
    arrays = relaxed.arrays
    atoms, size, operators = len(arrays.is_goal), len(arrays.start), relaxed.operator_count
    added = Csr(arrays.add_first.view(np.int32), arrays.added.view(np.int32)).inverted(atoms)
    base = np.zeros(operators, dtype=np.int64)
    own = arrays.origin >= 0
    base[arrays.origin[own]] = arrays.start[own] >> 32
    parts = _parts(arrays.origin, operators)
    room = 2 * len(arrays.added) + atoms + 1
    return Cuts(
        achievers_first=added.offsets,
        achievers=added.values,
        base=base,
        left=np.zeros(operators, dtype=np.int64),
        lacking=np.zeros(size, dtype=np.int32),
        dearest=np.zeros(size, dtype=np.int32),
        rank=np.zeros(atoms, dtype=np.int32),
        turns=np.zeros(atoms, dtype=np.int32),
        reached=np.zeros(size, dtype=np.int64),
        parts_first=parts.offsets,
        parts=parts.values,
        zone=np.zeros(atoms, dtype=np.uint8),
        in_cut=np.zeros(operators, dtype=np.uint8),
        cut=np.zeros(operators, dtype=np.int32),
        numbers=np.zeros(8, dtype=np.int64),
        entry_atom=np.zeros(room, dtype=np.uint32),
        entry_next=np.zeros(room, dtype=np.int32),
        heap=np.zeros(room, dtype=np.int64),
    )


def _parts(origin: IntArray, operators: int) -> Csr:
    """For each operator its relaxed operators."""
    order = np.argsort(origin, kind="stable").astype(np.int32)
    order = order[np.count_nonzero(origin < 0) :]
    offsets = np.zeros(operators + 1, dtype=np.int32)
    np.cumsum(np.bincount(origin[order], minlength=operators), out=offsets[1:])
    return Csr(offsets, order)


def no_cuts() -> Cuts:
    """Empty tables, for searches that do not use LM-cut."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    costs, marks = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    return Cuts(
        achievers_first=nothing,
        achievers=nothing,
        base=costs,
        left=costs,
        lacking=nothing,
        dearest=nothing,
        rank=nothing,
        turns=nothing,
        reached=costs,
        parts_first=nothing,
        parts=nothing,
        zone=marks,
        in_cut=marks,
        cut=nothing,
        numbers=costs,
        entry_atom=np.zeros(0, dtype=np.uint32),
        entry_next=nothing,
        heap=costs,
    )
