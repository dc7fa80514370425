"""Actions and rules that no task ever used: superfluous, or the examples do not show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.kr.task import RuleBase
    from planner.learn.lessons.label import LabelledState

__all__ = ["unused_parts"]

_LOOKED_AT = 20  # states of each task


def unused_parts(
    rules: RuleBase, labelled: Sequence[tuple[StepSpace, Sequence[LabelledState]]]
) -> tuple[str, ...]:
    """Sentences on actions that were never a best step, and on predicates never derived.

    A rule is told by its head: that no fact of a predicate was ever derived means that none of
    its rules ever fired.
    """
    legal, best, derived = set[int](), set[int](), set[int]()
    for space, states in labelled:
        derived.update(space.static.symbol.tolist())
        for state in states[:_LOOKED_AT]:
            derived.update(space.atoms.symbol[space.true_atoms(state.state)].tolist())
        for state in states:
            symbols = space.steps.symbol[state.steps]
            legal.update(symbols.tolist())
            best.update(symbols[state.best].tolist())
    found = []
    for number, action in enumerate(rules.actions):
        if number not in legal:
            found.append(f"action `{action.name}` was legal in no state of any training task")
        elif number not in best:
            found.append(f"action `{action.name}` was in no plan of any training task")
    for number, name in enumerate(rules.predicates):
        if name in rules.derived and number not in derived:
            found.append(f"no rule ever derived `{name}` in any training task")
    return tuple(found)
