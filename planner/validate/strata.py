"""Which derived predicates depend on which, and in what order they are completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from planner.errors import InputError
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
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.rules import Rule

__all__ = ["Stratum", "reads", "strata_of"]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Predicates that depend on one another, or a single one.

    Attributes:
        needs: every predicate, derived or not, that they depend on, however indirectly.
        recursive: whether some predicate depends on itself.
    """

    predicates: tuple[str, ...]
    needs: frozenset[str]
    recursive: bool


def reads(formula: Formula, positive: bool = True) -> Iterator[tuple[str, bool]]:
    """Predicates that a formula looks at; False with those that must be complete before."""
    match formula:
        case Atom(predicate) | Closure(predicate):
            yield predicate, positive
        case Modal(mode, atom):
            if mode != "goal":
                yield atom.predicate, False
        case Comparison():
            return
        case Aggregate(_, _, _, body):
            yield from ((name, False) for name, _ in reads(body))
        case Not(body):
            yield from reads(body, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from reads(part, positive)
        case Forall(_, condition, body):
            yield from reads(condition, not positive)
            yield from reads(body, positive)
        case Exists(_, body):
            yield from reads(body, positive)
        case _:
            assert_never(formula)


def strata_of(rules: Sequence[Rule]) -> tuple[Stratum, ...]:
    """The strata of rules, each after those it needs.

    Raises:
        InputError: when a predicate depends on its own negation.
    """
    direct: dict[str, dict[str, bool]] = {rule.head.predicate: {} for rule in rules}
    for rule in rules:
        found = direct[rule.head.predicate]
        for name, positive in reads(rule.body):
            found[name] = found.get(name, True) and positive
    needs = {name: _reachable(name, direct) for name in direct}
    strata: list[Stratum] = []
    placed: set[str] = set()
    # Whatever a predicate needs, it needs also what that needs: so fewer needs come first, and
    # members of one stratum have equal needs.
    for name in sorted(direct, key=lambda n: len(needs[n] | {n})):
        if name in placed:
            continue
        members = [
            name,
            *(o for o in direct if o != name and o in needs[name] and name in needs[o]),
        ]
        placed.update(members)
        for member in members:
            for other, positive in direct[member].items():
                if not positive and other in members:
                    raise InputError(f"`{member}` depends on its own negation, through `{other}`")
        strata.append(Stratum(tuple(members), needs[name], name in needs[name]))
    return tuple(strata)


def _reachable(start: str, direct: dict[str, dict[str, bool]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in direct.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
