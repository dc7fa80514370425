"""In what order the parts of a conjunction are looked at."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    conjuncts,
    expression_variables,
    free_variables,
    substitute,
)
from planner.kr.terms import TypedVariable, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Part", "alternatives", "arrange", "variables_of"]

Part: TypeAlias = "Formula | TypedVariable"
"""A conjunct; a typed variable stands for "this is an object of one of these types"."""


def variables_of(part: Part) -> frozenset[str]:
    """Free variables of a part."""
    if isinstance(part, TypedVariable):
        return frozenset({part.name})
    return frozenset(free_variables(part))


def arrange(
    parts: Iterable[Part], bound: frozenset[str], size: Callable[[str], int | None]
) -> tuple[Part, ...]:
    """Order parts so that each is looked at when it says most.

    Tests come before what binds variables, atoms before compound formulas, and what can only
    test (negation, ``forall``, ``<``) and aggregates wait until the others have bound all they
    can: a variable of theirs that is then unbound is local to them. ``size`` counts the facts of a
    predicate, and gives ``None`` for a type.
    """
    found: list[Part] = []
    waiting: list[tuple[Part, frozenset[str]]] = []
    for part in parts:
        names = variables_of(part)
        if names <= bound:
            found.append(part)
        else:
            waiting.append((part, names))
    known = set(bound)
    while waiting:
        ranks = [_rank(part, names - known, known, size) for part, names in waiting]
        best = min(range(len(waiting)), key=ranks.__getitem__)
        part, names = waiting.pop(best)
        found.append(part)
        known |= names if not isinstance(part, Aggregate) else names & variables_in_result(part)
    return tuple(found)


def variables_in_result(part: Aggregate) -> frozenset[str]:
    """The variable an aggregate binds."""
    return frozenset(expression_variables(part.result))


def _rank(
    part: Part, unbound: frozenset[str], known: set[str], size: Callable[[str], int | None]
) -> tuple[int, int, int]:
    """Lower is earlier: kind, number of unbound variables, facts to look through."""
    if not unbound:
        return (0, 0, 0)
    match part:
        case Comparison("=", left, right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Variable) and known.issuperset(expression_variables(other)):
                    return (1, 0, 0)
            return (6, len(unbound), 0)
        case Atom(predicate):
            facts = size(predicate)
            # Of a type there are many objects: any other atom says more.
            return (4, 1, 0) if facts is None else (2, len(unbound), facts)
        case Modal() | Closure():
            return (3, len(unbound), 0)
        case TypedVariable():
            return (4, 1, 0)
        case Or() | Exists():
            return (5, len(unbound), 0)
        case Aggregate():
            return (6, 0, 0)
        case _:
            return (7, len(unbound), 0)


def alternatives(formula: Formula) -> list[list[Part]] | None:
    """Conjunctions whose disjunction is the formula, with disjunctions and ``exists`` resolved.

    Quantified variables are renamed apart, so that they can stand beside the others. ``None``
    when there would be too many.
    """
    if _alternative_count(formula) > _ALTERNATIVE_LIMIT:
        return None
    return _alternatives(formula, _Renaming())


def _alternative_count(formula: Formula) -> int:
    match formula:
        case Or(parts):
            return sum(map(_alternative_count, parts))
        case Exists(_, body):
            return _alternative_count(body)
        case And(parts):
            return prod(map(_alternative_count, parts))
        case _:
            return 1


_ALTERNATIVE_LIMIT = 200


class _Renaming:
    def __init__(self) -> None:
        self.count = 0

    def fresh(self, variables: Sequence[TypedVariable]) -> dict[str, Variable]:
        names = {}
        for variable in variables:
            self.count += 1
            # A blank cannot occur in a name of a file.
            names[variable.name] = Variable(f"{variable.name} {self.count}")
        return names


def _alternatives(formula: Formula, renaming: _Renaming) -> list[list[Part]]:
    match formula:
        case Or(parts):
            return [one for part in parts for one in _alternatives(part, renaming)]
        case Exists(variables, body):
            names = renaming.fresh(variables)
            guards: list[Part] = [TypedVariable(names[v.name].name, v.types) for v in variables]
            inner = _alternatives(substitute(body, names), renaming)
            return [[*one, *guards] for one in inner]
        case Atom() | Comparison() | Aggregate() | Modal() | Closure() | Not() | Forall():
            return [[formula]]
        case _:
            found: list[list[Part]] = [[]]
            for part in conjuncts(formula):
                options = _alternatives(part, renaming)
                found = [[*one, *option] for one in found for option in options]
            return found
