"""Codes of constants, one by one and for whole arrays of integers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.symbols import SymbolTable

NUMBERS = st.lists(st.one_of(st.integers(-5, 30), st.integers(-(2**63), 2**63 - 1)), max_size=40)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("array"), NUMBERS),
        st.tuples(st.just("names"), st.lists(st.sampled_from("abcde"), max_size=5)),
        st.tuples(st.just("each"), NUMBERS),
    ),
    max_size=6,
)


@given(STEPS)
def test_a_constant_has_one_code_however_it_came(steps) -> None:
    symbols = SymbolTable()
    met: dict[object, int] = {}

    for kind, values in steps:
        if kind == "array":
            codes = symbols.integer_codes(np.array(values, dtype=np.int64)).tolist()
        elif kind == "names":
            codes = symbols.codes(values)
        else:
            codes = [symbols.code(value) for value in values]
        for value, code in zip(values, codes, strict=True):
            assert met.setdefault(value, code) == code

    assert sorted(met.values()) == list(range(len(symbols)))
    numbers, is_integer = symbols.integers()
    for value, code in met.items():
        assert bool(is_integer[code]) == isinstance(value, int)
        assert numbers[code] == (value if isinstance(value, int) else 0)
        assert symbols.find(value) == code
        assert symbols.constant(code) == value


def test_integers_of_an_array_are_found_by_every_way() -> None:
    ways = [
        lambda symbols: symbols.code(Fraction(14, 2)),
        lambda symbols: symbols.find(7),
        lambda symbols: symbols.find_row((7,))[0],
        lambda symbols: symbols.constants().index(7),
        lambda symbols: symbols.codes(["a"])[0] and symbols.code(7),
    ]
    for way in ways:
        symbols = SymbolTable(["a0", "a1"])
        codes = symbols.integer_codes(np.array([9, 7, 8, 9]))

        assert codes.tolist() == [4, 2, 3, 4]
        assert way(symbols) == 2
        assert symbols.find_row((6,)) is None
