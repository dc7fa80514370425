"""Whether a few numbers make a target, each used once: decided for many rows at a time, in floats.

The working is that of `planner.engine.number_tape`. Floats round, so the answer is for guides; a
plan is checked by the step space, whose numbers are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.number_tape import tape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.engine.number_tape import Tape
    from planner.interfaces import BoolArray, FloatArray

    Places = npt.NDArray[np.int64]

__all__ = ["FEW", "are_reached", "few_are_reached"]

FEW = 6
"""How many numbers there may be: six take half a millisecond a row, seven would take twenty."""

_TOLERANCE = 1e-11
"""Share of a value by which rounding may miss it."""

_ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""What rounding may leave of a difference that is zero, as a share of the target, and of one at
least: what is left of the target once a value near to it is taken off is as inexact as they are."""

_AT_ONCE = 200_000
"""Values worked out at a time, so that they stay in the cache."""


def are_reached(numbers: FloatArray, target: float, operations: Sequence[str]) -> BoolArray:
    """Whether the target is what operations make of all the numbers of a row.

    Args:
        numbers: shape (rows, n) with n from 1 to `FEW`.
        target: the number to be made.
        operations: some of ``+ - * /``.

    >>> import numpy as np
    >>> are_reached(np.array([[8.0, 3.0, 8 / 3], [3.0, 1.0, 8 / 3]]), 24.0, "+-*/").tolist()
    [True, False]
    """
    rows, count = numbers.shape
    tape = tape_of(count, tuple(operations))
    step = max(1, _AT_ONCE // tape.width)
    rounding = _ROUNDING * max(1.0, abs(target))
    found = np.zeros(rows, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for start in range(0, rows, step):
            here = slice(start, start + step)
            values = _worked_out(tape, numbers[here], target)
            for made, wanted in tape.meetings:
                found[here] |= _meet(values, made, wanted, rounding)
    return found


def few_are_reached(numbers: FloatArray, target: float, operations: Sequence[str]) -> BoolArray:
    """As `are_reached` for rows filled up with not-a-number; False for none and for too many.

    Args:
        numbers: shape (rows, n), with any n.
        target: the number to be made.
        operations: some of ``+ - * /``.
    """
    present = ~np.isnan(numbers)
    counts = present.sum(axis=1)
    found = np.zeros(len(numbers), dtype=np.bool_)
    for count in range(1, FEW + 1):
        rows = np.flatnonzero(counts == count)
        if len(rows):
            few = numbers[rows][present[rows]].reshape(len(rows), count)
            found[rows] = are_reached(few, target, operations)
    return found


def _worked_out(tape: Tape, numbers: FloatArray, target: float) -> FloatArray:
    """Shape (width, rows): all values of the tape."""
    rows, count = numbers.shape
    values = np.empty((tape.width, rows))
    values[:count] = numbers.T
    values[count] = target
    place = count + 1
    for instruction in tape.instructions:
        after = place + len(instruction.left)
        values[place:after] = instruction.evaluate(values)
        place = after
    return values


def _meet(values: FloatArray, made: Places, wanted: Places, rounding: float) -> BoolArray:
    """Whether in some subset a value made is a value wanted, for each row."""
    # The last bit of a value says on which side it is, so that one sort brings both together.
    both = np.concatenate([made, wanted], axis=1)
    met = values.T[:, both.ravel()].reshape(-1, *both.shape)
    bits = met.view(np.int64)
    bits[:, :, : made.shape[1]] &= ~1
    bits[:, :, made.shape[1] :] |= 1
    met.sort(axis=-1)
    low, high = met[:, :, :-1], met[:, :, 1:]
    margin = np.abs(low)
    margin *= _TOLERANCE
    margin += rounding
    # Strictly less: infinities, which divisions by zero leave, are near nothing.
    row, subset, place = np.nonzero(high - low < margin)
    differ = (bits[row, subset, place] ^ bits[row, subset, place + 1]) & 1
    found = np.zeros(len(met), dtype=np.bool_)
    found[row[differ == 1]] = True
    return found
