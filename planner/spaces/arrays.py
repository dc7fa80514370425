"""The flat arrays of a ground task that kernels read, with the indexes that make them fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import Csr, GroundTask

__all__ = ["GroundArrays", "pack", "words_of"]


class GroundArrays(NamedTuple):
    """A `GroundTask` as one bundle of arrays that compiled code takes as it is.

    A state is a row of ``W = max(1, ceil(F / 64))`` signed 64-bit words; atom ``a`` is bit
    ``a & 63`` of word ``a >> 6``. Rows are closed: complements and derived atoms have their bits
    set, so that a condition is a test of bits and equal states have equal rows. Signed words are
    used throughout because mixing signed and unsigned integers gives floats; testing a bit is
    ``(word >> bit) & 1``, which the sign bit does not disturb.

    Attributes:
        precondition_offsets ... conditional_delete: as in `GroundTask`, offsets and values apart.
        conditional_offsets: operator ``o`` has the conditional effects from entry ``o`` up to
            entry ``o + 1``.
        complement: per atom, as in `GroundTask`.
        watch_offsets, watch: for each atom the operators that are tested when it is true, one
            atom per operator; the list ``F`` holds the operators without precondition.
        axiom_head, axiom_size: per axiom the derived atom and the length of the body.
        axiom_strata: offsets of the strata in the axioms.
        axiom_use_offsets, axiom_use: for each atom the axioms whose body names it.
        derived_offsets, derived: for each stratum the derived atoms it completes.
        derived_mask: shape (W,), the bits of derived atoms and of their complements.
    """

    precondition_offsets: IntArray
    precondition: IntArray
    add_offsets: IntArray
    add: IntArray
    delete_offsets: IntArray
    delete: IntArray
    conditional_offsets: IntArray
    condition_offsets: IntArray
    condition: IntArray
    conditional_add_offsets: IntArray
    conditional_add: IntArray
    conditional_delete_offsets: IntArray
    conditional_delete: IntArray
    complement: IntArray
    watch_offsets: IntArray
    watch: IntArray
    axiom_head: IntArray
    axiom_size: IntArray
    axiom_strata: IntArray
    axiom_use_offsets: IntArray
    axiom_use: IntArray
    derived_offsets: IntArray
    derived: IntArray
    derived_mask: npt.NDArray[np.int64]


def pack(task: GroundTask) -> GroundArrays:
    """Bundle the arrays of a ground task and build their indexes."""
    watch = _watched(task)
    axiom_use = task.axiom_body.inverted(task.atom_count)
    derived_offsets, derived = _derived_by_stratum(task)
    return GroundArrays(
        *_parts(task.precondition),
        *_parts(task.add),
        *_parts(task.delete),
        np.ascontiguousarray(task.conditional.offsets, dtype=np.int32),
        *_parts(task.condition),
        *_parts(task.conditional_add),
        *_parts(task.conditional_delete),
        np.ascontiguousarray(task.complement, dtype=np.int32),
        *_parts(watch),
        np.ascontiguousarray(task.axiom_head, dtype=np.int32),
        np.diff(task.axiom_body.offsets).astype(np.int32),
        np.ascontiguousarray(task.axiom_strata, dtype=np.int32),
        *_parts(axiom_use),
        derived_offsets,
        derived,
        words_of(np.flatnonzero(task.is_derived).astype(np.int32), task.atom_count),
    )


def words_of(atoms: IntArray, atom_count: int) -> npt.NDArray[np.int64]:
    """The row of bits with exactly ``atoms`` set."""
    bits: BoolArray = np.zeros(max(1, -(-atom_count // 64)) * 64, dtype=np.bool_)
    bits[atoms] = True
    return np.packbits(bits, bitorder="little").view("<i8").astype(np.int64)


def _parts(lists: Csr) -> tuple[IntArray, IntArray]:
    return (
        np.ascontiguousarray(lists.offsets, dtype=np.int32),
        np.ascontiguousarray(lists.values, dtype=np.int32),
    )


def _watched(task: GroundTask) -> Csr:
    """For each atom the operators that watch it: the rarest atom of their precondition.

    An atom that few preconditions name tells operators apart best; among equals one that is
    false at the start is likelier to stay false.
    """
    from planner.spaces.ground_task import Csr

    values, sizes = task.precondition.values, np.diff(task.precondition.offsets)
    rarity = 2 * np.bincount(values, minlength=task.atom_count)
    rarity[task.initial] += 1
    owners = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((rarity[values], owners))
    watched = np.full(len(sizes), task.atom_count, dtype=np.int32)
    some = sizes > 0
    watched[some] = values[order[task.precondition.offsets[:-1][some]]]
    singletons = Csr(np.arange(len(sizes) + 1, dtype=np.int32), watched)
    return singletons.inverted(task.atom_count + 1)


def _derived_by_stratum(task: GroundTask) -> tuple[IntArray, IntArray]:
    offsets, atoms = [0], [np.zeros(0, dtype=np.int32)]
    for start, end in zip(task.axiom_strata[:-1], task.axiom_strata[1:], strict=True):
        heads = np.sort(task.axiom_head[start:end])
        atoms.append(heads[np.diff(heads, prepend=-1) != 0])
        offsets.append(offsets[-1] + len(atoms[-1]))
    return np.array(offsets, dtype=np.int32), np.concatenate(atoms).astype(np.int32)
