"""Rules as derived predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import (
    Atom,
    Comparison,
    Exists,
    Formula,
    Or,
    conjoin,
    conjuncts,
    free_variables,
)
from planner.kr.terms import ANY_TYPE, Expression, TypedVariable, Variable

if TYPE_CHECKING:
    from planner.io.pddl.layout import Tree
    from planner.io.pddl.write_formulas import FormulaWriter
    from planner.kr.rules import Rule
    from planner.kr.task import Task

__all__ = ["write_rule"]


def write_rule(writer: FormulaWriter, rule: Rule) -> Tree:
    """Write a rule; types at the front of its body become those of the head's variables.

    An argument of the head that is no new variable becomes one, with an equation in the body.
    """
    writer.needed.setdefault(":derived-predicates")
    names: list[str] = []
    equations: list[Formula] = []
    for place, argument in enumerate(rule.head.arguments, start=1):
        if isinstance(argument, Variable) and argument.name not in names:
            names.append(argument.name)
            continue
        name = f"head {place}"
        names.append(name)
        equations.append(Comparison("=", Variable(name), argument))
    parts = list(conjuncts(rule.body))
    variables = []
    for name in names:
        types = _guard(writer.task, parts[0], name) if parts else None
        if types is not None:
            parts.pop(0)
        variables.append(TypedVariable(name, types or (ANY_TYPE,)))
    body = conjoin(*equations, *parts)
    local = [name for name in free_variables(body) if name not in names]
    if local:
        body = Exists(tuple(TypedVariable(name) for name in local), body)
    head = writer.names.predicate(rule.head.predicate)
    return [":derived", [head, *writer.variables(variables)], writer.formula(body)]


def _guard(task: Task, part: Formula, name: str) -> tuple[str, ...] | None:
    """The types when a part says no more than that a variable is of them."""
    options = part.parts if isinstance(part, Or) else (part,)
    types = []
    for option in options:
        arguments: tuple[Expression, ...] = (Variable(name),)
        if not isinstance(option, Atom) or option.arguments != arguments:
            return None
        if option.predicate in task.rules.predicates:
            return None
        types.append(option.predicate)
    return tuple(types) or None
