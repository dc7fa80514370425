"""The cells of a text table, told apart and read as integers in bulk, without an object for each.

A table here is bytes: lines of cells between one separator, without quotes. Whatever is not that
simple is left to the `csv` module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray

    Int64Array = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["Cells", "find_cells"]

_WORD = 8
_LONGEST_INTEGER = 18
"""Digits that fit into 64 bits whatever they are."""
# An odd number without pattern: 2**64 divided by the golden ratio (Knuth 1973, section 6.4).
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(_WORD)] + [2**64 - 1], dtype=np.uint64)
_NEWLINE, _MINUS, _ZERO = 10, 45, 48


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a table are.

    Attributes:
        data: the table, and eight bytes more.
        starts, ends: shape (rows, columns), offsets into the data.
    """

    data: bytes
    starts: Int64Array
    ends: Int64Array

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.starts.shape[1])

    def after_first(self) -> Cells:
        """All rows but the first, which is a header."""
        return Cells(self.data, self.starts[1:], self.ends[1:])

    def integers(self, column: int) -> Int64Array | None:
        """A column of integers of up to 18 digits; ``None`` where a cell is something else."""
        text = np.frombuffer(self.data, dtype=np.uint8)
        starts, last = self.starts[:, column], self.ends[:, column] - 1
        is_negative = text[starts] == _MINUS
        has_negative = bool(is_negative.any())
        lengths = last + 1 - starts
        if has_negative:
            lengths = lengths - is_negative
        shortest, longest = int(lengths.min()), int(lengths.max())
        if shortest < 1 or longest > _LONGEST_INTEGER:
            return None
        values = np.zeros(len(last), dtype=np.int64)
        for place in range(longest):
            digits = text[last - place] - _ZERO
            if place >= shortest:
                digits *= lengths > place
            if digits.max() > 9:
                return None
            values += digits * np.int64(10**place)
        return np.where(is_negative, -values, values) if has_negative else values

    def texts(self, column: int) -> tuple[list[str], IntArray]:
        """The different cells of a column, first occurrences first, and each row's among them.

        Raises:
            UnicodeDecodeError: when a cell is not UTF-8.
        """
        starts, ends = self.starts[:, column], self.ends[:, column]
        lengths = ends - starts
        words = np.ndarray(
            (len(self.data) - _WORD + 1,), dtype="<u8", buffer=self.data, strides=(1,)
        )
        keys = _hashes(words, starts, lengths)
        firsts, positions = _grouped(keys)
        if not _are_equal(words, starts, lengths, firsts[positions]):
            return self._texts_one_by_one(starts, ends)
        bounds = zip(starts[firsts].tolist(), ends[firsts].tolist(), strict=True)
        return [str(self.data[start:end], "utf-8") for start, end in bounds], positions

    def _texts_one_by_one(self, starts: Int64Array, ends: Int64Array) -> tuple[list[str], IntArray]:
        """The same where two cells have one hash, which takes somebody who wants it."""
        bounds = zip(starts.tolist(), ends.tolist(), strict=True)
        listed = [str(self.data[start:end], "utf-8") for start, end in bounds]
        numbers = {text: number for number, text in enumerate(dict.fromkeys(listed))}
        return list(numbers), np.array([numbers[text] for text in listed], dtype=np.int32)


def find_cells(data: bytes, separator: str) -> Cells | None:
    """Where the cells of a table are; ``None`` where lines have quotes or different lengths."""
    if b'"' in data or b"\0" in data:
        return None
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        if b"\r" in data:
            return None
    while b"\n\n" in data:
        data = data.replace(b"\n\n", b"\n")
    data = data.strip(b"\n") + b"\n"
    width = data.count(separator.encode(), 0, data.index(b"\n")) + 1
    text = np.frombuffer(data, dtype=np.uint8)
    is_end = text == ord(separator)
    is_end |= text == _NEWLINE
    ends = np.flatnonzero(is_end)
    if len(ends) % width or len(data) == 1:
        return None
    ends_line = (text[ends] == _NEWLINE).reshape(-1, width)
    if not ends_line[:, -1].all() or ends_line[:, :-1].any():
        return None
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    shape = (-1, width)
    return Cells(data + bytes(_WORD), starts.reshape(shape), ends.reshape(shape))


def _hashes(words: Words, starts: Int64Array, lengths: Int64Array) -> Words:
    """A number for each cell; cells of up to eight bytes are their own."""
    found = words[starts] & _MASKS[np.minimum(lengths, _WORD)]
    rows = np.flatnonzero(lengths > _WORD)
    starts, lengths = starts[rows], lengths[rows]
    while len(rows):
        starts, lengths = starts + _WORD, lengths - _WORD
        mixed = found[rows] * _FACTOR
        mixed ^= mixed >> _SHIFT
        mixed ^= words[starts] & _MASKS[np.minimum(lengths, _WORD)]
        found[rows] = mixed
        longer = lengths > _WORD
        rows, starts, lengths = rows[longer], starts[longer], lengths[longer]
    return found


def _grouped(keys: Words) -> tuple[Int64Array, IntArray]:
    """The first row of each different key, in order, and for each row the number of its key."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    firsts = np.minimum.reduceat(order, np.flatnonzero(is_first))
    by_occurrence = np.argsort(firsts)
    numbers = np.empty(len(firsts), dtype=np.int32)
    numbers[by_occurrence] = np.arange(len(firsts), dtype=np.int32)
    positions = np.empty(len(keys), dtype=np.int32)
    positions[order] = numbers[np.cumsum(is_first) - 1]
    return firsts[by_occurrence], positions


def _are_equal(words: Words, starts: Int64Array, lengths: Int64Array, others: Int64Array) -> bool:
    """Whether each cell is the same as another one, whose row is given."""
    if not np.array_equal(lengths, lengths[others]):
        return False
    rows = np.flatnonzero(lengths > _WORD)  # of shorter ones the keys are all there is
    here, there, left = starts[rows], starts[others[rows]], lengths[rows]
    while len(left):
        differing = (words[here] ^ words[there]) & _MASKS[np.minimum(left, _WORD)]
        if differing.any():
            return False
        longer = left > _WORD
        here, there, left = here[longer] + _WORD, there[longer] + _WORD, left[longer] - _WORD
    return True
