"""When compiled kernels are used in place of NumPy."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["can_load", "is_loaded", "kernels_for"]

_WORTH_CALLING = 1 << 12
_WORTH_LOADING = 4_000_000
"""Rows on which NumPy takes about as much longer as linking kernels takes, 0.03 CPU s."""


class _Account:
    """The rows that kernels would have gained time on so far."""

    def __init__(self) -> None:
        self.rows = 0


# What is loaded belongs to the process, and so does what was not worth loading anything for.
_ACCOUNT = _Account()


def is_loaded() -> bool:
    """Whether kernels run compiled already, so that calling one costs next to nothing."""
    if "planner.engine.jit" not in sys.modules:
        return False
    from planner.engine.jit import is_compiled

    return is_compiled()


def can_load() -> bool:
    """Whether kernels are compiled, and loaded or to be had for a few hundredths of a second.

    They are loaded from now on: to be asked where there is enough to do for them.
    """
    if is_loaded():
        return True
    if not _has_images():
        return False
    from planner.engine.jit import link_from_now_on

    link_from_now_on()
    return True


def kernels_for(rows: int, gain: int = 1) -> ModuleType | None:
    """The kernels where they gain time on this many rows, else ``None``: NumPy does the same.

    They save some 10 ns a row, times ``gain``. So loading them pays once there were a few million
    rows; importing Numba, where no earlier process has left an image of them, does not.
    """
    if rows < _WORTH_CALLING:
        return None
    if not is_loaded():
        _ACCOUNT.rows += rows * gain
        if _ACCOUNT.rows < _WORTH_LOADING or not can_load():
            return None
    from planner.engine import kernels

    return kernels


@cache
def _has_images() -> bool:
    """Whether earlier processes have left images of all that is called from here."""
    from planner.engine import images, kernels
    from planner.engine.bits import kernels as of_bits
    from planner.engine.hashed import kernels as of_keys
    from planner.engine.jit import HAS_NUMBA, as_python

    called: list[Callable[..., object]] = [
        kernels.expand,
        kernels.meet,
        kernels.insert_dense,
        kernels.join_rows,
        kernels.link,
    ]
    called += [kernels.sources_first, kernels.spread, of_bits.collect_rows, of_bits.reach_rows]
    called += [of_bits.transpose_blocks, of_keys.insert_keys]
    return HAS_NUMBA and all(images.has_image(as_python(one)) for one in called)
