"""Bindings of variables as columns: what a body has found so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

__all__ = ["UNIT", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """``count`` bindings; columns are codes by variable."""

    count: int
    columns: Mapping[str, IntArray]

    def take(self, rows: npt.NDArray[np.signedinteger], live: Collection[str]) -> Table:
        """Some bindings, in the given order, with the variables that are still needed."""
        columns = {name: c[rows] for name, c in self.columns.items() if name in live}
        return Table(len(rows), columns)

    def keep(self, mask: BoolArray, live: Collection[str]) -> Table:
        """The bindings where the mask is true."""
        count = int(np.count_nonzero(mask))
        if count == self.count:
            return self.only(live)
        return self.take(np.flatnonzero(mask), live)

    def only(self, live: Collection[str]) -> Table:
        """The same bindings with the variables that are still needed."""
        if all(name in live for name in self.columns):
            return self
        return Table(self.count, {n: c for n, c in self.columns.items() if n in live})

    def slice(self, start: int, end: int) -> Table:
        """Consecutive bindings."""
        return Table(end - start, {n: c[start:end] for n, c in self.columns.items()})

    def having(self, name: str, column: IntArray) -> Table:
        """The same bindings with one more variable."""
        return Table(self.count, {**self.columns, name: column})


UNIT = Table(1, {})
"""The one empty binding, with which every body begins."""
