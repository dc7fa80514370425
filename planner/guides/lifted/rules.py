"""Binary rules: the form in which lifted actions are evaluated.

Every rule joins two relations, or selects from one, and projects the result: small enough for a
kernel that knows no more than tables of numbers (Helmert 2009 brings grounding into this form;
Corrêa et al. 2021 use it for heuristics in each state).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["LEFT", "RIGHT", "VALUE", "BinaryRule", "RuleTable", "Source", "Test"]

Source: TypeAlias = int
"""Where a value comes from: a column of the left row, of the right row, or a constant's code."""

LEFT, RIGHT, VALUE = 0, 64, 128
"""`Source` is one of these plus the column or the code."""


@dataclass(frozen=True, slots=True)
class Test:
    """Two values that must be equal, or must differ."""

    equal: bool
    first: Source
    second: Source


@dataclass(frozen=True, slots=True)
class BinaryRule:
    """``out(columns) <- left(..), right(..)``.

    Attributes:
        right: -1 for a rule with one literal.
        keys: pairs of a left and a right column that must agree.
        columns: where the values of the derived row come from.
        cost: added to the costs of the two rows, 1 where the rule is the effect of an action.
        schema: the action it belongs to.
        left_slots, right_slots: the variable of the action in each column, -1 for none.
    """

    left: int
    right: int
    keys: tuple[tuple[int, int], ...]
    tests: tuple[Test, ...]
    out: int
    columns: tuple[Source, ...]
    cost: int
    schema: int
    left_slots: tuple[int, ...]
    right_slots: tuple[int, ...] = ()


@dataclass(slots=True)
class RuleTable:
    """The rules of a task, and the relations they are about; the first are its predicates.

    Attributes:
        arities: of each relation.
        always: the relation without columns that holds in every state.
        goals: for some predicates the relation of the rows that goals ask for.
    """

    arities: list[int]
    always: int
    goals: dict[int, int] = field(default_factory=dict)
    rules: list[BinaryRule] = field(default_factory=list)

    def goal_relation(self, predicate: int) -> int:
        """The relation of the rows of a predicate that goals ask for."""
        if predicate not in self.goals:
            self.goals[predicate] = self.relation(self.arities[predicate])
        return self.goals[predicate]

    def relation(self, arity: int) -> int:
        """A new relation."""
        self.arities.append(arity)
        return len(self.arities) - 1
