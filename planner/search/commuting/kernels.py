"""Kernels of strong stubborn sets (`planner.search.stubborn` says what they are).

The sets are those that the module in Python builds, member for member: members are looked at by
number, and of atoms that are open the first is taken that adds the fewest. A list of operators is
walked once a set, since it is a member as a whole from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.relaxed_task import WORK
from planner.spaces.kernels import bit_index, has

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Workspace
    from planner.interfaces import IntArray
    from planner.search.commuting.tables import Commuting

    Words = npt.NDArray[np.int64]

__all__ = ["IS_OFF", "WORK_BEFORE", "prune_operators"]

# Places in `Commuting.numbers`: the set, the first word of ``todo`` that may have bits, entries of
# lists walked for all sets; states looked at, steps seen there and steps left over. IS_OFF is 1
# once the first states (TRIAL) have left out too little (less than WORTHWHILE per cent), or the
# walks are more than one part in PART of all work, WORK_BEFORE and what is done in this call.
SET, LOW, WALKED, STATES, SEEN, KEPT = 0, 1, 2, 3, 4, 5
IS_OFF, TRIAL, WORTHWHILE, PART, WORK_BEFORE = 6, 7, 8, 9, 10

# Rows of `Commuting.whole`.
NEEDED, MADE, BROKEN = 0, 1, 2

ONE = np.int64(1)


@bare_kernel
def prune_operators(
    row: Words, operators: IntArray, count: int, commuting: Commuting, work: Workspace
) -> int:
    """Keep of so many applicable operators, ascending, those that need not wait: how many."""
    numbers, member = commuting.numbers, commuting.member
    if count < 2:
        return count
    numbers[SET] += 1
    numbers[LOW] = len(commuting.todo)
    walked = numbers[WALKED]
    if not _include_makers(row, commuting.goal, 0, len(commuting.goal), commuting):
        return count
    _complete(row, count, commuting)
    kept = 0
    for i in range(count):
        if member[operators[i]] == numbers[SET]:
            operators[kept] = operators[i]
            kept += 1
    numbers[STATES] += 1
    numbers[SEEN] += count
    numbers[KEPT] += kept
    if numbers[STATES] == numbers[TRIAL]:
        too_many = 100 * numbers[KEPT] > (100 - numbers[WORTHWHILE]) * numbers[SEEN]
        numbers[IS_OFF] = int(too_many)
    work.counts[WORK] += numbers[WALKED] - walked + count
    if numbers[PART] * numbers[WALKED] > numbers[WORK_BEFORE] + work.counts[WORK]:
        numbers[IS_OFF] = 1
    return kept


@inlined_kernel
def _complete(row: Words, count: int, commuting: Commuting) -> None:
    """Add what members call for, until all do or every applicable operator is a member."""
    numbers, todo = commuting.numbers, commuting.todo
    needs_first = commuting.needs_first
    applicable = 0
    while numbers[LOW] < len(todo):
        bits = todo[numbers[LOW]]
        if bits == 0:
            numbers[LOW] += 1
            continue
        low = bits & -bits
        todo[numbers[LOW]] = bits ^ low
        operator = numbers[LOW] * 64 + bit_index(low)
        begin, end = needs_first[operator], needs_first[operator + 1]
        if not _include_makers(row, commuting.needs, begin, end, commuting):
            applicable += 1
            if applicable == count:
                break
            _include_interfering(operator, commuting)
    while numbers[LOW] < len(todo):
        todo[numbers[LOW]] = 0
        numbers[LOW] += 1


@inlined_kernel
def _include_makers(
    row: Words, atoms: IntArray, begin: int, end: int, commuting: Commuting
) -> bool:
    """Add what makes one of the open atoms true, that which adds fewest, if any is open."""
    numbers, member, made = commuting.numbers, commuting.member, commuting.made
    fewest, best = len(member) + 1, np.int32(-1)
    for i in range(begin, end):
        atom = atoms[i]
        if has(row, atom):
            continue
        fresh = 0
        if commuting.whole[MADE, atom] != numbers[SET]:
            for k in range(commuting.made_first[atom], commuting.made_first[atom + 1]):
                if member[made[k]] != numbers[SET]:
                    fresh += 1
                    if fresh >= fewest:
                        break
            numbers[WALKED] += fresh
        if fresh < fewest:
            fewest, best = fresh, np.int32(atom)
    if best < 0:
        return False
    _include(MADE, best, commuting.made_first, made, commuting)
    return True


@inlined_kernel
def _include_interfering(operator: int, commuting: Commuting) -> None:
    """Add all that must not be exchanged with an operator."""
    needs_first, true_first = commuting.needs_first, commuting.true_first
    false_first, broken_first = commuting.false_first, commuting.broken_first
    for i in range(needs_first[operator], needs_first[operator + 1]):
        _include(BROKEN, commuting.needs[i], broken_first, commuting.broken, commuting)
    for i in range(true_first[operator], true_first[operator + 1]):
        _include(BROKEN, commuting.true[i], broken_first, commuting.broken, commuting)
    for i in range(false_first[operator], false_first[operator + 1]):
        atom = commuting.false[i]
        _include(NEEDED, atom, commuting.needed_first, commuting.needed, commuting)
        _include(MADE, atom, commuting.made_first, commuting.made, commuting)


@inlined_kernel
def _include(
    kind: int, atom: np.int32, first: IntArray, operators: IntArray, commuting: Commuting
) -> None:
    """Make all operators in the list of an atom members."""
    numbers, member, todo = commuting.numbers, commuting.member, commuting.todo
    if commuting.whole[kind, atom] == numbers[SET]:
        return
    commuting.whole[kind, atom] = numbers[SET]
    numbers[WALKED] += first[atom + 1] - first[atom]
    for k in range(first[atom], first[atom + 1]):
        operator = operators[k]
        if member[operator] != numbers[SET]:
            member[operator] = numbers[SET]
            word = operator >> 6
            todo[word] |= ONE << np.int64(operator & 63)
            numbers[LOW] = min(numbers[LOW], word)
