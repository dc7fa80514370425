"""What the lifted space reads of a task, and how it refuses the rest."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.errors import UnsupportedError
from planner.kr.cone import changes, derived_below
from planner.kr.formulas import TRUE, Atom, Forall, Not, atoms_of, conjuncts, substitute
from planner.kr.terms import FunctionTerm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase, Task

__all__ = ["changing_advised", "goal_literals", "refusal", "static_derived", "type_names"]


def refusal(what: str, span: Span | None) -> UnsupportedError:
    """The error for what only a grounded task can have; its first line is ``what``."""
    if span is None:
        return UnsupportedError(what)
    return UnsupportedError(what, [Diagnostic("needs-grounding", what, span)])


def static_derived(task: Task) -> tuple[str, ...]:
    """Derived predicates that actions or the goal read; each must be the same in every state.

    Those that advice reads are among them where they are the same in every state.

    Raises:
        UnsupportedError: when one of the others depends on what actions change.
    """
    rules = task.rules
    read = [a for action in rules.actions for a, _ in atoms_of(action.precondition)]
    read += [atom for atom, _ in atoms_of(task.goal)]
    costs = [action.cost for action in rules.actions]
    spans = {atom.predicate: atom.span for atom in read}
    spans |= {cost.predicate: None for cost in costs if isinstance(cost, FunctionTerm)}
    needed: set[str] = set()
    for name, span in spans.items():
        if name in rules.derived:
            needed |= derived_below(rules, [name])
            if changes(rules, name):
                what = f"the derived predicate `{name}` depends on facts that actions change"
                raise refusal(what, span)
    for name in _advised(rules):
        if not changes(rules, name):
            needed |= derived_below(rules, [name])
    return tuple(name for name in rules.predicates if name in needed)


def changing_advised(task: Task) -> tuple[str, ...]:
    """Derived predicates that only advice reads and that depend on what actions change."""
    rules = task.rules
    return tuple(name for name in _advised(rules) if changes(rules, name))


def _advised(rules: RuleBase) -> list[str]:
    """Derived predicates that control rules or goal orders read, as declared."""
    conditions = [rule.condition for rule in rules.control]
    conditions += [order.condition for order in rules.orders]
    read = {atom.predicate for condition in conditions for atom, _ in atoms_of(condition)}
    return [name for name in rules.predicates if name in read & rules.derived]


def goal_literals(task: Task) -> Iterator[tuple[Atom, bool]]:
    """The atoms of the goal, each with whether it must be true; ``forall`` is written out.

    Raises:
        UnsupportedError: for a goal that is no conjunction of literals.
    """
    waiting = list(conjuncts(task.goal))
    while waiting:
        part = waiting.pop(0)
        match part:
            case Atom():
                yield part, True
            case Not(Atom() as atom):
                yield atom, False
            case Forall() if part.condition == TRUE:
                waiting += _instances(part, task)
            case _:
                raise refusal("the goal is no conjunction of atoms and negated atoms", part.span)


def _instances(part: Forall, task: Task) -> Iterator[Formula]:
    names = [v.name for v in part.variables]
    for choice in product(*(task.objects_of(v.types) for v in part.variables)):
        yield from conjuncts(substitute(part.body, dict(zip(names, choice, strict=True))))


def type_names(task: Task) -> dict[str, None]:
    """Every type, ancestors included, in declaration order."""
    rules = task.rules
    names = [*rules.types, "object", *task.all_objects.values()]
    return {t: None for name in names for d in name.split("|") for t in rules.supertypes(d)}
