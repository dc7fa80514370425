"""The tables of strong stubborn sets: what operators need, make true and make false, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.search.stubborn import TRIAL, WORTHWHILE
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.spaces.ground_task import GroundTask

__all__ = ["Commuting", "entries_of", "new_commuting", "no_commuting"]

_MOST_ENTRIES = 3_000_000
"""Entries of all lists up to which tables are made: a few seconds, and as much memory again as the
task takes."""


class Commuting(NamedTuple):
    """Over O operators and N atoms; complements are atoms of their own.

    Attributes:
        goal: atoms of the goal, ascending.
        needs_first, needs: CSR, the atoms that each operator needs, ascending.
        true_first, true: CSR, those that it makes true.
        false_first, false: CSR, those that it makes false.
        needed_first, needed: CSR, the operators that need each atom.
        made_first, made: CSR, those that make it true.
        broken_first, broken: CSR, those that make it false.
        member: shape (O,), the last set that the operator was in; sets are counted from 1.
        whole: shape (3, N), the last set that all operators in the list of an atom were in, of
            lists in ``needed``, ``made`` and ``broken``.
        todo: members to be looked at, one bit an operator.
        numbers: counts that the kernel keeps, and its parameters.
    """

    goal: IntArray
    needs_first: IntArray
    needs: IntArray
    true_first: IntArray
    true: IntArray
    false_first: IntArray
    false: IntArray
    needed_first: IntArray
    needed: IntArray
    made_first: IntArray
    made: IntArray
    broken_first: IntArray
    broken: IntArray
    member: IntArray
    whole: IntArray
    todo: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


def entries_of(task: GroundTask) -> int:
    """How many atoms operators name, which says how long tables take to be made."""
    return sum(len(each.values) for each in (task.precondition, task.add, task.delete))


def new_commuting(task: GroundTask, part: int = 0) -> Commuting | None:
    """Tables for a task that `planner.search.stubborn.can_prune`, ``None`` for too large a one.

    Args:
        task: its operators and goal.
        part: sets are given up where they take more than one part in so many of all work; 0 for
            never.
    """
    assert task.goal is not None
    if entries_of(task) > _MOST_ENTRIES:
        return None
    count, atoms = task.operator_count, task.atom_count
    makes_true = _united(task.add, _complements(task.delete, task.complement), atoms)
    makes_false = _united(task.delete, _complements(task.add, task.complement), atoms)
    goal = np.flatnonzero(np.bincount(task.goal, minlength=1)).astype(np.int32)
    needs = _united(task.precondition, None, atoms)
    return _tables(goal, (needs, makes_true, makes_false), count, atoms, part)


def no_commuting() -> Commuting:
    """Empty tables, for searches that try all steps."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    empty = Csr(np.zeros(1, dtype=np.int32), nothing)
    return _tables(nothing, (empty, empty, empty), 0, 0, 0)


def _tables(
    goal: IntArray, lists: tuple[Csr, Csr, Csr], count: int, atoms: int, part: int
) -> Commuting:
    """Tables of what operators need, make true and make false, with scratch."""
    needs, true, false = lists
    needed, made, broken = (each.inverted(atoms) for each in lists)
    return Commuting(
        goal=goal,
        needs_first=needs.offsets,
        needs=needs.values,
        true_first=true.offsets,
        true=true.values,
        false_first=false.offsets,
        false=false.values,
        needed_first=needed.offsets,
        needed=needed.values,
        made_first=made.offsets,
        made=made.values,
        broken_first=broken.offsets,
        broken=broken.values,
        member=np.zeros(count, dtype=np.int32),
        whole=np.zeros((3, atoms), dtype=np.int32),
        todo=np.zeros((count + 63) // 64, dtype=np.int64),
        numbers=np.array(
            [0, 0, 0, 0, 0, 0, 0, TRIAL, int(100 * WORTHWHILE), part, 0], dtype=np.int64
        ),
    )


def _complements(lists: Csr, complement: IntArray) -> Csr:
    """The complements of the atoms in each list, -1 where there is none."""
    return Csr(lists.offsets, complement[lists.values])


def _united(lists: Csr, others: Csr | None, width: int) -> Csr:
    """Both lists of each operator as one, ascending, without -1."""
    parts = [lists] if others is None else [lists, others]
    codes = []
    for each in parts:
        owner = np.repeat(np.arange(len(each), dtype=np.int64), np.diff(each.offsets))
        codes.append((owner * width + each.values)[each.values >= 0])
    united = np.sort(np.concatenate(codes))
    united = united[np.diff(united, prepend=-1) != 0]
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(np.bincount(united // max(width, 1), minlength=len(lists)), out=offsets[1:])
    return Csr(offsets, (united % max(width, 1)).astype(np.int32))
