"""Membership by sorting agrees with sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.guides.among import is_among

numbers = st.lists(st.integers(0, 12), max_size=12)


@given(numbers, numbers)
def test_it_agrees_with_sets(codes, others):
    found = is_among(np.array(codes, dtype=np.int64), np.array(others, dtype=np.int64))
    assert found.tolist() == [code in set(others) for code in codes]
