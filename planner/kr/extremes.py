"""Which readings of a ``keep: min`` or ``keep: max`` predicate are monotone.

Such a predicate maps its other arguments to a number that only improves: with ``min`` a smaller
number replaces a larger one. Rules that read it while it is being derived must never conclude less
from a better number, or the order of derivation would show in the result; then there is one least
fixpoint in the lattice of such maps (Ross and Sagiv 1992). A reading is monotone where the number
is passed on by a nondecreasing expression into a predicate kept in the same direction, compared
with something on its better side (``?d < 10`` for ``min``), or not looked at.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.kr.formulas import (
    Atom,
    Comparison,
    Formula,
    atoms_of,
    conjuncts,
    expression_variables,
    free_variables,
    show,
)
from planner.kr.terms import Arithmetic, Expression, Variable, show_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.kr.rules import Predicate, Rule

    Keep: TypeAlias = Literal["min", "max"]

__all__ = ["kept_predicates", "unordered_readings"]

_BETTER_BELOW = {"min": ("<", "<="), "max": (">", ">=")}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def kept_predicates(predicates: Mapping[str, Predicate]) -> dict[str, Keep]:
    """Names of the predicates that keep an extreme, each with which."""
    return {name: p.keep for name, p in predicates.items() if p.keep}


def unordered_readings(rule: Rule, kept: Mapping[str, Keep]) -> Iterator[tuple[str, str]]:
    """Kept predicates that a rule reads in a way that is not monotone, each with the reason.

    Atoms under negation and in aggregates are left out: they are read as complete anyway.
    """
    parts = conjuncts(rule.body)
    for part in parts:
        names = [atom.predicate for atom, _ in atoms_of(part) if atom.predicate in kept]
        if names and not isinstance(part, Atom):
            yield from ((name, f"`{name}` is read inside of `{show(part)}`") for name in names)
        elif names and isinstance(part, Atom):
            reason = _Reading(rule, parts, kept, part).fault()
            if reason:
                yield part.predicate, reason


class _Reading:
    """One kept atom of a rule's body, with what the rule does with its number."""

    def __init__(
        self, rule: Rule, parts: tuple[Formula, ...], kept: Mapping[str, Keep], atom: Atom
    ) -> None:
        self._rule = rule
        self._kept = kept
        self._keep = kept[atom.predicate]
        self._others = [part for part in parts if part is not atom]
        self._atom = atom
        # Variables that get smaller (for min) whenever the number does, or stay.
        self._moving: set[str] = set()

    def fault(self) -> str:
        """Why the reading is not monotone, or ``""``."""
        if not self._atom.arguments:
            return ""
        *keys, value = self._atom.arguments
        if not isinstance(value, Variable):
            return f"`{self._atom}` asks for one number, which may still change"
        if any(value.name in expression_variables(key) for key in keys):
            return f"`{self._atom}` compares the number with another argument"
        self._moving = {value.name}
        waiting, before = self._others, -1
        while len(waiting) != before:
            before = len(waiting)
            waiting = [part for part in waiting if not self._is_assignment(part)]
        return next(filter(None, map(self._part, waiting)), "") or self._head()

    def _is_assignment(self, part: Formula) -> bool:
        """Whether ``?n = expression`` passes the number on; then ``?n`` moves with it."""
        if not isinstance(part, Comparison) or part.operator != "=":
            return False
        for side, other in ((part.left, part.right), (part.right, part.left)):
            names = set(expression_variables(other))
            if (
                isinstance(side, Variable)
                and names & self._moving
                and side.name not in names
                and not self._is_bound_elsewhere(side.name, part)
                and self._rises(other)
            ):
                self._moving.add(side.name)
                return True
        return False

    def _is_bound_elsewhere(self, name: str, here: Formula) -> bool:
        others = [part for part in (*self._others, self._atom) if part is not here]
        return any(
            name in free_variables(part) for part in others if not isinstance(part, Comparison)
        )

    def _part(self, part: Formula) -> str:
        moving = self._moving.intersection(free_variables(part))
        if not moving:
            return ""
        name = sorted(moving)[0]
        if isinstance(part, Comparison) and part.operator in _MIRRORED:
            left = self._moving.intersection(expression_variables(part.left))
            right = self._moving.intersection(expression_variables(part.right))
            better = _BETTER_BELOW[self._keep]
            if not right and part.operator in better and self._rises(part.left):
                return ""
            if not left and _MIRRORED[part.operator] in better and self._rises(part.right):
                return ""
        word = "smaller" if self._keep == "min" else "larger"
        return f"`{show(part)}` may fail when `?{name}` becomes {word}"

    def _head(self) -> str:
        head = self._rule.head
        names = [self._moving.intersection(expression_variables(a)) for a in head.arguments]
        if not any(names):
            return ""
        if any(names[:-1]):
            return f"`{head}` has the number in a place that is not kept"
        if self._kept.get(head.predicate) != self._keep:
            return f"`{head.predicate}` takes the number and is not declared `keep: {self._keep}`"
        if not self._rises(head.arguments[-1]):
            return (
                f"`{show_expression(head.arguments[-1])}` may get worse when the number gets better"
            )
        return ""

    def _rises(self, expression: Expression) -> bool:
        """Whether an expression never falls when the moving variables rise."""
        return self._direction(expression) in (0, 1)

    def _direction(self, expression: Expression) -> int | None:
        """1: never falls, -1: never rises, 0: does not move, ``None``: not known."""
        if isinstance(expression, Variable):
            return int(expression.name in self._moving)
        if not isinstance(expression, Arithmetic):
            return 0
        left, right = self._direction(expression.left), self._direction(expression.right)
        if left is None or right is None:
            return None
        if left == 0 and right == 0:
            return 0
        if expression.operator in "+-":
            right = right if expression.operator == "+" else -right
            return None if left * right < 0 else left or right
        if expression.operator == "*" and left == 0:
            left, right = right, left
            return _scaled(left, self._sign(expression.left))
        if right == 0 and expression.operator in ("*", "/", "//"):
            return _scaled(left, self._sign(expression.right))
        return None

    def _sign(self, expression: Expression) -> int | None:
        """1 for what is at least 0, -1 for what is below, ``None`` when that is not known."""
        number = _number(expression)
        if number is not None:
            return 1 if number >= 0 else -1
        for part in self._others:
            if isinstance(part, Comparison) and part.left == expression:
                bound = _number(part.right)
                if bound is not None and bound >= 0 and part.operator in (">", ">="):
                    return 1
        return None


def _number(expression: Expression) -> int | Fraction | None:
    return expression if isinstance(expression, int | Fraction) else None


def _scaled(direction: int, sign: int | None) -> int | None:
    return None if sign is None else direction * sign
