"""Columns from whatever holds a table: nothing is copied that the library can hand over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from planner.engine.delimited import Encoded, read_delimited, separator_of
from planner.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Column: TypeAlias = Sequence[object] | npt.NDArray[np.generic] | Encoded

__all__ = ["Source", "columns_from"]

# What libraries hand over is told apart by what it can do, so that none of them is imported.
Source: TypeAlias = Any


def columns_from(source: Source, predicate: str, *, has_header: bool = True) -> list[Column]:
    """The columns of a table.

    Args:
        source: a pandas or polars data frame, an Arrow table, a networkx graph (an edge a row, both
            ways round where it has no direction), a mapping of names to columns, a list of arrays
            that are columns, the path of a file of cells, or rows: any iterable of tuples, an
            SQLite cursor among them. Cells are told apart by tabs in files named ``.tsv``,
            ``.tab`` or ``.facts``, else by commas.
        predicate: for messages.
        has_header: whether the first line of a file names the columns.

    Raises:
        InputError: for a file that cannot be read, or rows of different lengths.
    """
    if isinstance(source, str | os.PathLike):
        return read_delimited(source, separator_of(source), has_header=has_header)
    if isinstance(source, Mapping):
        return list(source.values())
    if hasattr(source, "column_names") and hasattr(source, "combine_chunks"):
        return [_from_arrow(source.column(name)) for name in source.column_names]
    if hasattr(source, "columns") and hasattr(source, "shape"):
        return [_from_series(source[name]) for name in source.columns]
    if hasattr(source, "edges") and hasattr(source, "is_directed"):
        return _from_graph(source)
    if isinstance(source, list | tuple) and source and isinstance(source[0], np.ndarray):
        return list(source)
    if isinstance(source, np.ndarray):
        return list(np.atleast_2d(source).T)
    if isinstance(source, Iterable):
        return _from_rows(source, predicate)
    raise InputError(f"`{predicate}` cannot be filled from {type(source).__name__}")


def _from_series(series: Any) -> Column:  # a column of pandas or polars
    categories = getattr(getattr(series, "cat", None), "categories", None)
    if categories is not None and hasattr(series.cat, "codes"):
        return Encoded(list(categories), series.cat.codes.to_numpy())
    return np.asarray(series.to_numpy())


def _from_arrow(column: Any) -> Column:  # a chunked array of pyarrow
    kind = str(column.type)
    if column.null_count:
        return list(column.to_pylist())
    if kind.startswith(("int", "uint", "float", "double")):
        return np.asarray(column.to_numpy())
    if not kind.startswith("dictionary"):
        column = column.dictionary_encode()
    column = column.combine_chunks()
    if hasattr(column, "num_chunks"):
        column = column.chunk(0) if column.num_chunks else column
    if not len(column):
        return []
    return Encoded(column.dictionary.to_pylist(), column.indices.to_numpy())


def _from_graph(graph: Any) -> list[Column]:  # of networkx
    pairs = [(edge[0], edge[1]) for edge in graph.edges]
    if not graph.is_directed():
        pairs += [(second, first) for first, second in pairs if first != second]
    return [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]


def _from_rows(rows: Iterable[Any], predicate: str) -> list[Column]:
    listed = [row if isinstance(row, tuple | list) else (row,) for row in rows]
    widths = {len(row) for row in listed}
    if len(widths) > 1:
        raise InputError(f"the rows of `{predicate}` have different lengths: {sorted(widths)}")
    return [list(column) for column in zip(*listed, strict=True)]
