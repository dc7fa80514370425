"""Formulas of a ground program, in any algebra with and, or and not.

Atoms that depend on one another are iterated until nothing changes, which for formulas in a
canonical form is compilation by the immediate-consequence operator (Vlasselaer et al. 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.probability.ground import GroundClause, GroundProgram, Node

__all__ = ["Algebra", "evaluate_program"]

Value = TypeVar("Value")


class Algebra(Protocol[Value]):
    """Truth values: of one world, of many worlds at once, or as formulas over the choices."""

    @property
    def true(self) -> Value:
        """What always holds."""
        ...

    @property
    def false(self) -> Value:
        """What never holds."""
        ...

    def choice(self, index: int) -> Value:
        """What holds where a random choice comes true."""
        ...

    def both(self, left: Value, right: Value) -> Value:
        """Conjunction."""
        ...

    def either(self, left: Value, right: Value) -> Value:
        """Disjunction."""
        ...

    def negation(self, value: Value) -> Value:
        """Negation."""
        ...

    def equal(self, left: Value, right: Value) -> bool:
        """Whether two values hold in the same worlds."""
        ...


def evaluate_program(program: GroundProgram, algebra: Algebra[Value]) -> dict[Node, Value]:
    """The value of every atom of a ground program."""
    values: dict[Node, Value] = {}
    for component in program.components:
        values.update((node, algebra.false) for node in component)
        changed = True
        while changed:
            changed = False
            for node in component:
                value = values[node]
                for clause in program.clauses[node]:
                    value = algebra.either(value, _conjunction(clause, values, algebra))
                if not algebra.equal(value, values[node]):
                    values[node] = value
                    changed = len(component) > 1 or _reads_itself(node, program)
    return values


def _conjunction(
    clause: GroundClause, values: Mapping[Node, Value], algebra: Algebra[Value]
) -> Value:
    value = algebra.true if clause.choice < 0 else algebra.choice(clause.choice)
    for node in clause.positive:
        value = algebra.both(value, values[node])
    for node in clause.negative:
        value = algebra.both(value, algebra.negation(values[node]))
    return value


def _reads_itself(node: Node, program: GroundProgram) -> bool:
    return any(node in clause.positive for clause in program.clauses[node])
