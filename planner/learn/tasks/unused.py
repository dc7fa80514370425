"""Actions and rules that no task ever used: superfluous, or the examples do not show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.forward import saturate
from planner.kr.formulas import Atom
from planner.kr.rules import Predicate, Rule
from planner.kr.task import Task
from planner.learn.tasks.walk import state_facts
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.kr.task import RuleBase
    from planner.learn.lessons.label import LabelledState

__all__ = ["unused_parts"]

_LOOKED_AT = 20  # states of each task
_RULES_TRIED = 3  # states of each task in which each rule is tried by itself


def unused_parts(
    rules: RuleBase,
    labelled: Sequence[tuple[StepSpace, Sequence[LabelledState]]],
    shown: Sequence[StepSpace] = (),
) -> tuple[str, ...]:
    """Sentences on actions that were never a best step, and on rules that never fired.

    Actions that ``shown`` tasks, such as the author's examples, leave possible are not superfluous:
    of these one sentence says that training tasks do not use them.

    That no fact of a predicate was ever derived tells of all its rules; where several derive it,
    each is tried in some states.
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
    possible, found, passed_over = set(legal), [], []
    for space in shown:
        # Ground spaces hold steps that can be reached at all; open ones begin without any.
        possible.update(space.steps.symbol.tolist())
        derived.update(space.static.symbol.tolist())
    of_all = f"of the {len(labelled)} training tasks"
    for number, action in enumerate(rules.actions):
        if number not in possible:
            found.append(f"action `{action.name}` was legal in no state {of_all}")
        elif number not in best:
            passed_over.append(f"`{action.name}`")
    if passed_over:
        found.append(f"no plan {of_all} takes {', '.join(passed_over)}: no model learns to")
    for number, name in enumerate(rules.predicates):
        if name in rules.derived and number not in derived:
            found.append(f"no rule ever derived `{name}` in any {of_all}")
    names = list(rules.predicates)
    for rule in _silent(rules, {names[number] for number in derived if number >= 0}, labelled):
        found.append(f"the rule `{rule}` never fired in the training tasks looked at")
    return tuple(found)


def _silent(
    rules: RuleBase,
    derived: set[str],
    labelled: Sequence[tuple[StepSpace, Sequence[LabelledState]]],
) -> list[Rule]:
    """Rules whose body never held, among those of predicates that other rules derived.

    None are looked for where actions create objects or Python functions derive facts.
    """
    if is_open(Task(rules)) or any(p.foreign is not None for p in rules.predicates.values()):
        return []
    heads = Counter(rule.head.predicate for rule in rules.rules)
    # Beside each rule one that derives a predicate of its own from the same body.
    left, marks, marked = dict[str, Rule](), dict[str, Predicate](), list[Rule]()
    for number, rule in enumerate(rules.rules):
        name = rule.head.predicate
        if heads[name] > 1 and name in derived:
            mark = f"fired {number}"
            left[mark] = rule
            marks[mark] = Predicate(mark, rules.predicates[name].types)
            marked.append(Rule(Atom(mark, rule.head.arguments), rule.body))
    base = replace(rules, predicates={**rules.predicates, **marks}, rules=(*rules.rules, *marked))
    for space, states in labelled:
        for state in states[:_RULES_TRIED]:
            if not left:
                return []
            facts = state_facts(space, state.state)
            model = saturate(replace(space.task, rules=base, init=facts))
            left = {mark: rule for mark, rule in left.items() if not model.count(mark)}
    return list(left.values())
