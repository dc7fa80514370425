"""Effects of actions, and what they add to the total cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from planner.io.pddl.conditions import read_atom, read_condition, read_terms
from planner.io.pddl.source import Group
from planner.io.pddl.typed_lists import read_variables
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.kr.actions import Effect
from planner.kr.formulas import TRUE, conjoin
from planner.kr.terms import Arithmetic, Expression, FunctionTerm

if TYPE_CHECKING:
    from planner.io.pddl.source import Node
    from planner.io.pddl.vocabulary import Context, Scope
    from planner.kr.formulas import Formula
    from planner.kr.terms import TypedVariable

__all__ = ["EffectList", "read_effects", "read_number"]

_ASSIGNMENTS = frozenset({"assign", "increase", "decrease", "scale-up", "scale-down"})
_ARITHMETIC: dict[str, Literal["+", "-", "*", "/"]] = {"+": "+", "-": "-", "*": "*", "/": "/"}


@dataclass(slots=True)
class EffectList:
    """What an action does: its effects in order, and the terms added to the total cost."""

    effects: list[Effect] = field(default_factory=list)
    costs: list[Expression] = field(default_factory=list)

    @property
    def cost(self) -> Expression:
        """The sum of the costs; an action that adds none is free."""
        total: Expression = self.costs[0] if self.costs else 0
        for cost in self.costs[1:]:
            total = Arithmetic("+", total, cost)
        return total


@dataclass(frozen=True, slots=True)
class _Around:
    """The quantifiers and conditions that an effect stands in."""

    condition: Formula = TRUE
    variables: tuple[TypedVariable, ...] = ()


def read_effects(c: Context, node: Node, owner: Group, index: int, scope: Scope) -> EffectList:
    """Read the effect of an action."""
    found = EffectList()
    _read(c, node, owner, index, scope, _Around(), found)
    return found


def _read(
    c: Context,
    node: Node,
    owner: Group,
    index: int,
    scope: Scope,
    around: _Around,
    found: EffectList,
) -> None:
    group = c.group(node, owner, index, "an effect")
    if group is None or not group.items:
        return
    head = group.head
    if head == "and":
        for at, item in enumerate(group.items[1:], start=1):
            _read(c, item, group, at, scope, around, found)
    elif head in ("forall", "when"):
        if len(group.items) != 3:
            form = "(VARIABLES)" if head == "forall" else "CONDITION"
            c.error("syntax", f"expected ({head} {form} EFFECT)", group)
            return
        c.needs(":conditional-effects", group)
        reader = _read_forall if head == "forall" else _read_when
        reader(c, group, scope, around, found)
    elif head in c.vocabulary.predicates:
        _read_literal(c, group, scope, around, found)
    elif head in _ASSIGNMENTS:
        _read_assignment(c, group, scope, around, found)
    elif head == "oneof" or head == "probabilistic":
        c.unsupported("effects with several outcomes", group)
    else:
        _read_literal(c, group, scope, around, found)


def _read_forall(
    c: Context, group: Group, scope: Scope, around: _Around, found: EffectList
) -> None:
    declared = c.group(group.items[1], group, 1, "variables")
    if declared is None:
        return
    variables, inner = read_variables(c, declared)
    taken = {v.name for v in around.variables}
    for variable in variables:
        if variable.name in taken:
            message = f"`?{variable.name}` is already quantified around this effect"
            c.error("duplicate-variable", message, declared)
    around = replace(around, variables=around.variables + variables)
    _read(c, group.items[2], group, 2, {**scope, **inner}, around, found)


def _read_when(c: Context, group: Group, scope: Scope, around: _Around, found: EffectList) -> None:
    condition = read_condition(c, group.items[1], group, 1, scope)
    around = replace(around, condition=conjoin(around.condition, condition))
    _read(c, group.items[2], group, 2, scope, around, found)


def _read_literal(
    c: Context, group: Group, scope: Scope, around: _Around, found: EffectList
) -> None:
    positive = group.head != "not"
    if not positive:
        inner = group.items[1] if len(group.items) == 2 else ""
        if not isinstance(inner, Group):
            c.error("syntax", "expected (not ATOM)", group)
            return
        group = inner
    if group.head == "=":
        c.error("syntax", "`=` cannot be an effect", group)
        return
    if group.head in c.vocabulary.derived:
        message = f"`{group.head}` is derived, so no action may change it"
        c.error("derived-effect", message, group)
        return
    if group.head in c.vocabulary.type_names and group.head not in c.vocabulary.predicates:
        c.error("type-effect", f"`{group.head}` is a type, so no action may change it", group)
        return
    atom = read_atom(c, group, scope)
    if atom is not None:
        found.effects.append(Effect(atom, positive, around.condition, around.variables))


def _read_assignment(
    c: Context, group: Group, scope: Scope, around: _Around, found: EffectList
) -> None:
    target = group.items[1] if len(group.items) == 3 else None
    name = target.head if isinstance(target, Group) else target
    if name is None:
        c.error("syntax", f"expected ({group.head} FUNCTION EXPRESSION)", group)
    elif name != TOTAL_COST or group.head != "increase":
        c.unsupported("numeric effects beyond `(increase (total-cost) ..)`", group)
    elif around.variables or around.condition != TRUE:
        c.unsupported("costs that depend on a condition", group)
    else:
        c.needs(":action-costs", group)
        cost = _read_expression(c, group.items[2], group, 2, scope)
        if cost is not None:
            found.costs.append(cost)


def read_number(word: str) -> int | Fraction | None:
    """A number as PDDL writes it, exactly; ``None`` for anything else."""
    sign, digits = (-1, word[1:]) if word.startswith("-") else (1, word)
    whole, _, decimals = digits.partition(".")
    if not (whole + decimals).isascii() or not (whole + decimals).isdigit() or len(digits) > 100:
        return None
    value = sign * Fraction(int(whole + decimals), 10 ** len(decimals))
    return value.numerator if value.denominator == 1 else value


def _read_expression(
    c: Context, node: Node, owner: Group, index: int, scope: Scope
) -> Expression | None:
    if isinstance(node, str):
        number = read_number(node)
        if number is None and node in c.vocabulary.functions:
            return _read_function(c, Group(owner.start, [node]), scope)
        if number is None:
            c.error("syntax", f"expected a number or a function, not `{node}`", owner, index)
        elif number < 0:
            c.error("negative-cost", "costs are at least 0", owner, index)
        else:
            return number
        return None
    operator = _ARITHMETIC.get(node.head)
    if operator is None:
        return _read_function(c, node, scope)
    if len(node.items) < 3 or (operator in "-/" and len(node.items) != 3):
        c.error("syntax", f"expected ({operator} EXPRESSION EXPRESSION)", node)
        return None
    total: Expression | None = None
    for at, item in enumerate(node.items[1:], start=1):
        operand = _read_expression(c, item, node, at, scope)
        if operand is None:
            return None
        total = operand if total is None else Arithmetic(operator, total, operand)
    return total


def _read_function(c: Context, group: Group, scope: Scope) -> FunctionTerm | None:
    function = c.vocabulary.functions.get(group.head)
    if function is None:
        if group.head == TOTAL_COST:
            c.unsupported("costs that depend on the total cost", group)
        else:
            c.unknown("function", group.head, c.vocabulary.functions, group, 0)
        return None
    terms = read_terms(c, group, scope)
    if len(group.items) != function.arity:
        c.error("arity", f"`{group.head}` takes {function.arity - 1} arguments", group)
        return None
    return FunctionTerm(function.name, terms) if len(terms) == function.arity - 1 else None
