"""Which objects of an open task may change names without changing what can be done.

An object that no rule, action or goal names, and no fact that stays mentions, is interchangeable
with the others of its types, created ones among them: every renaming of such objects maps legal
steps to legal steps and goals to goals. The order of declaration would break that, so `before` is
only allowed where it picks one of two ways to say the same step.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias, assert_never

from planner.engine.clauses import Absent, Fold
from planner.kr.control import StepPattern
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
    conjoin,
    conjuncts,
    show,
    substitute,
    substitute_expression,
)
from planner.kr.terms import NUMERIC_TYPES, Arithmetic, FunctionTerm, Variable
from planner.spaces.parameters import implicit_parameters

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

    from planner.engine.program import Plan
    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlStep
    from planner.kr.task import RuleBase, Task
    from planner.kr.terms import Expression, Term

    Renaming: TypeAlias = Mapping[str, Variable]

__all__ = ["bare_objects_matter", "interchangeable", "order_matters"]

_IMPLICIT_LIMIT = 5


def interchangeable(task: Task) -> frozenset[str]:
    """Objects of the task whose names no formula and no lasting fact mentions."""
    fluents = task.rules.fluents
    named = {a for fact in task.facts if fact.predicate not in fluents for a in fact.arguments}
    for formula in _formulas(task):
        for part in _parts(formula):
            named.update(leaf for e in _expressions(part) for leaf in _leaves(e))
    return frozenset(name for name in task.all_objects if name not in named)


def order_matters(task: Task) -> bool:
    """Whether anything but a symmetric choice depends on the order of declaration."""
    rules = task.rules
    others = [task.goal, *(rule.body for rule in rules.rules)]
    others += [effect.condition for action in rules.actions for effect in action.effects]
    if any(_reads_order(formula, rules) for formula in others):
        return True
    return any(not _is_indifferent(action, rules) for action in rules.actions)


def bare_objects_matter(plans: Iterable[Plan], types: Collection[str]) -> bool:
    """Whether a rule can meet a created object that stands in no fact but that of its type."""
    bodies = [clause.body for plan in plans for clause in plan.clauses]
    while bodies:
        body = bodies.pop()
        held = {
            argument
            for literal in body
            if isinstance(literal, Atom) and literal.predicate not in types
            for argument in literal.arguments
        }
        for literal in body:
            if isinstance(literal, Absent | Fold):
                bodies += literal.bodies
            elif (
                isinstance(literal, Atom)
                and literal.predicate in types
                and not held.issuperset(literal.arguments)
            ):
                return True
    return False


def _formulas(task: Task) -> Iterator[Formula]:
    rules = task.rules
    yield task.goal
    for rule in rules.rules:
        yield And((rule.head, rule.body))
    for action in rules.actions:
        yield action.precondition
        yield Comparison("=", 0, action.cost)
        for effect in action.effects:
            yield And((effect.atom, effect.condition))
    for control in rules.control:
        yield control.condition
        if control.pursues is not None:
            yield control.pursues
        for step in control.steps:
            yield Atom("step", _step_terms(step))
    for order in rules.orders:
        yield And((order.later, order.earlier, order.condition))


def _step_terms(step: ControlStep) -> tuple[Term, ...]:
    if isinstance(step, StepPattern):
        return step.arguments
    return tuple(term for term in (step.mover, step.start, step.end) if term is not None)


def _parts(formula: Formula) -> Iterator[Formula]:
    """The formula and every formula inside it."""
    yield formula
    match formula:
        case Not(body) | Exists(_, body) | Aggregate(_, _, _, body):
            yield from _parts(body)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _parts(part)
        case Forall(_, condition, body):
            yield from _parts(condition)
            yield from _parts(body)
        case Modal(_, atom):
            yield atom
        case Atom() | Comparison() | Closure():
            return
        case _:
            assert_never(formula)


def _expressions(formula: Formula) -> tuple[Expression, ...]:
    match formula:
        case Atom(_, arguments) | Closure(_, arguments):
            return arguments
        case Comparison(_, left, right):
            return (left, right)
        case Aggregate(result, _, terms):
            return (result, *terms)
        case _:
            return ()


def _leaves(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Arithmetic(_, left, right):
            yield from _leaves(left)
            yield from _leaves(right)
        case FunctionTerm(_, arguments):
            yield from arguments
        case _:
            yield expression


def _reads_order(formula: Formula, rules: RuleBase) -> bool:
    for part in _parts(formula):
        match part:
            case Comparison("before"):
                return True
            case Aggregate(_, "min" | "max", terms, body):
                # Extrema of objects go by the order of declaration.
                if not _is_number(terms[0], body, rules):
                    return True
            case _:
                continue
    return False


def _is_number(expression: Expression, body: Formula, rules: RuleBase) -> bool:
    if not isinstance(expression, Variable):
        return True
    for part in _parts(body):
        if isinstance(part, Atom) and part.predicate in rules.predicates:
            types = rules.predicates[part.predicate].types
            for argument, place in zip(part.arguments, types, strict=True):
                if argument == expression and NUMERIC_TYPES.issuperset(place):
                    return True
    return False


def _is_indifferent(action: ActionSchema, rules: RuleBase) -> bool:
    """Whether an action reads no order, or only to pick one of two equal steps."""
    parts = conjuncts(action.precondition)
    choices = [p for p in parts if isinstance(p, Comparison) and p.operator == "before"]
    others = conjoin(*(p for p in parts if p not in choices))
    if _reads_order(others, rules):
        return False
    if not choices:
        return True
    left, right = choices[0].left, choices[0].right
    if len(choices) > 1 or not isinstance(left, Variable) or not isinstance(right, Variable):
        return False
    form = _action_form(action, others, {})
    return any(
        form == _action_form(action, others, renaming)
        for renaming in _swaps(action, left.name, right.name)
    )


def _swaps(action: ActionSchema, first: str, second: str) -> Iterator[Renaming]:
    """Renamings of an action's variables that swap two; implicit ones may change places."""
    implicit = implicit_parameters(action)
    types = {parameter.name: parameter.types for parameter in action.parameters}
    if types.get(first) != types.get(second) or len(implicit) > _IMPLICIT_LIMIT:
        return
    rest = [name for name in implicit if name not in (first, second)]
    for chosen in permutations(rest):
        pairs = [(first, second), (second, first), *zip(rest, chosen, strict=True)]
        yield {name: Variable(other) for name, other in pairs}


def _action_form(action: ActionSchema, precondition: Formula, renaming: Renaming) -> Hashable:
    effects = [
        (
            _form(substitute(effect.atom, renaming)),
            effect.positive,
            _form(substitute(effect.condition, renaming)),
            effect.variables,
        )
        for effect in action.effects
    ]
    cost = _value(substitute_expression(action.cost, renaming))
    return _form(substitute(precondition, renaming)), frozenset(effects), cost


def _form(formula: Formula) -> Hashable:
    """Equal for formulas that differ in the order of conjuncts, disjuncts and operands."""
    match formula:
        case And(parts):
            return "and", frozenset(_form(part) for part in conjuncts(And(parts)))
        case Or(parts):
            return "or", frozenset(_form(part) for part in parts)
        case Not(body):
            return "not", _form(body)
        case Atom(predicate, arguments):
            return predicate, tuple(_value(argument) for argument in arguments)
        case Comparison("=" | "!=" as sign, left, right):
            return sign, frozenset((_value(left), _value(right)))
        case Comparison(sign, left, right):
            return sign, _value(left), _value(right)
        case _:
            return show(formula)


def _value(expression: Expression) -> Hashable:
    match expression:
        case Arithmetic("+" | "*" as sign, left, right):
            return sign, tuple(sorted((_value(left), _value(right)), key=repr))
        case Arithmetic(sign, left, right):
            return sign, _value(left), _value(right)
        case _:
            return expression
