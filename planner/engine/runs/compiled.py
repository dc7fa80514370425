"""When compiled kernels are used in place of NumPy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["is_loaded", "kernels_for"]

_WORTH_CALLING = 1 << 12


def is_loaded() -> bool:
    """Whether kernels run compiled already, so that calling one costs next to nothing."""
    if "numba" not in sys.modules:
        return False
    from planner.engine.jit import HAS_NUMBA

    return HAS_NUMBA


def kernels_for(rows: int) -> ModuleType | None:
    """The kernels where they gain time on this many rows, else ``None``: NumPy does the same.

    They save some 10 ns a row, so importing Numba only for them pays for nothing below 50
    million rows; they are used where something else has loaded it, as every search does.
    """
    if rows < _WORTH_CALLING or not is_loaded():
        return None
    from planner.engine import kernels

    return kernels
