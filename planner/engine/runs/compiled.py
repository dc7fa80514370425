"""When compiled kernels are worth their loading."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["kernels_for"]

# Importing Numba and a cached kernel costs about 0.3 s, as much as NumPy takes for so many rows.
_WORTH_LOADING = 1 << 21
_WORTH_CALLING = 1 << 12


def kernels_for(rows: int) -> ModuleType | None:
    """The kernels where they gain time on this many rows, else ``None``: NumPy does the same."""
    enough = _WORTH_CALLING if "numba" in sys.modules else _WORTH_LOADING
    if rows < enough or find_spec("numba") is None:
        return None
    from planner.engine import kernels

    return kernels
