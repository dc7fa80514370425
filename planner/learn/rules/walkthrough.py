"""What control rules do on a task, told step by step: for whoever is to write better ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.search.rollout import RuleRunner

if TYPE_CHECKING:
    from planner.engine.matching import Row
    from planner.guides.control_rules import BoundControlRules
    from planner.interfaces import StepSpace

__all__ = ["walkthrough"]

_MOST = 400  # choices followed
_FIRST, _LAST = 12, 6  # of these told


def walkthrough(space: StepSpace, rules: BoundControlRules) -> str:
    """The rules chosen with their steps, and how it ends; no rule is used twice in one state."""
    told: list[str] = []
    state, length, ending = space.initial(), 0, ""
    used: dict[int, dict[int, frozenset[Row]]] = {}
    runner = RuleRunner(space, rules)
    while not space.is_goal(state) and not ending:
        tried = used.setdefault(state, {})
        found = rules.best(state, tried)
        if found is None:
            before = ", or only those that were used in this state before" if tried else ""
            ending = f"No rule applies any more{before}. {_situation(space, state, rules)}"
        elif len(told) >= _MOST:
            ending = f"This goes on without end. {_situation(space, state, rules)}"
        else:
            tried[found.rule] = tried.get(found.rule, frozenset()) | {found.binding}
            steps, states = runner.run(state, found)
            names = [str(space.describe(step)) for step in steps] or ["none of its steps is legal"]
            told.append(f"{rules.name_of(found)}: {'; '.join(names)}")
            length += len(steps)
            state = states[-1] if states else state
    ending = ending or f"The goal is reached after {length} steps."
    return "\n".join([*_shortened(told), ending])


def _shortened(told: list[str]) -> list[str]:
    left_out = len(told) - _FIRST - _LAST
    if left_out <= 1:
        return told
    return [*told[:_FIRST], f"({left_out} more choices)", *told[-_LAST:]]


def _situation(space: StepSpace, state: int, rules: BoundControlRules) -> str:
    table, constants = space.atoms, space.constants
    names = list(space.task.rules.predicates)
    true = []
    for number in space.true_atoms(state).tolist():
        arguments = [str(constants[a]) for a in table.arguments[number].tolist() if a >= 0]
        symbol = int(table.symbol[number])
        # The grounder's own atoms have no predicate of the rule base.
        if symbol >= 0:
            inner = f"({', '.join(arguments)})" if arguments else ""
            true.append(names[symbol] + inner)
    return f"{rules.open_goals(state)} goals are open. Changing facts that hold: {', '.join(true)}."
