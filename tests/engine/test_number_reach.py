"""What a few numbers make, against trying every expression with exact fractions."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.engine.number_reach import are_reached

small = st.integers(-12, 60)


def combined(first, second, operations):
    results = {
        "+": [first + second],
        "-": [first - second],
        "*": [first * second],
        "/": [Fraction(first) / second] if second else [],
    }
    return [number for operation in operations for number in results[operation]]


def made(numbers, operations):
    """Everything that two of the numbers at a time make until one is left."""
    if len(numbers) == 1:
        return {numbers[0]}
    found = set()
    for order in permutations(numbers):
        for one in combined(order[0], order[1], operations):
            found |= made((one, *order[2:]), operations)
    return found


def is_reached(numbers, target, operations):
    (found,) = are_reached(np.array([numbers], dtype=float), float(target), operations)
    return found


@given(
    numbers=st.lists(small, min_size=1, max_size=3),
    operations=st.sets(st.sampled_from("+-*/"), min_size=1),
    data=st.data(),
)
def test_it_is_reached_exactly_where_an_expression_says_so(numbers, operations, data):
    everything = sorted(made(tuple(numbers), sorted(operations)))
    target = data.draw(st.one_of(small, st.sampled_from(everything) if everything else small))

    found = is_reached(numbers, target, sorted(operations))

    assert found == (target in everything)


@pytest.mark.parametrize("numbers", [(3, 3, 8, 8), (1, 5, 5, 5), (0, 2, 7, 11), (18, 18, 5, 7)])
def test_of_four_numbers_every_small_target_is_told(numbers):
    everything = made(numbers, "+-*/")

    found = [target for target in range(-30, 100) if is_reached(numbers, target, "+-*/")]

    assert found == [target for target in range(-30, 100) if target in everything]


@given(data=st.data(), count=st.integers(4, 6))
def test_what_an_expression_of_more_numbers_makes_is_reached(data, count):
    numbers = data.draw(st.lists(st.integers(1, 99), min_size=count, max_size=count))
    rest = [Fraction(number) for number in numbers]

    sizes = [abs(number) for number in rest]
    while len(rest) > 1:
        one = rest.pop(data.draw(st.integers(0, len(rest) - 1)))
        other = rest.pop(data.draw(st.integers(0, len(rest) - 1)))
        rest.append(data.draw(st.sampled_from(combined(one, other, "+-*/"))))
        sizes.append(abs(rest[-1]))
    # Rounding of the largest number on the way may hide the smallest: no float can tell then.
    lost, told = max(sizes) * 2**-49, min(size for size in sizes if size) * 1e-11
    assume(lost <= told + 2**-50 * max(1, sizes[-1]))

    assert is_reached(numbers, rest[0], "+-*/")


def test_a_small_rest_of_a_larger_target_is_found():
    # 1/945 is what is left of the target, which rounding has changed by a hundred-billionth of it.
    assert is_reached([29, 63, 1, 99, 15], 29 + 99 + Fraction(1, 63 * 15), "+-*/")


def test_a_near_miss_of_a_large_target_is_a_miss():
    assert is_reached([2043, 79, 25], 2043 * 79 + 25, "+-*/")
    # 4034648.0035 by (2281 + 5) * 2685, three thousandths off after a division.
    assert not is_reached([2281, 5, 2685], 4034648, "+-*/")


def test_numbers_as_small_as_one_by_a_target_are_told_apart():
    assert is_reached([36, 4034648, 5], Fraction(36, 4034648) + 5, "+-*/")
    # One by seven is no multiple of five of them, though they differ by less than 1e-5.
    assert not is_reached([36, 4034648, 5], Fraction(36, 4034648) / 7, "+-*/")


def test_rows_are_decided_one_by_one():
    rows = np.array([[8.0, 3.0, 8 / 3], [3.0, 1.0, 8 / 3], [6.0, 2.0, 2.0]])

    assert are_reached(rows, 24.0, "+-*/").tolist() == [True, False, True]


def test_fractions_on_the_way_count():
    assert is_reached([8, 3, 8 / 3], 24, "+-*/")
    assert not is_reached([8, 3], 24.5, "+-*/")
