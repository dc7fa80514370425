"""Leave out of a ground task what no plan can need, before it is searched.

An atom is needed when the goal, or a condition of a step that makes a needed atom true, asks for
it or for its negation. Effects on other atoms tell states apart that have the same plans, and
steps with no other effects lead nowhere. Of steps that ask for the same and do the same one is
enough, the cheapest. The atoms keep their numbers, and those not needed keep their first value;
whatever the reduced task can do, the task can, at the same cost, and the other way round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Table
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import GroundTask

    Unsigned = npt.NDArray[np.uint64]

__all__ = ["keep_operators", "reduce_task"]


def reduce_task(task: GroundTask) -> tuple[GroundTask, IntArray]:
    """The task that searches need, and for each of its operators the number in the given task.

    The given task itself where nothing can be left out.
    """
    every: IntArray = np.arange(task.operator_count, dtype=np.int32)
    needed = _needed(task)
    effects = (task.add, task.delete, task.conditional_add, task.conditional_delete)
    if all(needed[lists.values].all() for lists in effects):
        kept = _distinct(task, every)
        return (task, every) if len(kept) == len(every) else (keep_operators(task, kept), kept)
    add, delete, then_add, then_delete = (_filter(lists, needed) for lists in effects)
    reduced = replace(
        task, add=add, delete=delete, conditional_add=then_add, conditional_delete=then_delete
    )
    changes = np.diff(add.offsets) + np.diff(delete.offsets) > 0
    inner = np.diff(then_add.offsets) + np.diff(then_delete.offsets) > 0
    changes[_owners(task.conditional)[inner]] = True
    kept = _distinct(reduced, every[changes])
    return keep_operators(reduced, kept), kept


def _needed(task: GroundTask) -> BoolArray:
    """Which atoms conditions of needed steps name, or their complements."""
    assert task.goal is not None
    needed: BoolArray = np.zeros(task.atom_count, dtype=np.bool_)
    owners = _owners(task.conditional)
    needed[task.goal] = True
    while True:
        before = int(needed.sum())
        _join_complements(task, needed)
        inner = _touches(task.conditional_add, needed) | _touches(task.conditional_delete, needed)
        outer = _touches(task.add, needed) | _touches(task.delete, needed)
        outer[owners[inner]] = True
        for lists, rows in (
            (task.precondition, outer),
            (task.condition, inner),
            (task.axiom_body, needed[task.axiom_head]),
        ):
            needed[lists.values[np.repeat(rows, np.diff(lists.offsets))]] = True
        if int(needed.sum()) == before:
            return needed


def _join_complements(task: GroundTask, needed: BoolArray) -> None:
    partnered = np.flatnonzero(task.complement >= 0)
    others = task.complement[partnered]
    either = needed[partnered] | needed[others]
    needed[partnered] = either
    needed[others] = either


def _touches(lists: Csr, needed: BoolArray) -> BoolArray:
    """Which lists name a needed atom."""
    rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets))
    found: BoolArray = np.bincount(rows[needed[lists.values]], minlength=len(lists)) > 0
    return found


def _owners(lists: Csr) -> IntArray:
    """For each entry the list it stands in."""
    return np.repeat(np.arange(len(lists), dtype=np.int32), np.diff(lists.offsets))


def _filter(lists: Csr, keep: BoolArray) -> Csr:
    """The lists with only the values that are kept."""
    chosen = keep[lists.values]
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(np.bincount(_owners(lists)[chosen], minlength=len(lists)), out=offsets[1:])
    return Csr(offsets, lists.values[chosen])


def _distinct(task: GroundTask, chosen: IntArray) -> IntArray:
    """Of the chosen operators the cheapest of each kind, the first among equals, ascending.

    Those with conditional effects are left as they are.
    """
    plain = chosen[np.diff(task.conditional.offsets)[chosen] == 0]
    parts = [task.precondition, task.add, task.delete]
    code = np.zeros(len(plain), dtype=np.uint64)
    for salt, lists in enumerate(parts):
        code = code * np.uint64(0x9E3779B97F4A7C15) + _digest(lists, salt)[plain]
    in_order = np.sort(code)
    if not (in_order[1:] == in_order[:-1]).any():
        return chosen
    order = np.lexsort((plain, task.costs[plain], code))
    ordered, codes = plain[order], code[order]
    starts = np.concatenate([[True], codes[1:] != codes[:-1]])
    first = ordered[np.maximum.accumulate(np.where(starts, np.arange(len(ordered)), 0))]
    again = ~starts
    for lists in parts:
        # Equal digests are all but proof; dropping a step needs proof.
        again[again] = _equal(lists, ordered[again], first[again])
    dropped = np.zeros(task.operator_count, dtype=np.bool_)
    dropped[ordered[again]] = True
    return chosen[~dropped[chosen]]


def _digest(lists: Csr, salt: int) -> Unsigned:
    """A number for the contents of each list; sums wrap around."""
    mixed = (lists.values.astype(np.uint64) + np.uint64(salt + 1)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(29)
    sums = np.zeros(len(mixed) + 1, dtype=np.uint64)
    np.cumsum(mixed, out=sums[1:])
    digest: Unsigned = sums[lists.offsets[1:]] - sums[lists.offsets[:-1]]
    return digest


def _equal(lists: Csr, first: IntArray, second: IntArray) -> BoolArray:
    """Whether pairs of lists are the same."""
    lengths = np.diff(lists.offsets)
    same: BoolArray = lengths[first] == lengths[second]
    size = np.where(same, lengths[first], 0)
    rows = np.repeat(np.arange(len(first)), size)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(size) - size, size)
    left = lists.values[lists.offsets[first][rows] + within]
    right = lists.values[lists.offsets[second][rows] + within]
    same[rows[left != right]] = False
    return same


def keep_operators(task: GroundTask, kept: IntArray) -> GroundTask:
    """The task with only these operators, ascending."""
    effects = np.zeros(len(task.condition), dtype=np.bool_)
    keep = np.zeros(task.operator_count, dtype=np.bool_)
    keep[kept] = True
    effects[keep[_owners(task.conditional)]] = True
    inner = np.flatnonzero(effects)
    counts = np.diff(task.conditional.offsets)[kept]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return replace(
        task,
        operators=Table(task.operators.symbol[kept], task.operators.arguments[kept]),
        costs=task.costs[kept],
        precondition=_rows(task.precondition, kept),
        add=_rows(task.add, kept),
        delete=_rows(task.delete, kept),
        conditional=Csr(offsets, np.arange(len(inner), dtype=np.int32)),
        condition=_rows(task.condition, inner),
        conditional_add=_rows(task.conditional_add, inner),
        conditional_delete=_rows(task.conditional_delete, inner),
    )


def _rows(lists: Csr, rows: npt.NDArray[np.integer]) -> Csr:
    """Some of the lists."""
    lengths = np.diff(lists.offsets)[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    return Csr(offsets, lists.values[np.repeat(lists.offsets[:-1][rows], lengths) + within])
