"""When compiled kernels are used in place of NumPy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["kernels_for"]

_WORTH_CALLING = 1 << 12


def kernels_for(rows: int) -> ModuleType | None:
    """The kernels where they gain time on this many rows, else ``None``: NumPy does the same.

    They save some 10 ns a row, so importing Numba only for them pays for nothing below 50
    million rows; they are used where something else has loaded it, as every search does.
    """
    if rows < _WORTH_CALLING or "numba" not in sys.modules:
        return None
    from planner.engine.jit import HAS_NUMBA

    if not HAS_NUMBA:
        return None
    from planner.engine import kernels

    return kernels
