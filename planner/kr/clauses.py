"""What is checked together: a rule, an action, a control rule, an order, a goal.

Each is brought into one form: formulas with the atoms that are made true or false, and the
variables that are given from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.control import StepPattern
from planner.kr.formulas import TRUE, Atom, Formula, conjoin
from planner.kr.terms import Expression, Term, TypedVariable, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.places import Origin
    from planner.kr.rules import Rule
    from planner.kr.task import RuleBase, Task

__all__ = ["Clause", "Made", "clauses_of", "goal_clauses", "step_arguments"]


@dataclass(frozen=True, slots=True)
class Made:
    """An atom that a rule or an effect makes true or false."""

    atom: Atom
    condition: Formula = TRUE
    variables: tuple[TypedVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule, action, control rule, order or goal.

    Attributes:
        kind: what it is, in messages.
        parameters: variables that range over their types.
        given: names of variables bound from outside the condition.
        extra: expressions beside: a cost, the arguments of steps; ``extra_span`` is their place.
        answers: whether free variables are answers, which may occur once.
    """

    kind: str
    span: Span | None
    condition: Formula
    made: tuple[Made, ...] = ()
    parameters: tuple[TypedVariable, ...] = ()
    creates: tuple[TypedVariable, ...] = ()
    given: frozenset[str] = frozenset()
    extra: tuple[Expression, ...] = ()
    extra_span: Span | None = None
    answers: bool = False


def clauses_of(rules: RuleBase, origin: Origin | None = None) -> Iterator[Clause]:
    """The clauses of a rule base, in file order within each section."""
    places = origin.places if origin is not None else {}
    for rule in rules.rules:
        yield _of_rule(rule)
    for action in rules.actions:
        yield _of_action(action, places.get(("cost", action.name), action.span))
    for control in rules.control:
        yield _of_control(control)
    for order in rules.orders:
        yield _of_order(order)


def _of_rule(rule: Rule) -> Clause:
    return Clause("rule", rule.span, rule.body, (Made(rule.head),))


def _of_action(action: ActionSchema, cost_span: Span | None) -> Clause:
    made = tuple(Made(e.atom, e.condition, e.variables) for e in action.effects)
    return Clause(
        f"action `{action.name}`",
        action.span,
        action.precondition,
        made,
        parameters=action.parameters,
        creates=action.creates,
        extra=(action.cost,),
        extra_span=cost_span,
    )


def step_arguments(control: ControlRule) -> Iterator[Term]:
    """All terms in the steps of a control rule."""
    for step in control.steps:
        if isinstance(step, StepPattern):
            yield from step.arguments
        else:
            yield from (t for t in (step.mover, step.start, step.end) if t is not None)


def _of_control(control: ControlRule) -> Clause:
    terms = tuple(step_arguments(control))
    condition = control.condition
    if control.pursues is not None:
        condition = conjoin(control.pursues, condition)
    # The steps are matched with legal ones, which binds their variables.
    given = frozenset(t.name for t in terms if isinstance(t, Variable))
    return Clause(
        "control rule", control.span, condition, given=given, extra=terms, extra_span=control.span
    )


def _of_order(order: GoalOrder) -> Clause:
    arguments = order.later.arguments + order.earlier.arguments
    given = frozenset(a.name for a in arguments if isinstance(a, Variable))
    condition = conjoin(order.later, order.earlier, order.condition)
    return Clause("order", order.span, condition, given=given)


def goal_clauses(task: Task) -> Iterator[Clause]:
    """The goal and the evidence of a task."""
    span = getattr(task.goal, "span", None)
    yield Clause("goal", span, task.goal, answers=task.is_deduction)
    for evidence in task.given:
        yield Clause("evidence", getattr(evidence, "span", None), evidence, answers=True)
