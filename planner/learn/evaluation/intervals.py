"""Shares with 95 % intervals by the bootstrap (Efron 1979): percentiles of 2,000 resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Interval", "share_interval"]

_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between 0 and 1 with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.value:.0f} % [{100 * self.low:.0f}, {100 * self.high:.0f}]"


def share_interval(
    outcomes: Sequence[bool], seed: int = 0, tasks: Sequence[int] | None = None
) -> Interval:
    """The share of true outcomes, each resampled as one; 0 of none.

    Args:
        outcomes: of runs.
        seed: draws the resamples.
        tasks: the task of each run where several are on the same one: these are resampled
            together, as more seeds say nothing of other tasks. ``None``: each is on its own.

    Where all outcomes are alike resampling says nothing of what was not seen: the other bound is
    then that of Clopper and Pearson (1934), 1 - 0.025^(1/n) away.
    """
    if not len(outcomes):
        return Interval(0.0, 0.0, 1.0)
    _, own = np.unique(range(len(outcomes)) if tasks is None else tasks, return_inverse=True)
    found, runs = np.bincount(own, np.array(outcomes, dtype=np.float64)), np.bincount(own)
    value, count = float(found.sum() / runs.sum()), len(runs)
    if value in (0.0, 1.0):
        reach = 1 - 0.025 ** (1 / count)
        return Interval(value, max(0.0, value - reach), min(1.0, value + reach))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, count, (_RESAMPLES, count))
    means = found[drawn].sum(axis=1) / runs[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(value, float(low), float(high))
