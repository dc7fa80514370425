"""What the lifted space reads of a task, and how it refuses the rest."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.errors import UnsupportedError
from planner.kr.formulas import TRUE, Atom, Forall, Not, atoms_of, conjuncts, substitute
from planner.kr.terms import FunctionTerm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.kr.formulas import Formula
    from planner.kr.task import Task

__all__ = ["goal_literals", "refusal", "static_derived", "type_names"]


def refusal(what: str, span: Span | None) -> UnsupportedError:
    """The error for what only a grounded task can have; its first line is ``what``."""
    if span is None:
        return UnsupportedError(what)
    return UnsupportedError(what, [Diagnostic("needs-grounding", what, span)])


def static_derived(task: Task) -> tuple[str, ...]:
    """Derived predicates that actions or the goal read; each must be the same in every state.

    Raises:
        UnsupportedError: when one depends on what actions change.
    """
    rules = task.rules
    read = [a for action in rules.actions for a, _ in atoms_of(action.precondition)]
    read += [atom for atom, _ in atoms_of(task.goal)]
    costs = [action.cost for action in rules.actions]
    waiting = [(atom.predicate, atom.span) for atom in read]
    waiting += [(cost.predicate, None) for cost in costs if isinstance(cost, FunctionTerm)]
    needed: dict[str, None] = {}
    while waiting:
        name, span = waiting.pop()
        if name in rules.derived and name not in needed:
            needed[name] = None
            bodies = [rule.body for rule in rules.rules if rule.head.predicate == name]
            below = [atom.predicate for body in bodies for atom, _ in atoms_of(body)]
            if rules.fluents.intersection(below):
                what = f"the derived predicate `{name}` depends on facts that actions change"
                raise refusal(what, span)
            waiting += [(predicate, span) for predicate in below]
    return tuple(name for name in rules.predicates if name in needed)


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
