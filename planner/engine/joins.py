"""How rules are evaluated, in words: strata, representations and join orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.clauses import Absent, BodyLiteral, Fold, open_variables, schedule
from planner.engine.forward import saturate
from planner.engine.normalize import describe
from planner.kr.formulas import Comparison, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.engine.clauses import Clause
    from planner.engine.model import Model
    from planner.engine.program import Layer
    from planner.engine.runs.relation import Relation
    from planner.kr.task import Task

__all__ = ["describe_joins"]


def describe_joins(task: Task) -> str:
    """For each stratum its predicates with their representation, and each rule's join order.

    The task's rules are evaluated, so that sizes and orders are those of the real evaluation.
    """
    model = saturate(task)
    lines: list[str] = []
    for number, layer in enumerate(model.plan.layers):
        sizes = ", ".join(f"{name} ({_rows(model, name)})" for name in layer.predicates)
        kind = "recursive" if layer.is_recursive else "one pass"
        lines.append(f"stratum {number}: {sizes}, {kind}, {_representation(model, layer)}")
        for index, recursive in zip(layer.clauses, layer.recursive, strict=True):
            lines += _clause_lines(model, model.plan.clauses[index], recursive)
    return "\n".join(lines) or "no rules"


def _clause_lines(model: Model, clause: Clause, recursive: tuple[int, ...]) -> Iterator[str]:
    span = model.plan.rules[clause.rule].span if clause.rule >= 0 else None
    place = f"  {span.file}:{span.line}" if span else ""
    yield f"  {describe(clause)}{place}"
    yield from _order_lines(model, clause, -1)
    for first in recursive:
        yield from _order_lines(model, clause, first)


def _order_lines(model: Model, clause: Clause, first: int) -> Iterator[str]:
    if first >= 0:
        yield "    in later rounds:"
    known: set[str] = set()
    order = _order(model, clause, first)
    meeting = {later: step for step, (_, later) in enumerate(order, start=1) if later >= 0}
    for step, (position, _) in enumerate(order, start=1):
        literal = clause.body[position]
        names = dict.fromkeys(open_variables(literal))
        bound = [f"?{name}" for name in names if name in known]
        known.update(names)
        action = _action(model, literal, bound, len(names), position == first)
        met = f", intersecting the lists of step {meeting[position]}" if position in meeting else ""
        yield f"    {step}. {action}{met}"


def _order(model: Model, clause: Clause, first: int) -> list[tuple[int, int]]:
    """Positions in join order, each with that of the atom it is intersected with, or -1."""
    relations = _relations(model)
    if relations is None:
        return [(position, -1) for position in schedule(clause.body, (), first)]
    from planner.engine.runs.order import order_body

    wanted = open_variables(clause.head)
    planned = order_body(clause.body, (), wanted, relations.__getitem__, first)
    return [(part.position, part.meets) for part in planned]


def _relations(model: Model) -> dict[str, Relation] | None:
    """The columns of a model of the runs tier, ``None`` for the tiny tier."""
    from planner.engine.bits.view import BitExtension
    from planner.engine.runs.view import RunsExtension

    found: dict[str, Relation] = {}
    for name in model.plan.arities:
        extension = model.extension(name)
        if not isinstance(extension, RunsExtension | BitExtension):
            return None
        found[name] = extension.relation
    return found


def _action(
    model: Model, literal: BodyLiteral, bound: list[str], variables: int, is_delta: bool
) -> str:
    if isinstance(literal, Comparison):
        return f"compute {show(literal)}"
    if isinstance(literal, Fold):
        return f"compute {show(literal.source)}"
    if isinstance(literal, Absent):
        return f"test {show(literal.source)}"
    rows = f"{_rows(model, literal.predicate)} rows"
    if is_delta:
        return f"new rows of {literal}"
    if len(bound) == variables and variables:
        return f"check {literal} ({rows})"
    if not bound:
        return f"scan {literal} ({rows})"
    return f"look up {literal} by {', '.join(bound)} ({rows})"


def _rows(model: Model, predicate: str) -> int:
    return model.count(predicate)


def _representation(model: Model, layer: Layer) -> str:
    kinds = {name: model.extension(name).representation for name in layer.predicates}
    different = list(dict.fromkeys(kinds.values()))
    if len(different) == 1:
        return different[0]
    return "; ".join(f"{name}: {kind}" for name, kind in kinds.items())
