"""Sorted runs against Python's own sets."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from planner.engine.runs.sorted_runs import SortedRuns


@pytest.mark.parametrize("seed", range(6))
def test_new_keys_are_told_from_known_ones(seed: int) -> None:
    rng = random.Random(seed)
    top = rng.choice([300, 50_000, 2**62])
    found, known = SortedRuns(), set()
    for _ in range(30):
        batch = sorted({rng.randrange(top) for _ in range(rng.choice([1, 20, 900]))})
        batch += [key for key in sorted(known)[:50] if key not in batch]
        keys = np.array(sorted(batch), dtype=np.int64)

        unseen = found.unseen(keys)

        assert keys[unseen].tolist() == [key for key in keys.tolist() if key not in known]
        if unseen.any():
            found.add(keys[unseen])
        known.update(batch)
    assert found.size == len(known)
    assert sorted(np.concatenate(found.runs).tolist()) == sorted(known)
    assert all(len(longer) > 2 * len(shorter) for longer, shorter in pairwise(found.runs))
