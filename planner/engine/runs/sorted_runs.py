"""A growing set of keys as sorted arrays of geometric sizes, with a filter in front.

A log-structured merge (O'Neil et al. 1996): a new run is merged with those that are not much
longer, so there are few. The filter keeps one bit of hash a key (Bloom 1970), a byte each, so that
most keys that are new are known to be new by one gather, without a search in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray

    Keys = npt.NDArray[np.int64]

__all__ = ["SortedRuns"]

# 2**64 divided by the golden ratio, as a signed number: neighbouring keys fall far apart.
_MULTIPLIER = np.int64(-7046029254386353131)
_SMALLEST_FILTER, _LARGEST_FILTER = 1 << 14, 1 << 26
# Bytes of filter a key at which it is made anew, and those it then has.
_CROWDED, _ROOMY = 4, 16


class SortedRuns:
    """Distinct keys.

    Attributes:
        runs: sorted, each more than twice as long as the next.
        size: how many keys there are.
    """

    def __init__(self) -> None:
        self.runs: list[Keys] = []
        self.size = 0
        self._marks: BoolArray = np.zeros(0, dtype=np.bool_)

    @property
    def size_bytes(self) -> int:
        """Memory of runs and filter."""
        return 8 * self.size + self._marks.nbytes

    def unseen(self, ordered: Keys) -> BoolArray:
        """Which of some sorted keys are not there."""
        unseen = np.ones(len(ordered), dtype=np.bool_)
        if not self.runs:
            return unseen
        # The first time keys are asked for: many sets are filled once and never asked.
        if not len(self._marks):
            self._filter_anew()
        asked = np.flatnonzero(self._marks[self._places(ordered)])
        rest = ordered[asked]
        for run in self.runs:
            found = _member(run, rest)
            unseen[asked[found]] = False
            asked, rest = asked[~found], rest[~found]
        return unseen

    def add(self, run: Keys) -> None:
        """Add sorted keys that are not there."""
        self.size += len(run)
        added = run
        while self.runs and len(self.runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self.runs.pop(), run]))
        self.runs.append(run)
        if _CROWDED * self.size > len(self._marks) and len(self._marks) < _LARGEST_FILTER:
            if len(self._marks):
                self._filter_anew()
        elif len(self._marks):
            self._marks[self._places(added)] = True

    def _filter_anew(self) -> None:
        size = 1 << (_ROOMY * self.size - 1).bit_length()
        size = max(_SMALLEST_FILTER, min(size, _LARGEST_FILTER))
        self._marks = np.zeros(size, dtype=np.bool_)
        for run in self.runs:
            self._marks[self._places(run)] = True

    def _places(self, keys: Keys) -> Keys:
        shift = 65 - len(self._marks).bit_length()
        places: Keys = ((keys * _MULTIPLIER) >> shift) & (len(self._marks) - 1)
        return places


def _member(run: Keys, ordered: Keys) -> BoolArray:
    place = np.searchsorted(run, ordered)
    place[place == len(run)] = 0
    found: BoolArray = run[place] == ordered
    return found
