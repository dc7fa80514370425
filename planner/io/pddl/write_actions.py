"""Action schemas as PDDL actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.io.pddl.layout import layout
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.io.pddl.write_formulas import unsupported
from planner.kr.formulas import (
    TRUE,
    Aggregate,
    And,
    Atom,
    Comparison,
    Exists,
    Formula,
    Modal,
    Or,
    conjoin,
    conjuncts,
    expression_variables,
    free_variables,
)
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, TypedVariable, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.pddl.layout import Tree
    from planner.io.pddl.write_formulas import FormulaWriter
    from planner.kr.actions import ActionSchema, Effect
    from planner.kr.task import Task

__all__ = ["write_action"]


def write_action(writer: FormulaWriter, action: ActionSchema, counts_cost: bool) -> str:
    """Write an action, indented as a section of a domain."""
    if action.creates:
        raise unsupported("created objects", action.name)
    parameters = action.parameters + tuple(_implicit(writer.task, action))
    bound = [p.name for p in parameters]
    lines = [f"(:action {writer.names.action(action.name)}"]
    lines.append(f":parameters {layout(writer.variables(parameters))}")
    if action.precondition != TRUE:
        closed = conjoin(*(_close(part, bound) for part in conjuncts(action.precondition)))
        lines.append(f":precondition {layout(writer.formula(closed), 8)}")
    effects = [_write_effect(writer, effect) for effect in action.effects]
    if counts_cost and action.cost != 0:
        effects.append(["increase", [TOTAL_COST], writer.expression(action.cost)])
    whole: Tree = effects[0] if len(effects) == 1 else ["and", *effects]
    lines.append(f":effect {layout(whole, 8)}")
    return "\n    ".join(lines) + ")"


def _close(part: Formula, bound: list[str]) -> Formula:
    """Quantify what is no parameter: variables written ``?``, of which any value will do."""
    local = [name for name in free_variables(part) if name not in bound]
    return Exists(tuple(TypedVariable(name) for name in local), part) if local else part


def _implicit(task: Task, action: ActionSchema) -> Iterator[TypedVariable]:
    """Variables that only the precondition binds, typed by the first place they stand in."""
    declared = {p.name for p in action.parameters}
    for name in dict.fromkeys(_binders(action.precondition)):
        if name not in declared and not name.startswith("_"):
            yield TypedVariable(name, _place_types(task, action.precondition, name))


def _binders(formula: Formula) -> Iterator[str]:
    match formula:
        case Atom(_, arguments) | Modal(_, Atom(_, arguments)):
            for argument in arguments:
                yield from expression_variables(argument)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _binders(part)
        case Comparison("=", left, right):
            yield from expression_variables(left)
            yield from expression_variables(right)
        case Aggregate(result):
            yield from expression_variables(result)
        case Exists(variables, body):
            local = {v.name for v in variables}
            yield from (name for name in _binders(body) if name not in local)
        case _:
            return


def _place_types(task: Task, formula: Formula, name: str) -> tuple[str, ...]:
    for part in conjuncts(formula):
        predicate = task.rules.predicates.get(part.predicate) if isinstance(part, Atom) else None
        if predicate is None or not isinstance(part, Atom):
            continue
        for argument, types in zip(part.arguments, predicate.types, strict=True):
            if argument == Variable(name) and VALUE_TYPES.isdisjoint(types):
                return types
    return (ANY_TYPE,)


def _write_effect(writer: FormulaWriter, effect: Effect) -> Tree:
    atom = writer.atom(replace(effect.atom))
    tree: Tree = atom if effect.positive else ["not", atom]
    if effect.condition != TRUE:
        tree = ["when", writer.formula(effect.condition), tree]
    if effect.variables:
        tree = ["forall", writer.variables(effect.variables), tree]
    if effect.condition != TRUE or effect.variables:
        writer.needed.setdefault(":conditional-effects")
    return tree
