"""Files of cells between separators, CSV and TSV, as columns.

Plain files, without quotes, are read in bulk (`planner.engine.cells`): a column of integers
becomes an array, any other the different cells and their positions. All else is for `csv`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from io import FileIO
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.cells import find_cells
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from planner.engine.cells import Cells
    from planner.kr.terms import Constant

    Path: TypeAlias = "str | os.PathLike[str]"
    Column: TypeAlias = "Sequence[object] | npt.NDArray[np.generic] | Encoded"

__all__ = ["Encoded", "read_delimited", "separator_of"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAB = "\t"
_TABBED = (".tsv", ".tab", ".facts")
_EXPONENT_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column as positions in a list of values, as Arrow and pandas keep texts."""

    values: Sequence[object]
    positions: npt.NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.positions)


def separator_of(path: Path) -> str:
    """What stands between the cells of a file, by its name: tabs in ``.tsv``, else commas."""
    return _TAB if os.fspath(path).lower().endswith(_TABBED) else ","


def read_delimited(path: Path, separator: str, *, has_header: bool) -> list[Column]:
    """The columns of a file; cells that look like numbers are numbers, empty lines are left out.

    Raises:
        InputError: for a file that cannot be read, or lines of different lengths.
    """
    try:
        with FileIO(path) as source:
            data = source.readall().removeprefix(_BYTE_ORDER_MARK)
        found = find_cells(data, separator)
        if found is None:
            return _read_quoted(path, data, separator, has_header=has_header)
        body = found.after_first() if has_header else found
        return [_column(body, number) for number in range(body.width)] if len(body) else []
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from error


def _column(cells: Cells, number: int) -> Column:
    integers = cells.integers(number)
    if integers is not None:
        return integers
    values, positions = cells.texts(number)
    return Encoded([number_or_text(value) for value in values], positions)


def _read_quoted(path: Path, data: bytes, separator: str, *, has_header: bool) -> list[Column]:
    """The same where a cell may stand in quotes."""
    # Most files have none.
    import csv
    import io

    try:
        reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator)
        lines = [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from error
    if not lines:
        return []
    width = len(lines[0][1])
    for number, line in lines:
        if len(line) != width:
            raise InputError(
                f"{path}:{number}: {len(line)} cells where the first line has {width}; cells are "
                f"told apart by {'tabs' if separator == _TAB else repr(separator)}"
            )
    body = [line for _, line in lines[int(has_header) :]]
    if not body:
        return []
    different = {cell: number_or_text(cell) for line in body for cell in line}
    return [[different[line[c]] for line in body] for c in range(width)]


def number_or_text(cell: str) -> Constant:
    """The number a cell looks like, or else the cell.

    Exponents of more than three digits are no numbers: they stand in identifiers.
    """
    stripped = cell.strip()
    if not stripped or not stripped[-1].isdigit() or "/" in stripped:
        return cell
    if not stripped[0].isdigit() and stripped[0] not in "+-.":
        return cell
    exponent = stripped.lower().partition("e")[2]
    if len(exponent.lstrip("+-")) > _EXPONENT_DIGITS:
        return cell
    try:
        return Fraction(stripped)
    except ValueError:
        return cell
