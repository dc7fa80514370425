"""The frequency model: counts instead of weights, so nothing to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.models.baseline import FrequencyModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.lessons.label import LabelledState

__all__ = ["count_best_steps"]


def count_best_steps(
    labelled: Sequence[tuple[StepSpace, Sequence[LabelledState]]],
) -> FrequencyModel:
    """For each schema the share of its legal steps that were best; one of each is added.

    Where several steps are best, each counts as its part of one.
    """
    names: list[str] = []
    best = legal = np.zeros(0)
    for space, states in labelled:
        if not names:
            names = [schema.name for schema in space.task.rules.actions]
            best, legal = np.ones(len(names)), np.ones(len(names))
        for state in states:
            schema = space.steps.symbol[state.steps]
            share = state.best / max(1, int(state.best.sum()))
            best += np.bincount(schema, weights=share, minlength=len(names))
            legal += np.bincount(schema, minlength=len(names))
    weights = {name: float(b / n) for name, b, n in zip(names, best, legal, strict=True)}
    return FrequencyModel(weights)
