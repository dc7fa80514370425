"""What two or three numbers make, against trying every expression with exact fractions."""

from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from planner.kr.number_reach import is_reached

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


@given(
    numbers=st.lists(small, min_size=1, max_size=3),
    operations=st.sets(st.sampled_from("+-*/"), min_size=1),
    data=st.data(),
)
def test_it_is_reached_exactly_where_an_expression_says_so(numbers, operations, data):
    everything = sorted(made(tuple(numbers), sorted(operations)))
    target = data.draw(st.one_of(small, st.sampled_from(everything) if everything else small))

    found = is_reached([float(n) for n in numbers], float(target), sorted(operations))

    assert found == (target in everything)


def test_fractions_on_the_way_count():
    assert is_reached([8.0, 3.0, 8 / 3], 24.0, "+-*/")
    assert not is_reached([8.0, 3.0], 24.5, "+-*/")
