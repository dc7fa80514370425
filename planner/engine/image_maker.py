"""Make an image of a kernel that Numba has compiled: its object code and an entry to it.

The entry is built with Numba's own description of how a kernel takes arrays and tuples, so the
two agree whatever the version. Kernels that allocate have no image: they need Numba's runtime.
"""

from __future__ import annotations

import logging
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.engine.images import (
    CALLED,
    ENTRY,
    PACKAGE,
    REFUSED,
    Header,
    header_of,
    image_path,
    processor,
    stamps_of,
    write_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.engine.images import Shape

__all__ = ["make_image"]

_log = logging.getLogger(__name__)

_FAILED = 2

# Used only by the entry that Numba adds for its own callers, which ours replaces, and for arrays
# that Numba owns, of which such a kernel sees none.
_TRAPS = frozenset(
    {
        "numba_adapt_ndarray",
        "numba_do_raise",
        "numba_gil_ensure",
        "numba_gil_release",
        "numba_runtime_build_excinfo_struct",
        "numba_unpickle",
        "NRT_Free",
        "NRT_MemInfo_call_dtor",
        "NRT_adapt_ndarray_from_python",
    }
)

_DEFINED = frozenset({"NRT_incref", "NRT_decref"})
"""Part of the object code wherever it uses them."""

_WRITTEN = 0x501
"""Flags of an array: in C order, aligned, may be written to."""


def make_image(
    function: Callable[..., Any], compiled: Any, arguments: Sequence[Any], shape: Shape
) -> bool:
    """Write the image of a kernel just run by Numba; whether that was possible."""
    if not Path(function.__code__.co_filename).is_relative_to(PACKAGE):
        return False
    kinds = tuple(compiled.typeof_pyval(argument) for argument in arguments)
    result = compiled.overloads.get(kinds)
    code = _object_code(compiled, kinds)
    if result is None or code is None:
        return False
    returns = _returned(result.signature.return_type)
    missing = _undefined(code)
    if returns is None or not _TRAPS.issuperset(missing):
        return False
    path = image_path(function, shape)
    header = Header(
        kernel=f"{function.__module__}.{function.__qualname__}",
        shape=shape.text,
        processor=processor(),
        stamps=stamps_of(_files_of_kernels(function)),
        returns=returns,
        traps=tuple(missing),
    )
    if header_of(path) == header:
        # It is there, but could not be linked: nor could the same again.
        return False
    entry = _entry(result, kinds)
    if entry is None:
        return False
    try:
        write_image(path, header, [code, entry])
    except OSError as error:
        _log.info("no image of a kernel can be kept: %s", error)
        return False
    return True


def _object_code(compiled: Any, kinds: tuple[Any, ...]) -> bytes | None:
    """What Numba keeps in its cache for these types, as far as it is object code."""
    cache = compiled._cache
    cache_file = getattr(cache, "_cache_file", None)
    if cache_file is None:
        return None
    payload = cache_file.load(cache._index_key(kinds, compiled.targetctx.codegen()))
    if payload is None:
        return None
    _, form, data = payload[0]
    return bytes(data[0]) if form == "object" else None


def _returned(kind: Any) -> str | None:
    types = import_module("numba.core.types")
    if isinstance(kind, types.Boolean):
        return "?"
    if isinstance(kind, types.Integer) and kind.signed:
        return "q"
    if kind == types.float64:
        return "d"
    return "" if kind == types.none else None


def _undefined(code: bytes) -> list[str]:
    """Symbols of Numba's runtime that object code names but does not define, sorted."""
    found = re.findall(rb"\0((?:numba_|NRT_)\w+)(?=\0)", code)
    return sorted({name.decode() for name in found} - _DEFINED)


def _files_of_kernels(function: Callable[..., Any]) -> list[str]:
    """Paths in the package of all files of kernels loaded now, more than a kernel can contain."""
    names = {Path(function.__code__.co_filename)}
    for name, module in list(sys.modules.items()):
        if name.startswith("planner.") and name.endswith(".kernels"):
            names.add(Path(str(module.__file__)))
    return sorted(path.relative_to(PACKAGE).as_posix() for path in names)


def _entry(result: Any, kinds: tuple[Any, ...]) -> bytes | None:
    """Object code of the entry, ``None`` for types it cannot read."""
    context = result.target_context
    ir = import_module("llvmlite.ir")
    types = import_module("numba.core.types")
    module = context.codegen().create_library("entry").create_ir_module("entry")
    word, byte = ir.IntType(64), ir.IntType(8)
    taken = [ir.DoubleType() if kind == types.float64 else word for kind in kinds]
    pointers = [word.as_pointer(), word.as_pointer()]
    function = ir.Function(module, ir.FunctionType(word, [*pointers, *taken]), name=ENTRY)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    reader = _Reader(context, builder, function.args[1], word, byte)
    values = [reader.read(kind, arg) for kind, arg in zip(kinds, function.args[2:], strict=True)]
    if None in values:
        return None
    kernel = context.declare_function(module, result.fndesc)
    status, value = context.call_conv.call_function(
        builder, kernel, result.fndesc.restype, result.fndesc.argtypes, values
    )
    with builder.if_then(status.is_error, likely=False):
        builder.ret(word(_FAILED))
    kind = result.signature.return_type
    if kind == types.float64:
        builder.store(builder.bitcast(value, word), function.args[0])
    elif isinstance(kind, types.Boolean):
        builder.store(builder.zext(value, word), function.args[0])
    elif isinstance(kind, types.Integer):
        wide = value if value.type == word else builder.sext(value, word)
        builder.store(wide, function.args[0])
    builder.ret(word(CALLED))
    return _emit(str(module))


def _emit(text: str) -> bytes:
    llvm = import_module("llvmlite.binding")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(
        opt=1, codemodel="large", jit=True
    )
    code: bytes = machine.emit_object(module)
    return code


class _Reader:
    """Emits the code that takes Python objects apart, and refuses those of other types."""

    def __init__(self, context: Any, builder: Any, table: Any, word: Any, byte: Any) -> None:
        self._context, self._builder, self._table = context, builder, table
        self._word, self._half = word, byte.__class__(32)
        self._array = self._node(0)
        self._next = 1

    def read(self, kind: Any, value: Any) -> Any:
        """The value as kernels take it, ``None`` for a type there is no code for."""
        types = import_module("numba.core.types")
        if isinstance(kind, types.Array):
            if kind.layout != "C" or not kind.mutable or not kind.aligned:
                return None
            return self._read_array(kind, value)
        if isinstance(kind, types.BaseTuple):
            return self._read_tuple(kind, value)
        if kind == types.boolean:
            return self._builder.trunc(value, value.type.__class__(1))
        return value if kind in (types.int64, types.float64) else None

    def _read_tuple(self, kind: Any, value: Any) -> Any:
        self._expect(self._load(value, 8), self._following())
        self._expect(self._load(value, 16), self._word(len(kind)))
        parts = []
        for place, part in enumerate(kind.types):
            found = self.read(part, self._load(value, 24 + 8 * place))
            if found is None:
                return None
            parts.append(found)
        return self._context.make_tuple(self._builder, kind, parts)

    def _read_array(self, kind: Any, value: Any) -> Any:
        builder, arrayobj = self._builder, import_module("numba.np.arrayobj")
        self._expect(self._load(value, 8), self._array)
        self._expect(self._load(value, 56), self._following())
        self._expect(self._load(value, 24, self._half), self._half(kind.ndim))
        flags = builder.and_(self._load(value, 64, self._half), self._half(_WRITTEN))
        self._expect(flags, self._half(_WRITTEN))
        shape, strides = self._load(value, 32), self._load(value, 40)
        places = range(kind.ndim)
        array = arrayobj.make_array(kind)(self._context, builder)
        arrayobj.populate_array(
            array,
            data=builder.inttoptr(self._load(value, 16), array.data.type),
            shape=[self._load(shape, 8 * place) for place in places],
            strides=[self._load(strides, 8 * place) for place in places],
            itemsize=self._context.get_abi_sizeof(self._context.get_data_type(kind.dtype)),
            meminfo=None,
        )
        return array._getvalue()

    def _following(self) -> Any:
        self._next += 1
        return self._node(self._next - 1)

    def _node(self, number: int) -> Any:
        place = self._builder.gep(self._table, [self._word(number)])
        return self._builder.load(place)

    def _load(self, base: Any, offset: int, kind: Any = None) -> Any:
        address = self._builder.add(base, self._word(offset))
        pointer = (self._word if kind is None else kind).as_pointer()
        return self._builder.load(self._builder.inttoptr(address, pointer))

    def _expect(self, found: Any, wanted: Any) -> None:
        differs = self._builder.icmp_unsigned("!=", found, wanted)
        with self._builder.if_then(differs, likely=False):
            self._builder.ret(self._word(REFUSED))
