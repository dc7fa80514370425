"""Steps that a model cannot tell apart form one class.

A model spreads its probability evenly over interchangeable steps, so that ten equal "pick up"
steps lose to one "walk" that is less likely than all of them together. A class puts its summed
mass on one representative; the other members keep only the share of the uniform mixture and so
wait behind it in every queue. Nothing is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.interfaces import FloatArray, IntArray

__all__ = ["TOLERANCE", "Classes", "class_policy", "merge_steps"]

TOLERANCE = 1e-4
"""Log-priors closer than this agree: above the noise of 32-bit models, below their opinions."""


@dataclass(frozen=True, slots=True)
class Classes:
    """A partition of the legal steps of a state.

    Attributes:
        representative: shape (k,), position of the first step of each class, ascending.
        log_mass: shape (k,), logarithm of the summed probability of each class.
        label: shape (n,), the class of each position.
    """

    representative: IntArray
    log_mass: FloatArray
    label: IntArray


def merge_steps(schema: IntArray, log_prior: FloatArray, tolerance: float = TOLERANCE) -> Classes:
    """Put steps of one schema whose log-priors agree into one class.

    Args:
        schema: shape (n,), the action schema of each legal step.
        log_prior: shape (n,), their log-probabilities.
        tolerance: the widest spread of log-priors within a class.
    """
    count = len(schema)
    if count == 0:
        empty = np.zeros(0, dtype=np.int32)
        return Classes(empty, np.zeros(0), empty)
    order = np.lexsort((np.arange(count), log_prior, schema))
    starts = _class_starts(schema[order], log_prior[order], tolerance)
    mass = np.logaddexp.reduceat(log_prior[order], starts)
    # Within a class the sorted order follows tiny differences: the first step is the minimum.
    first = np.minimum.reduceat(order, starts)
    rank = np.argsort(first)
    place = np.empty(len(rank), dtype=np.int32)
    place[rank] = np.arange(len(rank), dtype=np.int32)
    label = np.empty(count, dtype=np.int32)
    label[order] = np.repeat(place, np.diff(np.append(starts, count)))
    return Classes(first[rank].astype(np.int32), mass[rank], label)


def _class_starts(schema: IntArray, log_prior: FloatArray, tolerance: float) -> IntArray:
    """Where classes begin in steps sorted by schema and log-prior."""
    far = np.diff(log_prior) > tolerance
    cuts = np.flatnonzero(far | (np.diff(schema) != 0)) + 1
    starts = np.append(0, cuts)
    ends = np.append(cuts, len(schema))
    # Neighbours may agree in a long chain whose ends do not: cut it at each full tolerance.
    extra = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        leader = start
        while log_prior[end - 1] - log_prior[leader] > tolerance:
            reach = log_prior[leader] + tolerance
            leader += int(np.searchsorted(log_prior[leader:end], reach, side="right"))
            extra.append(leader)
    return np.sort(np.append(starts, np.array(extra, dtype=np.int64))).astype(np.int32)


def class_policy(log_prior: FloatArray, classes: Classes | None, epsilon: float) -> FloatArray:
    """The policy that searches follow: classes merged, mixed with ``epsilon`` uniform.

    Args:
        log_prior: shape (n,), normalised; ``-inf`` where a step is forbidden.
        classes: classes of the steps that are not forbidden, or ``None`` to merge nothing.
        epsilon: mass spread evenly over the steps that are not forbidden, in (0, 1).

    Returns:
        Shape (n,), log-probabilities that sum to one; ``-inf`` stays.
    """
    if classes is None and len(log_prior) and log_prior.min() > -np.inf:
        even = np.log(epsilon) - np.log(len(log_prior))
        mixed: FloatArray = np.logaddexp(np.log1p(-epsilon) + log_prior, even)
        return mixed
    allowed = np.flatnonzero(log_prior > -np.inf)
    policy = np.full(len(log_prior), -np.inf)
    if len(allowed) == 0:
        return policy
    merged = log_prior[allowed]
    if classes is not None:
        merged = np.full(len(allowed), -np.inf)
        merged[classes.representative] = classes.log_mass
    share = np.log(epsilon) - np.log(len(allowed))
    policy[allowed] = np.logaddexp(np.log1p(-epsilon) + merged, share)
    return policy
