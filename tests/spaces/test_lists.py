"""Ragged lists against Python lists."""

from random import Random

import numpy as np
import pytest

from planner.spaces.lists import Lists


def ragged(random, count):
    return [
        sorted({random.randrange(12) for _ in range(random.randrange(4))}) for _ in range(count)
    ]


def lists_of(rows):
    pairs = [(i, v) for i, row in enumerate(rows) for v in row]
    owner, value = (np.array(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    return Lists.of_pairs(owner[::-1], value[::-1], len(rows))


def plain(lists):
    csr = lists.csr()
    return [csr[i].tolist() for i in range(len(csr))]


@pytest.fixture(params=range(5))
def pair(request):
    random = Random(request.param)
    return ragged(random, 9), ragged(random, 9)


def test_pairs_in_any_order_make_sorted_lists(pair):
    assert plain(lists_of(pair[0])) == pair[0]


def test_columns_lose_negative_and_repeated_values():
    columns = [np.array(c, dtype=np.int32) for c in ([3, -1, 5], [3, 7, 2], [-2, 7, 9])]

    assert plain(Lists.of_columns(columns, 3)) == [[3], [7], [2, 5, 9]]


def test_merging_and_taking_away_work_list_by_list(pair):
    first, second = pair
    a, b = lists_of(first), lists_of(second)

    assert plain(a.merged(b)) == [sorted({*x, *y}) for x, y in zip(first, second, strict=True)]
    assert plain(a.without(b)) == [
        [v for v in x if v not in y] for x, y in zip(first, second, strict=True)
    ]


def test_selecting_stacking_and_reordering(pair):
    first, second = pair
    a, b = lists_of(first), lists_of(second)
    keep = np.arange(9) % 2 == 0
    order = np.array([8, 1, 0, 2, 3, 7, 6, 5, 4], dtype=np.int32)

    assert plain(a.selected(keep)) == first[::2]
    assert plain(Lists.stacked([a, b])) == first + second
    assert plain(a.reordered(order)) == [first[i] for i in order]
    assert a.sizes().tolist() == [len(row) for row in first]


def test_mapping_sorts_again(pair):
    numbers = np.arange(12, dtype=np.int32)[::-1].copy()

    assert plain(lists_of(pair[0]).mapped(numbers)) == [
        sorted(11 - v for v in row) for row in pair[0]
    ]
