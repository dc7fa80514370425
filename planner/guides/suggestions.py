"""What single control rules suggest in a state, and by which costs suggestions are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from planner.engine.matching import Row
    from planner.guides.rule_body import RuleBody
    from planner.kr.control import ControlRule

__all__ = ["RuleMatcher", "Suggestion"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that applies, with the variables of its steps bound.

    Attributes:
        rule: number of the rule in ``task.rules.control``.
        binding: codes of the variables of its steps, -1 where any value does.
        rank: the rule's rank; lower is asked first.
        measure: the cost that decides among suggestions of a rank: all steps of the rule, walks
            included, or those up to its first real step where the rule is then asked again.
        total: all steps.
    """

    rule: int
    binding: Row
    rank: int
    measure: int
    total: int

    @property
    def key(self) -> tuple[int, int, int, int, Row]:
        """What suggestions are ordered by, the best first."""
        return (self.rank, self.measure, self.total, self.rule, self.binding)


@dataclass(frozen=True, slots=True)
class RuleMatcher:
    """A rule body with its number in the rule base and how it is used.

    Attributes:
        first: whether the rule is asked again after its first real step.
    """

    number: int
    name: str
    rank: int
    first: bool
    forbids: bool
    body: RuleBody

    @classmethod
    def of(cls, number: int, rule: ControlRule, body: RuleBody) -> RuleMatcher:
        """A control rule by its number."""
        name = rule.name or f"rule {number + 1}"
        return cls(number, name, rule.rank, rule.run == "first", rule.forbids, body)

    @property
    def least(self) -> tuple[int, int]:
        """Measure and total that no suggestion of the rule goes below."""
        steps = self.body.real_steps
        return (min(1, steps) if self.first else steps, steps)

    def suggestions(self) -> Iterator[Suggestion]:
        """The rule's bindings in the current state, each with its cost."""
        for binding in self.body.bindings():
            costs = self.body.costs(binding)
            if costs is not None:
                measure = costs[0] if self.first else costs[1]
                yield Suggestion(self.number, binding, self.rank, measure, costs[1])

    def best(
        self, below: tuple[int, int], avoid: frozenset[Row], ties: random.Random | None
    ) -> Suggestion | None:
        """The cheapest suggestion below a measure and total."""
        found = self.body.best(first=self.first, below=below, avoid=avoid, ties=ties)
        if found is None:
            return None
        measure, total, binding = found
        return Suggestion(self.number, binding, self.rank, measure, total)
