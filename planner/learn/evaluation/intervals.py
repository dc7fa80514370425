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


def share_interval(outcomes: Sequence[bool], seed: int = 0) -> Interval:
    """The share of true outcomes, each task of each seed resampled as one; 0 of none.

    Where all outcomes are alike resampling says nothing of what was not seen: the other bound is
    then that of Clopper and Pearson (1934), 1 - 0.025^(1/n) away.
    """
    count = len(outcomes)
    if not count:
        return Interval(0.0, 0.0, 1.0)
    found = np.array(outcomes, dtype=np.float64)
    value = float(found.mean())
    if value in (0.0, 1.0):
        reach = 1 - 0.025 ** (1 / count)
        return Interval(value, max(0.0, value - reach), min(1.0, value + reach))
    rng = np.random.default_rng(seed)
    means = found[rng.integers(0, count, (_RESAMPLES, count))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(value, float(low), float(high))
