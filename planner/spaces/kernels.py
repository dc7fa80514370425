"""Kernels of the ground step space: test, apply, close and number states.

Rows of bits are laid out as `planner.spaces.arrays.GroundArrays` says. Kernels that write to a
row take it as an argument, so that a search can work in its own tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.spaces.arrays import GroundArrays

    Words = npt.NDArray[np.int64]

__all__ = [
    "apply",
    "bit_index",
    "close",
    "has",
    "hash_row",
    "holds",
    "insert",
    "legal_operators",
    "list_atoms",
    "rehash",
    "successors",
]

# Interpreted, a shift keeps the type of its left side: a plain 1 would become a 32-bit integer.
ONE = np.int64(1)


@inlined_kernel
def bit_index(single: np.int64) -> np.int64:
    """The position of the only bit set: the number of ones below it, counted in parallel."""
    ones = single - ONE
    ones = ones - ((ones >> 1) & 0x5555555555555555)
    ones = (ones & 0x3333333333333333) + ((ones >> 2) & 0x3333333333333333)
    ones = (ones + (ones >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((ones * 0x0101010101010101) >> 56) & 0x7F


@inlined_kernel
def has(row: Words, atom: np.int32) -> bool:
    """Whether an atom is true in a row."""
    return bool((row[atom >> 6] >> np.int64(atom & 63)) & ONE)


@inlined_kernel
def holds(row: Words, offsets: IntArray, values: IntArray, index: int) -> bool:
    """Whether all atoms of one list are true in a row."""
    for i in range(offsets[index], offsets[index + 1]):
        atom = values[i]
        if (row[atom >> 6] >> np.int64(atom & 63)) & ONE == 0:
            return False
    return True


@inlined_kernel
def set_all(row: Words, complement: IntArray, offsets: IntArray, atoms: IntArray, i: int) -> None:
    """Make the atoms of one list true and their complements false."""
    for k in range(offsets[i], offsets[i + 1]):
        atom = atoms[k]
        row[atom >> 6] |= ONE << np.int64(atom & 63)
        other = complement[atom]
        if other >= 0:
            row[other >> 6] &= ~(ONE << np.int64(other & 63))


@inlined_kernel
def clear_all(row: Words, complement: IntArray, offsets: IntArray, atoms: IntArray, i: int) -> None:
    """Make the atoms of one list false and their complements true."""
    for k in range(offsets[i], offsets[i + 1]):
        atom = atoms[k]
        row[atom >> 6] &= ~(ONE << np.int64(atom & 63))
        other = complement[atom]
        if other >= 0:
            row[other >> 6] |= ONE << np.int64(other & 63)


@inlined_kernel
def list_atoms(row: Words, out: IntArray) -> int:
    """Write the true atoms of a row to ``out``, ascending, and return how many there are."""
    count = 0
    for word in range(len(row)):
        bits = row[word]
        while bits != 0:
            low = bits & -bits
            out[count] = word * 64 + bit_index(low)
            count += 1
            bits ^= low
    return count


@bare_kernel
def legal_operators(row: Words, arrays: GroundArrays, out: IntArray) -> int:
    """Write the operators whose precondition holds to ``out`` and return how many there are.

    They come by watched atom and then by number: not ascending, but always in the same order.
    """
    count = 0
    offsets, values = arrays.precondition_offsets, arrays.precondition
    for word in range(len(row)):
        bits = row[word]
        while bits != 0:
            low = bits & -bits
            atom = word * 64 + bit_index(low)
            bits ^= low
            for i in range(arrays.watch_offsets[atom], arrays.watch_offsets[atom + 1]):
                operator = arrays.watch[i]
                if holds(row, offsets, values, operator):
                    out[count] = operator
                    count += 1
    unconditional = len(arrays.complement)
    for i in range(arrays.watch_offsets[unconditional], arrays.watch_offsets[unconditional + 1]):
        out[count] = arrays.watch[i]
        count += 1
    return count


@inlined_kernel
def apply(
    before: Words,
    operator: int,
    arrays: GroundArrays,
    after: Words,
    counters: IntArray,
    queue: IntArray,
) -> None:
    """Write to ``after`` the closed state that an operator leads to from ``before``.

    The two must be different rows; ``counters`` and ``queue`` are scratch as in `close`.
    """
    for word in range(len(before)):
        after[word] = before[word]
    first, end = arrays.conditional_offsets[operator], arrays.conditional_offsets[operator + 1]
    complement = arrays.complement
    adds = arrays.conditional_add
    clear_all(after, complement, arrays.delete_offsets, arrays.delete, operator)
    # Deletions of all effects come before any addition: adding wins.
    for effect in range(first, end):
        if holds(before, arrays.condition_offsets, arrays.condition, effect):
            offsets = arrays.conditional_delete_offsets
            clear_all(after, complement, offsets, arrays.conditional_delete, effect)
    set_all(after, complement, arrays.add_offsets, arrays.add, operator)
    for effect in range(first, end):
        if holds(before, arrays.condition_offsets, arrays.condition, effect):
            set_all(after, complement, arrays.conditional_add_offsets, adds, effect)
    if len(arrays.axiom_head) > 0:
        close(after, arrays, counters, queue)


@bare_kernel
def close(row: Words, arrays: GroundArrays, counters: IntArray, queue: IntArray) -> None:
    """Recompute the derived atoms of a row, stratum by stratum.

    Scratch: ``counters`` has one entry per axiom, for the atoms its body still lacks; ``queue``
    has one entry per atom.
    """
    for word in range(len(row)):
        row[word] &= ~arrays.derived_mask[word]
    for axiom in range(len(counters)):
        counters[axiom] = arrays.axiom_size[axiom]
    waiting = list_atoms(row, queue)
    done = 0
    for stratum in range(len(arrays.axiom_strata) - 1):
        first, end = arrays.axiom_strata[stratum], arrays.axiom_strata[stratum + 1]
        # Counters of later strata run down early, so that their axioms fire on arrival here.
        for axiom in range(first, end):
            head = arrays.axiom_head[axiom]
            if counters[axiom] == 0 and not has(row, head):
                row[head >> 6] |= ONE << np.int64(head & 63)
                queue[waiting] = head
                waiting += 1
        while done < waiting:
            atom = queue[done]
            done += 1
            for i in range(arrays.axiom_use_offsets[atom], arrays.axiom_use_offsets[atom + 1]):
                axiom = arrays.axiom_use[i]
                counters[axiom] -= 1
                head = arrays.axiom_head[axiom]
                if counters[axiom] == 0 and first <= axiom < end and not has(row, head):
                    row[head >> 6] |= ONE << np.int64(head & 63)
                    queue[waiting] = head
                    waiting += 1
        for i in range(arrays.derived_offsets[stratum], arrays.derived_offsets[stratum + 1]):
            other = arrays.complement[arrays.derived[i]]
            if other >= 0 and not has(row, arrays.derived[i]):
                row[other >> 6] |= ONE << np.int64(other & 63)
                queue[waiting] = other
                waiting += 1


@inlined_kernel
def hash_row(row: Words) -> np.int64:
    """Mix the words of a row into one; any bit of the result may be used."""
    mixed = np.int64(1469598103934665603)
    for word in range(len(row)):
        mixed = (mixed ^ row[word]) * np.int64(1099511628211)
        mixed ^= mixed >> 29
    return mixed


@inlined_kernel
def insert(rows: Words, count: int, slots: IntArray) -> int:
    """Number the candidate row at position ``count`` of a table of ``count`` distinct rows.

    The table has shape (capacity, W); ``slots`` are a power of two, more than ``count``, -1 where
    free. Returns the number of the equal row, or ``count`` when there is none: then the candidate
    was entered, and the caller's count grows by one.
    """
    mask = len(slots) - 1
    slot = hash_row(rows[count]) & mask
    while slots[slot] >= 0:
        other = slots[slot]
        same = True
        for word in range(rows.shape[1]):
            if rows[other, word] != rows[count, word]:
                same = False
                break
        if same:
            return int(other)
        slot = (slot + 1) & mask
    slots[slot] = count
    return count


@bare_kernel
def rehash(rows: Words, count: int, slots: IntArray) -> None:
    """Enter ``count`` distinct rows into empty slots."""
    mask = len(slots) - 1
    for number in range(count):
        slot = hash_row(rows[number]) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number


@bare_kernel
def successors(
    state: int,
    steps: IntArray,
    arrays: GroundArrays,
    rows: Words,
    count: int,
    slots: IntArray,
    counters: IntArray,
    queue: IntArray,
    out: IntArray,
) -> int:
    """Number the successors of a state, adding those that are new, and return the new count.

    The table must have room for ``len(steps)`` rows more.
    """
    for i in range(len(steps)):
        apply(rows[state], steps[i], arrays, rows[count], counters, queue)
        number = insert(rows, count, slots)
        out[i] = number
        if number == count:
            count += 1
    return count
