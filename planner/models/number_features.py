"""What a step does to the numbers of a state, seen from a number that the goal asks for.

Sizes are logarithms, so that numbers of any magnitude look alike; whether one divides another,
shares a factor with it or has its parity is what a size cannot tell. Nothing depends on names or on
how many numbers there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.number_columns import NumberColumns
from planner.engine.number_distance import distances, taken_back
from planner.engine.number_reach import FEW, few_are_reached
from planner.interfaces import Changes, ForesightSpace
from planner.kr.number_goals import number_goals

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, FloatArray, IntArray, StepSpace
    from planner.kr.number_goals import NumberGoal

__all__ = ["FEATURES", "NumberReader"]

_LARGEST = 1e15
"""Floats beyond are no longer whole numbers, and divide by nothing."""

_OCTAVES = 8.0
_COUNTED = 6  # numbers left, told apart up to here
_OF_ONE, _OF_REST = 9, 9
_TAKEN, _MADE = 2, 1

FEATURES = 3 * _OF_ONE + _COUNTED + _OF_REST
"""Numbers that describe a step, its schema left out."""


class NumberReader:
    """Describes the legal steps of the states of one space by the numbers they take and make.

    Attributes:
        goals: the numbers that the goal asks for; without any there is nothing to describe.
    """

    def __init__(self, space: StepSpace) -> None:
        self.goals = tuple(number_goals(space.task))
        self._space = space
        self._foresight = space if isinstance(space, ForesightSpace) else None
        self._columns = NumberColumns(space)

    def read(self, state: int, steps: IntArray) -> npt.NDArray[np.float32]:
        """Shape (steps, `FEATURES`), the mean over the goal's numbers."""
        if self._foresight is None:
            changes = _followed(self._space, state, steps)
        else:
            changes = self._foresight.foresee(state, steps)
        total = np.zeros((len(steps), FEATURES))
        for goal in self.goals:
            total += _described(self._moves(goal, changes), goal)
        return (total / max(1, len(self.goals))).astype(np.float32)

    def _moves(self, goal: NumberGoal, changes: Changes) -> _Moves:
        here = np.clip(self._columns.of_atoms(goal, changes.atoms), -_LARGEST, _LARGEST)
        made = np.clip(self._columns.made(goal, changes), -_LARGEST, _LARGEST)
        lacking = np.full((len(made), max(0, _MADE - made.shape[1])), np.nan)
        is_number = ~np.isnan(here)
        made = np.concatenate([made, lacking], axis=1)
        return _moves(here[is_number], changes.kept[:, is_number], made)


def _followed(space: StepSpace, state: int, steps: IntArray) -> Changes:
    """The changes of a space that cannot say them: its successors are made."""
    here = space.true_atoms(state)
    there = [space.true_atoms(space.successor(state, step)) for step in steps.tolist()]
    kept = np.array([np.isin(here, atoms) for atoms in there]).reshape(len(steps), len(here))
    fresh = [atoms[~np.isin(atoms, here)] for atoms in there]
    step = np.repeat(np.arange(len(steps), dtype=np.int32), [len(atoms) for atoms in fresh])
    made = np.concatenate([np.zeros(0, dtype=np.int32), *fresh])
    table = space.atoms
    return Changes(here, kept, step, table.symbol[made], table.arguments[made])


@dataclass(frozen=True, slots=True)
class _Moves:
    """What steps do to the multiset of numbers; not-a-number where a step has fewer.

    Attributes:
        before: shape (n,), the numbers of the state.
        after: shape (steps, n + m).
        taken: shape (steps, 2), numbers that are fewer afterwards, the largest first.
        made: shape (steps, 1), numbers that are more.
        rest: shape (steps, n + m), the others.
    """

    before: FloatArray
    after: FloatArray
    taken: FloatArray
    made: FloatArray
    rest: FloatArray


def _moves(before: FloatArray, kept: BoolArray, made: FloatArray) -> _Moves:
    stays = np.where(kept, before, np.nan)
    gone = np.where(kept, np.nan, before)
    after = np.concatenate([stays, made], axis=1)
    # A number that is taken and made again, as by multiplying by one, has not changed.
    made, back = made.copy(), np.full_like(made, np.nan)
    for column in range(made.shape[1]):
        for place in range(gone.shape[1]):
            same = gone[:, place] == made[:, column]
            back[same, column] = made[same, column]
            gone[same, place] = made[same, column] = np.nan
    size = np.where(np.isnan(gone), -1.0, np.abs(gone))
    order = np.argsort(-size, axis=1, kind="stable")[:, :_TAKEN]
    taken = np.full((len(gone), _TAKEN), np.nan)
    taken[:, : order.shape[1]] = np.take_along_axis(gone, order, axis=1)
    first = np.argsort(np.isnan(made), axis=1, kind="stable")[:, :_MADE]
    return _Moves(
        before,
        after,
        taken,
        np.take_along_axis(made, first, axis=1),
        np.concatenate([stays, back], axis=1),
    )


def _described(moves: _Moves, goal: NumberGoal) -> FloatArray:
    """Shape (steps, `FEATURES`)."""
    wanted = float(goal.number)
    columns = [_of_number(moves.taken[:, place], wanted) for place in range(_TAKEN)]
    columns.append(_of_number(moves.made[:, 0], wanted))
    left = (~np.isnan(moves.after)).sum(axis=1)
    columns.append((left[:, None] == np.arange(1, _COUNTED + 1)).astype(np.float64))
    columns.append(_of_rest(moves, goal, left))
    return np.concatenate(columns, axis=1)


def _of_number(numbers: FloatArray, wanted: float) -> FloatArray:
    """Shape (steps, 9): what is said of one number, zeros where there is none."""
    there = ~np.isnan(numbers)
    number = np.where(there, numbers, 0.0)
    integral = np.floor(number) == number
    whole = integral & (np.abs(number) < _LARGEST)
    both = whole & wanted.is_integer()
    common = np.zeros(len(number))
    if abs(wanted) < 2.0**63:
        common = np.gcd(np.where(both, number, 0).astype(np.int64), int(wanted)).astype(np.float64)
    with np.errstate(all="ignore"):
        divides = whole & (number != 0) & (np.mod(wanted, number) == 0)
    columns = (
        there,
        _size(number),
        number < 0,
        ~integral,
        _size(wanted - number),
        divides,
        np.where(both, _size(common), 0.0),
        (np.abs(number) == 1) * 1.0 - (number == 0),
        both & (np.mod(number - wanted, 2) == 0),
    )
    found: FloatArray = np.stack(columns, axis=1) * there[:, None]
    return found


def _of_rest(moves: _Moves, goal: NumberGoal, left: npt.NDArray[np.int64]) -> FloatArray:
    """Shape (steps, 9): how the numbers that are left stand to the one just made, and all of them
    to the goal's."""
    wanted = float(goal.number)
    away = distances(moves.before[None, :], wanted, goal.operations)
    now = distances(moves.after, wanted, goal.operations)
    is_exact = goal.combines and goal.clears
    few = np.full(len(left), is_exact) & (left >= 1) & (left <= FEW)
    reached = few
    if is_exact:
        reached = few_are_reached(moves.after, wanted, goal.operations)
    partners = taken_back(wanted, moves.made, goal.operations)
    gaps = [np.abs(partner - moves.rest) for partner in partners]
    rest_size = np.nansum(np.abs(moves.after), axis=1)
    with np.errstate(all="ignore"):
        dividing = (moves.rest != 0) & (np.mod(wanted, moves.rest) == 0)
    columns = (
        now / _OCTAVES,
        (now - away) / _OCTAVES,
        reached,
        few,
        _size(_least(np.concatenate(gaps, axis=1) if gaps else moves.rest[:, :0], _LARGEST)),
        _size(_least(np.abs(moves.after - wanted), wanted)),
        _size(_least(np.abs(moves.rest - moves.made), _LARGEST)),
        _size(rest_size) - _size(np.array([wanted])),
        dividing.sum(axis=1) / _OCTAVES,
    )
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _least(gaps: FloatArray, default: float) -> FloatArray:
    """The least of each row, numbers that are none left out."""
    least = np.fmin.reduce(gaps, axis=1, initial=np.inf)
    return np.where(np.isinf(least), default, least)


def _size(numbers: FloatArray) -> FloatArray:
    found: FloatArray = np.log2(1 + np.minimum(np.abs(numbers), _LARGEST)) / _OCTAVES
    return found
