"""Results as rows or as columns, in whatever library goes on with them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.engine.tables import decoded
from planner.errors import InputError, MissingExtraError
from planner.kr.terms import Text, show_constant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from fractions import Fraction
    from pathlib import Path

    import networkx
    import numpy.typing as npt
    import pandas
    import pyarrow

    from planner.engine.symbols import SymbolTable
    from planner.interfaces import IntArray

    Value: TypeAlias = "str | int | Fraction"

__all__ = ["Rows"]


class Rows:
    """Distinct rows with named columns; made into other forms when asked.

    Objects and strings are Python strings, integers ints, other numbers exact fractions; in
    columns a column of numbers that are not all integers is float64.

    Attributes:
        names: of the columns.
        codes: shape (n, number of columns), as `planner.engine.symbols` numbers constants.
    """

    def __init__(self, names: tuple[str, ...], codes: IntArray, symbols: SymbolTable) -> None:
        self.names = names
        self.codes = codes
        self._symbols = symbols

    def __len__(self) -> int:
        return len(self.codes)

    def __bool__(self) -> bool:
        return len(self.codes) > 0

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        constant = self._symbols.constant
        for row in self.codes.tolist():
            yield tuple(_plain(constant(code)) for code in row)

    def __repr__(self) -> str:
        return f"<{len(self)} rows of {', '.join(self.names) or 'nothing'}>"

    @cached_property
    def columns(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """The columns by name: int64, float64, or objects."""
        found = decoded(self.codes, self._symbols)
        return dict(zip(self.names, map(_as_numbers, found), strict=True))

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame.

        Raises:
            MissingExtraError: when pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError("pandas", "tables") from error
        return pandas.DataFrame(dict(self.columns), columns=list(self.names))

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table.

        Raises:
            MissingExtraError: when pyarrow is not installed.
        """
        try:
            import pyarrow
        except ImportError as error:
            raise MissingExtraError("pyarrow", "tables") from error
        return pyarrow.table({name: pyarrow.array(c) for name, c in self.columns.items()})

    def to_networkx(self) -> networkx.DiGraph[Value]:
        """A graph with an edge for each row; a third column and later ones are its attributes.

        Raises:
            InputError: for fewer than two columns.
            MissingExtraError: when networkx is not installed.
        """
        if len(self.names) < 2:
            raise InputError("an edge of a graph needs two columns")
        try:
            import networkx
        except ImportError as error:
            raise MissingExtraError("networkx", "graph") from error
        graph: networkx.DiGraph[Value] = networkx.DiGraph()
        for first, second, *values in self:
            graph.add_edge(first, second, **dict(zip(self.names[2:], values, strict=True)))
        return graph

    def to_csv(self, path: str | Path) -> None:
        """A CSV file with a header; numbers with finite decimals are written exactly."""
        import csv
        from pathlib import Path

        with Path(path).open("w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target)
            writer.writerow(self.names)
            constant = self._symbols.constant
            for row in self.codes.tolist():
                writer.writerow([_cell(constant(code)) for code in row])

    def to_sqlite(self, connection: sqlite3.Connection, table: str) -> None:
        """A table of a database, made when it is not there, to which the rows are added."""
        columns = ", ".join(map(_quoted, self.names))
        connection.execute(f"CREATE TABLE IF NOT EXISTS {_quoted(table)} ({columns})")
        places = ", ".join("?" * len(self.names))
        listed = zip(*(column.tolist() for column in self.columns.values()), strict=True)
        connection.executemany(f"INSERT INTO {_quoted(table)} VALUES ({places})", listed)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _cell(constant: Value | Text) -> str:
    return constant.value if isinstance(constant, Text) else show_constant(constant)


def _plain(constant: Value | Text) -> Value:
    return constant.value if isinstance(constant, Text) else constant


def _as_numbers(column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if column.dtype != object:
        return column
    values = [_plain(value) for value in column.tolist()]
    if values and not any(isinstance(value, str) for value in values):
        return np.array([float(value) for value in values], dtype=np.float64)
    plain = np.empty(len(values), dtype=object)
    plain[:] = values
    return plain
