"""The one place where Numba meets the code: compile a kernel, or run it as plain Python.

Kernels are functions over NumPy arrays in modules named ``kernels.py``. Importing Numba costs half
a second, more than a small task takes as plain Python; so a kernel starts interpreted. When its
data are large or interpreted kernels have taken a few hundredths of a second in all, its image is
loaded (`planner.engine.images`), where earlier processes left one; Numba itself is imported only
to compile what has none. The results are the same. Without Numba kernels stay interpreted.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    from planner.engine import images

__all__ = [
    "HAS_NUMBA",
    "Kernel",
    "as_python",
    "bare_kernel",
    "compile_from_now_on",
    "inlined_kernel",
    "is_compiled",
    "kernel",
    "link_from_now_on",
]

HAS_NUMBA = find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"

_INTERPRETED_S = 0.1
"""CPU seconds of interpreted kernels after which Numba is worth its import."""

_BEFORE_IMAGES_S = 0.02
"""CPU seconds of interpreted kernels after which the linker of images is worth its import."""

_SMALL = 200_000
"""Elements of its arrays up to which a kernel may run interpreted."""

_ATTEMPTS = 8
"""Shapes of arguments beyond which a kernel is left to Numba."""

_CALLED = 0
"""`planner.engine.images.CALLED`; that module is imported when an image is looked for."""

# A kernel's type is whatever the decorated function's is.
_Function = TypeVar("_Function", bound="Callable[..., Any]")


def _log() -> logging.Logger:
    """The log of this module; most processes write nothing to it and import no logging."""
    import logging

    return logging.getLogger(__name__)


if not HAS_NUMBA:
    _log().warning(
        "numba is not installed: kernels run as plain Python, slower, with the same results "
        "(pip install 'planner[fast]')"
    )


class _Interpreter:
    """Runs kernels as plain Python and keeps account of the time they took."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self.inside = False

    def run(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        """Call a kernel; integers wrap around without a warning, as they do compiled."""
        if self.inside:
            return function(*arguments)
        self.inside = True
        started = time.process_time()
        try:
            with np.errstate(over="ignore"):
                return function(*arguments)
        finally:
            self.spent_s += time.process_time() - started
            self.inside = False

    def is_worth_it(self, arguments: Sequence[Any]) -> bool:
        """Whether a call should be interpreted rather than have Numba imported for it."""
        if self.inside or not HAS_NUMBA:
            return True
        if "numba" in sys.modules or self.spent_s > _INTERPRETED_S:
            return False
        return _size(arguments) <= _SMALL

    def is_first_resort(self, arguments: Sequence[Any]) -> bool:
        """Whether a call should be interpreted rather than have an image loaded for it."""
        if self.inside or not HAS_NUMBA:
            return True
        if is_compiled() or self.spent_s > _BEFORE_IMAGES_S:
            return False
        return _size(arguments) <= _SMALL


# Kernels are functions of a module, and so is the account of the time they took.
_INTERPRETER = _Interpreter()


class Kernel:
    """A function over NumPy arrays, interpreted until compiling it is worth the time."""

    __slots__ = ("__wrapped__", "_absent", "_compiled", "_images", "_options", "_shapes")

    def __init__(self, function: Callable[..., Any], **options: bool) -> None:
        self.__wrapped__ = function
        self._options = options
        self._compiled: Callable[..., Any] | None = None
        # By the types of arguments; ``None`` where they are left to Numba.
        self._images: dict[tuple[type, ...], images.Image | None] = {}
        self._absent: set[tuple[type, ...]] = set()
        self._shapes: set[str] = set()

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel."""
        types = tuple(map(type, arguments))
        image = self._images.get(types)
        if image is not None:
            answer, result = image.call(arguments)
            if answer == _CALLED:
                return result
        elif self._compiled is not None and types in self._images:
            return self._compiled(*arguments)
        if _INTERPRETER.is_first_resort(arguments):
            return _INTERPRETER.run(self.__wrapped__, arguments)
        return self._run_otherwise(types, arguments)

    def _run_otherwise(self, types: tuple[type, ...], arguments: Sequence[Any]) -> Any:
        """Run the kernel on arguments that no loaded image takes."""
        from planner.engine import images

        is_absent = types in self._absent
        if is_absent and self._compiled is None and _INTERPRETER.is_worth_it(arguments):
            return _INTERPRETER.run(self.__wrapped__, arguments)
        shape, image = self._new_shape(arguments), None
        if shape is not None and not is_absent:
            image = images.load_image(self.__wrapped__, shape)
        if shape is not None and image is not None:
            self._shapes.add(shape.text)
            self._images[types] = image
            answer, result = image.call(arguments)
            if answer == _CALLED:
                return result
        if self._compiled is None and _INTERPRETER.is_worth_it(arguments):
            # Not for good: should Numba compile the kernel after all, its image is kept.
            self._absent.add(types)
            return _INTERPRETER.run(self.__wrapped__, arguments)
        result = self.compiled(*arguments)
        if shape is not None and shape.text not in self._shapes:
            self._shapes.add(shape.text)
            self._keep_image(arguments, shape)
        self._images.setdefault(types, None)
        return result

    @property
    def compiled(self) -> Callable[..., Any]:
        """The compiled function, cached on disk across processes."""
        if self._compiled is None:
            numba = _numba()
            self._compiled = numba.njit(cache=True, nogil=True, **self._options)(self.__wrapped__)
            _depend_on_all_kernels(self._compiled)
        return self._compiled

    def _new_shape(self, arguments: Sequence[Any]) -> images.Shape | None:
        """The shape of arguments, ``None`` for one that was dealt with."""
        if len(self._shapes) >= _ATTEMPTS or not _images_work():
            return None
        from planner.engine import images

        shape = images.shape_of(arguments)
        if shape is None or shape.text in self._shapes:
            return None
        return shape

    def _keep_image(self, arguments: Sequence[Any], shape: images.Shape) -> None:
        """Leave an image for later processes."""
        from planner.engine.image_maker import make_image

        made = make_image(self.__wrapped__, self._compiled, arguments, shape)
        _log().debug("%s: image %s", self.__wrapped__.__name__, "made" if made else "not made")


def kernel(function: _Function) -> _Function:
    """Make a function over NumPy arrays a kernel.

    Keyword arguments are not supported. One integer type per array: mixing ``uint64`` and
    ``int64`` silently gives ``float64``.
    """
    return cast("_Function", Kernel(function))


def bare_kernel(function: _Function) -> _Function:
    """A kernel that allocates nothing, compiled without counting references to its arrays.

    Counting takes an atomic operation for each array of each call and each row looked at, which
    was three quarters of the time of a search with cheap states.
    """
    return cast("_Function", Kernel(function, _nrt=False))


def inlined_kernel(function: _Function) -> _Function:
    """A bare kernel that is compiled into each of its callers, which spares copying bundles."""
    return cast("_Function", Kernel(function, _nrt=False, forceinline=True))


def as_python(function: _Function) -> _Function:
    """The function that a kernel was made of, which takes lists in place of arrays, too."""
    return cast("_Function", function.__wrapped__ if isinstance(function, Kernel) else function)


def is_compiled() -> bool:
    """Whether this process has loaded what is compiled, so that a kernel's call costs little."""
    images = sys.modules.get("planner.engine.images")
    return HAS_NUMBA and ("numba" in sys.modules or (images is not None and images.any_loaded()))


def link_from_now_on() -> None:
    """Load the images of kernels that are called in this process, small as their data may be."""
    _INTERPRETER.spent_s = max(_INTERPRETER.spent_s, 2 * _BEFORE_IMAGES_S)


def compile_from_now_on() -> None:
    """Interpret no more kernels in this process (where Numba is installed)."""
    _INTERPRETER.spent_s = float("inf")


def _depend_on_all_kernels(compiled: Any) -> None:
    """Have the cache of a kernel expire when any file of kernels changes, not its own alone.

    Kernels are compiled into those that call them, across files, and Numba does not notice when
    what was compiled in has changed.
    """
    from pathlib import Path

    package = Path(__file__).parents[1]
    stats = [path.stat() for path in sorted(package.glob("*/**/kernels.py"))]
    stamp = tuple((stat.st_mtime, stat.st_size) for stat in stats)
    cache_file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = stamp


@cache
def _images_work() -> bool:
    """Whether kernels may be called through images here."""
    from planner.engine import images

    return images.is_supported()


def _size(values: Sequence[Any]) -> int:
    """Elements of all arrays among arguments and the fields of named tuples."""
    total = 0
    for value in values:
        if isinstance(value, np.ndarray):
            total += value.size
        elif isinstance(value, tuple):
            total += _size(value)
    return total


def _numba() -> Any:
    """Numba, taught that a kernel inside a kernel is its compiled function."""
    if "numba" not in sys.modules:
        _log().info("loading the compiled kernels (the first time on a machine they are compiled)")
    numba = import_module("numba")
    extending = import_module("numba.extending")
    types = import_module("numba.core.types")
    if Kernel not in extending.typeof_impl.registry:
        extending.typeof_impl.register(Kernel)(lambda value, _: types.Dispatcher(value.compiled))
    return numba
