"""The flat arrays of a ground task that kernels read, with the indexes that make them fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.spaces.ground_task import Csr, GroundAxioms

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import GroundTask

    Words = npt.NDArray[np.int64]

__all__ = ["GroundArrays", "pack", "pack_shown", "words_of"]


class GroundArrays(NamedTuple):
    """A `GroundTask` as one bundle of arrays that compiled code takes as it is.

    A state is a row of ``W`` signed 64-bit words, enough for the atoms that states carry; atom
    ``a`` is bit ``a & 63`` of word ``a >> 6``. Rows are closed: complements and derived atoms
    have their bits set, so that a condition is a test of bits and equal states have equal rows.
    Signed words are used throughout because mixing signed and unsigned integers gives floats;
    testing a bit is ``(word >> bit) & 1``, which the sign bit does not disturb.

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
        derived_mask: shape (W,), the bits of the atoms that the axioms derive and of their
            complements.
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
    derived_mask: Words


def pack(task: GroundTask) -> GroundArrays:
    """Bundle the arrays of a ground task and build their indexes."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    arrays = GroundArrays(
        *_parts(task.precondition),
        *_parts(task.add),
        *_parts(task.delete),
        np.ascontiguousarray(task.conditional.offsets, dtype=np.int32),
        *_parts(task.condition),
        *_parts(task.conditional_add),
        *_parts(task.conditional_delete),
        np.ascontiguousarray(task.complement, dtype=np.int32),
        *_parts(_watched(task)),
        axiom_head=nothing,
        axiom_size=nothing,
        axiom_strata=nothing,
        axiom_use_offsets=nothing,
        axiom_use=nothing,
        derived_offsets=nothing,
        derived=nothing,
        derived_mask=words_of(nothing, 0),
    )
    axioms = GroundAxioms(task.axiom_head, task.axiom_body, task.axiom_strata)
    return _with_axioms(arrays, task, axioms, task.state_atom_count)


def pack_shown(task: GroundTask, arrays: GroundArrays, axioms: GroundAxioms) -> GroundArrays:
    """The same bundle for rows of all atoms, with the axioms that are only shown."""
    return _with_axioms(arrays, task, axioms, task.atom_count)


def _with_axioms(
    arrays: GroundArrays, task: GroundTask, axioms: GroundAxioms, width: int
) -> GroundArrays:
    uses = axioms.body.inverted(task.atom_count)
    derived_offsets, derived = _derived_by_stratum(axioms)
    complements = task.complement[derived]
    return arrays._replace(
        axiom_head=np.ascontiguousarray(axioms.head, dtype=np.int32),
        axiom_size=np.diff(axioms.body.offsets).astype(np.int32),
        axiom_strata=np.ascontiguousarray(axioms.strata, dtype=np.int32),
        axiom_use_offsets=np.ascontiguousarray(uses.offsets, dtype=np.int32),
        axiom_use=np.ascontiguousarray(uses.values, dtype=np.int32),
        derived_offsets=derived_offsets,
        derived=derived,
        derived_mask=words_of(np.concatenate([derived, complements[complements >= 0]]), width),
    )


def words_of(atoms: IntArray, atom_count: int) -> Words:
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


def _derived_by_stratum(axioms: GroundAxioms) -> tuple[IntArray, IntArray]:
    offsets, atoms = [0], [np.zeros(0, dtype=np.int32)]
    for start, end in zip(axioms.strata[:-1], axioms.strata[1:], strict=True):
        heads = np.sort(axioms.head[start:end])
        atoms.append(heads[np.diff(heads, prepend=-1) != 0])
        offsets.append(offsets[-1] + len(atoms[-1]))
    return np.array(offsets, dtype=np.int32), np.concatenate(atoms).astype(np.int32)
