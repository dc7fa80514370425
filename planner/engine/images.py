"""Compiled kernels without Numba: object code kept on disk, linked by llvmlite, called directly.

Importing Numba and having it load kernels from its own cache takes a second, more than most
searches. What it compiled is object code, though, which llvmlite alone links in milliseconds. An
*image* is that object code with an entry of our own, made once where Numba has compiled a kernel
(`planner.engine.image_maker`). The entry takes Python objects, reads the fields of arrays and
tuples as the C interfaces of NumPy and Python lay them out, and refuses whatever is not of the
types the kernel was compiled for; then Numba is asked. An image is of one processor, of one
version of all kernels, and void when any of these changes.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import sys
import zlib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "CALLED",
    "ENTRY",
    "PACKAGE",
    "REFUSED",
    "Header",
    "Image",
    "Shape",
    "any_loaded",
    "has_image",
    "header_of",
    "image_path",
    "is_supported",
    "load_image",
    "processor",
    "shape_of",
    "stamps_of",
    "write_image",
]

_log = logging.getLogger(__name__)

_MAGIC = b"planner kernel image 1\n"

ENTRY = "planner_entry"
"""The symbol of the entry: ``(result*, types*, argument...) -> int64``, which is an answer."""

CALLED, REFUSED = 0, 1

_BIG = 1 << 62

PACKAGE = Path(__file__).parents[1]
"""Where the stamped files are; kernels outside it have no images."""

_SCALARS: dict[type, Any] = {int: ctypes.c_int64, bool: ctypes.c_int64, float: ctypes.c_double}


@dataclass(frozen=True, slots=True)
class Shape:
    """The types of a kernel's arguments.

    Attributes:
        text: all that an image depends on: types of elements, dimensions, classes of tuples.
        types: the Python types of the arguments.
        nodes: what the entry compares by identity: the class of each tuple, then of its parts;
            the type of the elements of each array.
    """

    text: str
    types: tuple[type, ...]
    nodes: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What an image is of.

    Attributes:
        stamps: path in the package, time of change and size of each file of kernels.
        returns: how to read the result, a character of `struct`, or ``""`` for nothing.
        traps: symbols that only the parts of the code use that are never called.
    """

    kernel: str
    shape: str
    processor: str
    stamps: tuple[tuple[str, int, int], ...]
    returns: str
    traps: tuple[str, ...]


def is_supported() -> bool:
    """Whether objects lie in memory as the entries expect (an ordinary CPython and NumPy do)."""
    if sys.implementation.name != "cpython" or sys.maxsize != (1 << 63) - 1:
        return False
    probe = np.zeros((2, 3), dtype=np.int64)
    pair = (probe, 7)

    def word(thing: object, offset: int) -> int:
        return ctypes.c_int64.from_address(id(thing) + offset).value

    shape = (ctypes.c_int64 * 2).from_address(word(probe, 32))
    strides = (ctypes.c_int64 * 2).from_address(word(probe, 40))
    flags = ctypes.c_int32.from_address(id(probe) + 64).value
    return (
        word(probe, 8) == id(np.ndarray)
        and word(probe, 16) == probe.ctypes.data
        and ctypes.c_int32.from_address(id(probe) + 24).value == 2
        and (tuple(shape), tuple(strides)) == (probe.shape, probe.strides)
        and word(probe, 56) == id(probe.dtype)
        and flags & 0x501 == 0x501
        and (word(pair, 8), word(pair, 16)) == (id(tuple), 2)
        and (word(pair, 24), word(pair, 32)) == (id(probe), id(pair[1]))
    )


def shape_of(arguments: Sequence[object]) -> Shape | None:
    """The shape of arguments, ``None`` where one of them is of no type that images know."""
    nodes: list[object] = [np.ndarray]
    texts = [_describe(argument, nodes) for argument in arguments]
    if None in texts:
        return None
    text = ", ".join(text for text in texts if text is not None)
    return Shape(text, tuple(type(argument) for argument in arguments), tuple(nodes))


def _describe(value: object, nodes: list[object]) -> str | None:
    kind = type(value)
    if kind in _SCALARS:
        return kind.__name__
    if isinstance(value, np.ndarray):
        return _describe_array(value, nodes)
    if not isinstance(value, tuple):
        return None
    nodes.append(kind)
    parts = [_describe(part, nodes) for part in value]
    if None in parts:
        return None
    return f"{kind.__module__}.{kind.__qualname__}({', '.join(map(str, parts))})"


def _describe_array(array: np.ndarray[Any, Any], nodes: list[object]) -> str | None:
    """Arrays in C order that may be written to, of a plain type of elements."""
    flags, dtype = array.flags, array.dtype
    is_plain = flags.c_contiguous and flags.aligned and flags.writeable
    if type(array) is not np.ndarray or not is_plain or dtype is not np.dtype(dtype.str):
        return None
    nodes.append(dtype)
    return f"{dtype.str}[{array.ndim}]"


class Image:
    """An image that is loaded: a kernel for arguments of one shape."""

    __slots__ = ("_binding", "_entry", "_keep", "_returns", "_small", "_types", "types")

    def __init__(self, header: Header, shape: Shape, address: int, keep: object) -> None:
        self.types = shape.types
        self._types = (ctypes.c_int64 * len(shape.nodes))(*map(id, shape.nodes))
        # Both must live as long as the code may run: what is compared with, and the code.
        self._keep = (shape.nodes, keep)
        self._returns = header.returns
        self._small = tuple(i for i, kind in enumerate(shape.types) if kind is int)
        parts = [_SCALARS.get(kind, ctypes.py_object) for kind in shape.types]
        self._entry = ctypes.CFUNCTYPE(
            ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, *parts, use_errno=False
        )(address)

    def call(self, arguments: Sequence[Any]) -> tuple[int, Any]:
        """Run the kernel on arguments of these types: `CALLED` and the result, or `REFUSED`."""
        for position in self._small:
            if not -_BIG < arguments[position] < _BIG:
                return REFUSED, None
        result = ctypes.c_int64()
        answer = self._entry(ctypes.byref(result), self._types, *arguments)
        if answer == CALLED:
            return CALLED, self._read(result)
        if answer == REFUSED:
            return REFUSED, None
        raise RuntimeError("a kernel failed")

    def _read(self, result: ctypes.c_int64) -> Any:
        if self._returns == "q":
            return result.value
        if self._returns == "?":
            return result.value != 0
        if self._returns == "d":
            return ctypes.c_double.from_buffer(result).value
        return None


class _Linker:
    """llvmlite, once it was needed."""

    def __init__(self) -> None:
        self.llvm: Any = None
        self._jit: Any = None
        self.count = 0
        self.processor = ""

    def start(self) -> Any:
        """The binding, ready to link."""
        if self.llvm is None:
            llvm = import_module("llvmlite.binding")
            llvm.initialize_native_target()
            machine = llvm.Target.from_default_triple().create_target_machine()
            self._jit = llvm.create_lljit_compiler(machine)
            features = llvm.get_host_cpu_features().flatten()
            self.processor = f"{llvm.get_default_triple()} {llvm.get_host_cpu_name()} {features}"
            self.llvm = llvm
        return self.llvm

    def link(self, code: Sequence[bytes], traps: Sequence[str]) -> tuple[int, object]:
        """The address of the entry, and what keeps the code in memory."""
        builder = self.start().JITLibraryBuilder().add_current_process()
        for part in code:
            builder.add_object_img(part)
        for symbol in traps:
            builder.import_symbol(symbol, _abort())
        self.count += 1
        library = builder.export_symbol(ENTRY).link(self._jit, f"kernel {self.count}")
        return library[ENTRY], library


# Code is linked into the process, and so is what links it.
_LINKER = _Linker()


def _abort() -> int:
    """The address of a function that ends the process."""
    address = ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value
    assert address is not None
    return address


def any_loaded() -> bool:
    """Whether this process has linked an image already, so that the next one costs little."""
    return _LINKER.count > 0


def processor() -> str:
    """The processor that code is made for, as LLVM names it and what it can do."""
    _LINKER.start()
    return _LINKER.processor


def stamps_of(names: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """For each file, given by its path in the package: the path, time of change and size."""
    stamps = []
    for name in names:
        stat = (PACKAGE / name).stat()
        stamps.append((name, stat.st_mtime_ns, stat.st_size))
    return tuple(stamps)


def image_path(function: Callable[..., Any], shape: Shape) -> Path:
    """Where the image of a kernel is kept: beside its bytecode, or among the user's caches."""
    code = function.__code__
    folder = Path(code.co_filename).parent / "__pycache__"
    tag = f"{sys.implementation.cache_tag}-numpy{np.__version__.partition('.')[0]}"
    number = zlib.crc32(shape.text.encode())
    name = f"kernels.{function.__name__}.{number:08x}.{tag}.image"
    if not os.access(folder if folder.is_dir() else folder.parent, os.W_OK):
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        name = f"{function.__module__}.{name}"
        folder = Path(os.environ.get("PLANNER_CACHE") or Path(base) / "planner") / "kernels"
    return folder / name


def has_image(function: Callable[..., Any]) -> bool:
    """Whether there is an image of a kernel, for arguments of some shape."""
    path = image_path(function, Shape("", (), ()))
    name = path.name.partition(f".{function.__name__}.")
    return any(path.parent.glob(f"{''.join(name[:2])}*{path.name.rpartition('.')[2]}"))


def header_of(path: Path) -> Header | None:
    """The header of the image in a file, ``None`` where there is no whole one."""
    try:
        found = _parse(path.read_bytes())
    except OSError:
        return None
    return None if found is None else found[0]


def load_image(function: Callable[..., Any], shape: Shape) -> Image | None:
    """The image of a kernel for arguments of a shape, ``None`` where there is none that fits."""
    path = image_path(function, shape)
    try:
        data = path.read_bytes()
        found = _parse(data)
        if found is None:
            return None
        header, code = found
        wanted = (f"{function.__module__}.{function.__qualname__}", shape.text)
        if (header.kernel, header.shape) != wanted:
            return None
        if header.stamps != stamps_of([name for name, _, _ in header.stamps]):
            return None
    except OSError:
        return None
    if header.processor != processor():
        return None
    try:
        address, keep = _LINKER.link(code, header.traps)
    except RuntimeError as error:
        _log.info("%s cannot be linked: %s", path, error)
        return None
    return Image(header, shape, address, keep)


def _parse(data: bytes) -> tuple[Header, list[bytes]] | None:
    """The header and the object code of an image, ``None`` where the file is damaged."""
    begin = len(_MAGIC)
    if data[:begin] != _MAGIC:
        return None
    total, rest = data[begin : begin + 8], data[begin + 8 :]
    if total != _checksum(rest):
        return None
    line, _, code = rest.partition(b"\n")
    content = json.loads(line)
    sizes = content.pop("sizes")
    content["stamps"] = tuple((name, when, size) for name, when, size in content["stamps"])
    content["traps"] = tuple(content["traps"])
    parts = []
    for size in sizes:
        parts.append(code[:size])
        code = code[size:]
    return Header(**content), parts


def _checksum(data: bytes) -> bytes:
    return f"{zlib.crc32(data):08x}".encode()


def write_image(path: Path, header: Header, code: Sequence[bytes]) -> None:
    """Write an image, beside its place and moved there, so that no half of one is ever read.

    Raises:
        OSError: where the file cannot be written.
    """
    content = {name: getattr(header, name) for name in Header.__slots__}
    line = json.dumps({**content, "sizes": [len(part) for part in code]}).encode()
    rest = line + b"\n" + b"".join(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(_MAGIC + _checksum(rest) + rest)
    draft.replace(path)
