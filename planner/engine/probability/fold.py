"""Formulas of a ground program, in any semiring that has negation.

Atoms that depend on one another are iterated until nothing changes, which for formulas in a
canonical form is compilation by the immediate-consequence operator (Vlasselaer et al. 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from planner.engine.provenance.semiring import Semiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.engine.probability.ground import GroundClause, GroundProgram, Node

__all__ = ["Algebra", "all_of", "evaluate_program"]

Value = TypeVar("Value")


class Algebra(Semiring[Value], Protocol[Value]):
    """Truth values: of one world, of many worlds at once, or as formulas over the choices."""

    def choice(self, index: int) -> Value:
        """What holds where a random choice comes true."""
        ...

    def negation(self, value: Value) -> Value:
        """What holds where a value does not."""
        ...

    def equal(self, left: Value, right: Value) -> bool:
        """Whether two values hold in the same worlds."""
        ...


def evaluate_program(
    program: GroundProgram, algebra: Algebra[Value], check: Callable[[], None] | None = None
) -> dict[Node, Value]:
    """The value of every atom of a ground program; ``check`` is called now and then."""
    values: dict[Node, Value] = {}
    for component in program.components:
        values.update((node, algebra.zero) for node in component)
        changed = True
        while changed:
            changed = False
            for node in component:
                if check is not None:
                    check()
                value = values[node]
                for clause in program.clauses[node]:
                    value = algebra.plus(value, _conjunction(clause, values, algebra))
                if not algebra.equal(value, values[node]):
                    values[node] = value
                    changed = len(component) > 1 or _reads_itself(node, program)
    return values


def all_of(nodes: Iterable[Node], values: Mapping[Node, Value], algebra: Algebra[Value]) -> Value:
    """What holds where all of some atoms do."""
    value = algebra.one
    for node in nodes:
        value = algebra.times(value, values[node])
    return value


def _conjunction(
    clause: GroundClause, values: Mapping[Node, Value], algebra: Algebra[Value]
) -> Value:
    value = algebra.one if clause.choice < 0 else algebra.choice(clause.choice)
    for node in clause.positive:
        value = algebra.times(value, values[node])
    for node in clause.negative:
        value = algebra.times(value, algebra.negation(values[node]))
    return value


def _reads_itself(node: Node, program: GroundProgram) -> bool:
    return any(node in clause.positive for clause in program.clauses[node])
