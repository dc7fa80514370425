"""Files of cells as columns: in bulk as one by one."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine import cells
from planner.engine.delimited import Encoded, number_or_text, read_delimited, separator_of
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WORDS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(
        ["0", "-0", "007", "-", "+5", "2.5", "1e3", "", " ", " 7", "1_0", "é", "3e9999"]
    ),
    st.text(alphabet="abcdefgh01é", max_size=40),
    st.builds("{}{}".format, st.just("a long common beginning "), st.integers(0, 30)),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), max_size=30)
)


def listed(columns: Sequence[object]) -> list[list[object]]:
    """Columns as rows of Python values."""
    made = []
    for column in columns:
        if isinstance(column, Encoded):
            made.append([column.values[i] for i in column.positions.tolist()])
        else:
            made.append(column.tolist() if isinstance(column, np.ndarray) else list(column))
    return [list(row) for row in zip(*made, strict=True)]


@given(TABLES, st.booleans(), st.booleans())
def test_columns_are_what_the_csv_module_reads(tmp_path_factory, table, has_header, quotes) -> None:
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    text = io.StringIO()
    style = csv.QUOTE_ALL if quotes else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator="\n", quoting=style).writerows(table)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")

    found = listed(read_delimited(path, ",", has_header=has_header))

    rows = [row for row in csv.reader(io.StringIO(text.getvalue())) if row]
    assert found == [[number_or_text(cell) for cell in row] for row in rows[int(has_header) :]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_empty_lines_and_the_byte_order_mark(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "table.tsv"
    text = ending.join(["", "1\ta", "", "", "-20\tb", "3\tc"])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    found = listed(read_delimited(path, separator_of(path), has_header=False))

    assert found == [[1, "a"], [-20, "b"], [3, "c"]]


def test_integers_are_an_array_and_texts_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "table.facts"
    path.write_text("".join(f"{i}\tthe very same words {i % 3}\n" for i in range(100)))

    numbers, words = read_delimited(path, separator_of(path), has_header=False)

    assert isinstance(numbers, np.ndarray)
    assert numbers.tolist() == list(range(100))
    assert isinstance(words, Encoded)
    assert words.values == [f"the very same words {i}" for i in range(3)]


def test_cells_of_one_hash_are_told_apart(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "table.csv"
    path.write_text("".join(f"the very same words {i % 5}\n" for i in range(50)))
    monkeypatch.setattr(cells, "_FACTOR", np.uint64(0))  # only the last eight bytes count
    path.write_text("first of two words\nother of two words\nfirst of two words\n")

    found = listed(read_delimited(path, ",", has_header=False))

    assert [row[0] for row in found] == path.read_text().splitlines()


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("12", 12), ("-0.5", Fraction(-1, 2)), ("1e3", 1000), (" 7 ", 7), (" 7", 7), ("a1", "a1"),
     ("1/2", "1/2"), ("3e123456789", "3e123456789"), ("", ""), ("1-2", "1-2")],
)  # fmt: skip
def test_what_looks_like_a_number(cell: str, meant: object) -> None:
    assert number_or_text(cell) == meant


def test_a_line_that_is_too_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n\nc,d\ne\n")

    with pytest.raises(InputError, match=r"table.csv:4: 1 cells where the first line has 2"):
        read_delimited(path, ",", has_header=False)
    path.write_bytes(b"a,b\nc,\xff\n")
    with pytest.raises(InputError, match=r"cannot be read as CSV: .*utf-8"):
        read_delimited(path, ",", has_header=False)
