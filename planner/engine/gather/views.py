"""What declared predicates hold, under the names their users know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.gather.classes import EquivalenceExtension
from planner.engine.gather.kinds import GATHERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.extension import Extension
    from planner.engine.program import Plan

__all__ = ["as_declared"]


def as_declared(plan: Plan, extensions: Mapping[str, Extension]) -> Mapping[str, Extension]:
    """The extensions, those of equivalences and kept extremes in place of what is stated."""
    found = dict(extensions)
    for predicate in plan.declared:
        gathered = extensions.get(predicate.name + GATHERED)
        if gathered is None:
            continue
        is_equivalence = "equivalence" in predicate.properties
        found[predicate.name] = EquivalenceExtension(gathered) if is_equivalence else gathered
    return found
