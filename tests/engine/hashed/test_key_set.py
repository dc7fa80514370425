"""Hash sets of keys against Python's own."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from planner.engine.hashed import key_set
from planner.engine.hashed.kernels import insert_keys
from planner.engine.hashed.key_set import KeySet


@pytest.fixture(params=[False, True], ids=["by rounds", "by the kernel"])
def _compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_set, "is_loaded", lambda: request.param)


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize("seed", range(6))
def test_batches_give_what_is_new_once_in_order(seed: int) -> None:
    rng = random.Random(seed)
    top = rng.choice([50, 3_000, 2**62])
    batches = [[rng.randrange(top) for _ in range(rng.randrange(700))] for _ in range(8)]
    found = KeySet()

    known: dict[int, None] = {}
    for batch in batches:
        expected = [key for key in dict.fromkeys(batch) if key not in known]
        known.update(dict.fromkeys(batch))
        new = found.insert(np.array(batch, dtype=np.int64))
        assert new.tolist() == expected
    assert found.size == len(known)


def test_keys_that_meet_in_one_place_are_kept_apart() -> None:
    # With a multiplier of 1 and no shift all these want the first place.
    keys = np.array([0, 8, 16, 8, 24], dtype=np.int64)
    table, new = np.full(8, -1, dtype=np.int64), np.empty(5, dtype=np.int64)

    count = insert_keys(table, 0, 1, keys, new)

    assert new[:count].tolist() == [0, 8, 16, 24]
    assert table.tolist() == [0, 8, 16, 24, -1, -1, -1, -1]


def test_the_kernel_is_not_loaded_for_small_sets() -> None:
    before = "numba" in sys.modules
    KeySet().insert(np.arange(10, dtype=np.int64))
    assert ("numba" in sys.modules) == before
