"""The one place where Numba meets the code: compile a kernel, or run it as plain Python.

Kernels are functions over NumPy arrays in modules named ``kernels.py``; those modules are imported
only when a kernel is about to run, since importing Numba costs a quarter of a second. Without
Numba the same functions run interpreted: the same results, slower.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

# Untyped: the package has no type information, and may be missing.
numba: Any = None
with suppress(ImportError):
    numba = import_module("numba")

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HAS_NUMBA", "kernel"]

HAS_NUMBA = numba is not None

# A kernel's type is whatever the decorated function's is.
_Function = TypeVar("_Function", bound="Callable[..., Any]")

if not HAS_NUMBA:
    logging.getLogger(__name__).warning(
        "numba is not installed: kernels run as plain Python, slower, with the same results "
        "(pip install 'planner[fast]')"
    )


def kernel(function: _Function) -> _Function:
    """Compile a function over NumPy arrays, cached on disk across processes.

    One integer type per array: mixing ``uint64`` and ``int64`` silently gives ``float64``.
    Interpreted, integers wrap around without a warning, as they do compiled.
    """
    if numba is None or numba.config.DISABLE_JIT:
        return np.errstate(over="ignore")(function)
    return cast("_Function", numba.njit(cache=True, nogil=True)(function))
