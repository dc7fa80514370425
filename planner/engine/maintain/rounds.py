"""The rounds in which an evaluation on columns derived its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.view import RunsExtension

if TYPE_CHECKING:
    from planner.engine.extension import Extension
    from planner.engine.tiny.relation import Row

__all__ = ["rounds_of"]


def rounds_of(extension: Extension) -> dict[Row, int] | None:
    """Each row with its round, in order of derivation; ``None`` where that was not kept.

    What a row of a recursive layer was derived from is of earlier rounds.
    """
    if not isinstance(extension, RunsExtension) or not extension.relation.arity:
        return None
    relation = extension.relation
    numbers, ends = zip(*relation.rounds, strict=True)
    counts = np.diff([0, *ends])
    rounds = np.repeat(numbers, counts).tolist()
    columns = [relation.column(c).tolist() for c in range(relation.arity)]
    return dict(zip(zip(*columns, strict=True), rounds, strict=True))
