"""Row lookup against a dictionary."""

from random import Random

import numpy as np
import pytest

from planner.spaces.rows import RowIndex, ranges


def distinct_rows(random, width, highest, count):
    rows = {tuple(random.randrange(highest) for _ in range(width)) for _ in range(count)}
    return sorted(rows)


# A dense table, a sorted list of keys, and rows too wide for one 62-bit key.
@pytest.mark.parametrize(("width", "highest"), [(0, 1), (2, 9), (3, 5_000), (7, 2_000_000)])
def test_rows_are_found_where_they_stand(width, highest):
    random = Random(width)
    rows = distinct_rows(random, width, highest, 200)
    place = {row: i for i, row in enumerate(rows)}
    table = np.array(rows, dtype=np.int32).reshape(len(rows), width)
    queries = [*rows, *distinct_rows(random, width, highest + 3, 200)]

    columns = [np.array([q[c] for q in queries], dtype=np.int32) for c in range(width)]
    found = RowIndex(table).find(columns, len(queries))

    assert found.tolist() == [place.get(query, -1) for query in queries]


def test_unsorted_rows_keep_their_positions():
    rows = np.array([[70_000, 3], [2, 9_000], [70_000, 1]], dtype=np.int32)

    found = RowIndex(rows).find([np.array([70_000, 2, 2], dtype=np.int32), 9_000], 3)

    assert found.tolist() == [-1, 1, 1]
    assert RowIndex(rows).find([70_000, np.array([1, 3, 2], dtype=np.int32)], 3).tolist() == [
        2,
        0,
        -1,
    ]


def test_an_empty_table_finds_nothing():
    index = RowIndex(np.zeros((0, 2), dtype=np.int32))

    assert index.find([np.array([0, -1], dtype=np.int32), 5], 2).tolist() == [-1, -1]


def test_ranges_lay_numbers_end_to_end():
    starts, counts = np.array([5, 0, 9], dtype=np.int32), np.array([2, 0, 3], dtype=np.int32)

    assert ranges(starts, counts).tolist() == [5, 6, 9, 10, 11]
