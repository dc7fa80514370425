"""How often each action schema is used in solved tasks: the simplest learned prior."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import InputError
from planner.interfaces import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.interfaces import FloatArray, IntArray, StepSpace
    from planner.plan import Plan

__all__ = ["BoundFrequency", "Frequency", "load_frequency"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Frequency:
    """A prior that knows schemas only: each legal step weighs its schema's share of all steps.

    Attributes:
        counts: steps of each action schema in the plans seen; a schema never seen weighs as if
            seen once (Laplace's rule).
    """

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "frequency"

    @staticmethod
    def of_plans(plans: Iterable[Plan]) -> Frequency:
        """Count the steps of plans."""
        counts = Counter(step.name for plan in plans for step in plan)
        return Frequency(MappingProxyType(dict(sorted(counts.items()))))

    def save(self, path: Path | str) -> None:
        """Write the counts as JSON."""
        content = {"schema_version": SCHEMA_VERSION, "counts": dict(self.counts)}
        Path(path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def bind(self, space: StepSpace) -> BoundFrequency:
        """Look up the weight of each schema of the space's rule base."""
        schemas = space.task.rules.actions
        weights = np.array([self.counts.get(s.name, 0) + 1 for s in schemas], dtype=np.float64)
        return BoundFrequency(space, np.log(weights))


class BoundFrequency:
    """Schema counts bound to a space."""

    def __init__(self, space: StepSpace, log_weight: FloatArray) -> None:
        self._space = space
        self._log_weight = log_weight

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Share the mass of each schema that has legal steps evenly among them."""
        return [self._judge(legal) for legal in steps]

    def _judge(self, legal: IntArray) -> Judgement:
        if len(legal) == 0:
            return Judgement()
        schema = self._space.steps.symbol[legal]
        size = np.bincount(schema, minlength=len(self._log_weight))
        log_prior = self._log_weight[schema] - np.log(size[schema])
        total = math.log(float(np.exp(log_prior).sum()))
        return Judgement(log_prior=log_prior - total)


def load_frequency(path: Path | str) -> Frequency:
    """Read counts that `Frequency.save` wrote.

    Raises:
        InputError: when the file is not such a file, naming it.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise InputError(f"{path}: cannot be read as a frequency file: {problem}") from problem
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise InputError(f"{path}: not a frequency file of version {SCHEMA_VERSION}")
    counts = content.get("counts")
    if not isinstance(counts, dict) or not all(map(_is_count, counts.values())):
        raise InputError(f"{path}: `counts` must map action names to numbers of at least 0")
    return Frequency(MappingProxyType({str(name): count for name, count in counts.items()}))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
