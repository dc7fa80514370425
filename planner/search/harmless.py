"""Steps that take away only what nothing else reads: taking them never does harm.

Picking up a spanner uses up its place on the floor, which only picking it up asks for. Relaxed
plans use one spanner for everything, and greedy searches walk past the others; where such steps are
taken whenever they apply, there is nothing to walk past. They are the smallest strong stubborn sets
(Valmari 1989; Wehrle & Helmert 2014), of one step each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.guides.among import is_among

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import Csr, GroundTask

    Keys = npt.NDArray[np.int64]

__all__ = ["harmless_operators"]

_MOST = 10_000
"""More of them would be tested at each step than save any."""


def harmless_operators(task: GroundTask) -> IntArray:
    """The operators that use up something of their own and disturb no other, ascending.

    Operators that use up nothing are left out: the relaxation loses nothing on them. The answer is
    empty where there are more than are worth looking through.
    """
    assert task.goal is not None
    size = task.atom_count
    readers = np.bincount(task.goal, minlength=size)
    for lists in (task.precondition, task.condition, task.axiom_body):
        readers += np.bincount(lists.values, minlength=size)
    needs, deletes, adds = (
        _keys(lists, size) for lists in (task.precondition, task.delete, task.add)
    )
    opposite = task.complement[adds % size]
    negated = adds[opposite >= 0] // size * size + opposite[opposite >= 0]
    lost = np.concatenate([deletes, negated])
    own = is_among(lost, needs)
    disturbs = readers[lost % size] > own
    harmless: BoolArray = np.zeros(task.operator_count, dtype=np.bool_)
    harmless[deletes[is_among(deletes, needs)] // size] = True
    harmless[lost[disturbs] // size] = False
    harmless[np.diff(task.conditional.offsets) > 0] = False
    harmless[np.diff(task.add.offsets) == 0] = False
    found: IntArray = np.flatnonzero(harmless).astype(np.int32)
    return found if len(found) <= _MOST else found[:0]


def _keys(lists: Csr, size: int) -> Keys:
    """List and value of each entry as one number."""
    rows = np.repeat(np.arange(len(lists), dtype=np.int64), np.diff(lists.offsets))
    keys: Keys = rows * size + lists.values
    return keys
