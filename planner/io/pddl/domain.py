"""Domain files: their sections, derived predicates and actions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.io.pddl.conditions import read_condition
from planner.io.pddl.declarations import DECLARATIONS, read_declarations
from planner.io.pddl.effects import EffectList, read_effects
from planner.io.pddl.escape import is_name
from planner.io.pddl.source import Group
from planner.io.pddl.typed_lists import read_variables
from planner.kr.actions import ActionSchema
from planner.kr.formulas import TRUE, Atom, conjoin, conjuncts, disjoin
from planner.kr.rules import Rule
from planner.kr.task import RuleBase
from planner.kr.terms import ANY_TYPE, Variable

if TYPE_CHECKING:
    from planner.io.pddl.vocabulary import Context
    from planner.kr.formulas import Formula
    from planner.kr.terms import TypedVariable

__all__ = ["define_name", "read_domain", "sections", "with_guards"]

_UNSUPPORTED = {
    ":durative-action": "durative actions",
    ":process": "processes",
    ":event": "events",
    ":constraints": "constraints",
    ":axiom": "axioms in the style of PDDL 1.2",
}


def define_name(c: Context, groups: list[Group], kind: str) -> tuple[Group, str] | None:
    """The ``(define (kind NAME) ...)`` group of a file and the name, or a noted error."""
    if not groups:
        if not c.report.errors:
            start = Group(0)
            c.error("syntax", f"the file has no (define ({kind} NAME) ...)", start)
        return None
    define = groups[0]
    title = define.items[1] if len(define.items) > 1 else None
    if define.head != "define" or not isinstance(title, Group) or not title.head:
        c.error("syntax", f"expected (define ({kind} NAME) ...)", define)
        return None
    if title.head != kind:
        c.error("wrong-file", f"expected a {kind}, but this file defines a {title.head}", title, 0)
        return None
    for extra in groups[1:]:
        c.error("syntax", "nothing may follow the definition", extra)
    name = title.items[1] if len(title.items) == 2 else None
    if not isinstance(name, str) or not is_name(name):
        c.error("syntax", f"expected ({kind} NAME)", title)
        return None
    return define, name


def sections(c: Context, define: Group) -> list[Group]:
    """The sections of a definition."""
    found = []
    for index, item in enumerate(define.items[2:], start=2):
        if isinstance(item, Group) and item.head:
            found.append(item)
        else:
            c.error("syntax", "expected a section such as (:action ...)", define, index)
    return found


def read_domain(c: Context, groups: list[Group]) -> RuleBase | None:
    """Read a domain; ``None`` when it has no shape at all.

    Costs are what actions add to ``total-cost``, 0 without such an effect; whether they count is
    for the caller to say.
    """
    defined = define_name(c, groups, "domain")
    if defined is None:
        return None
    define, name = defined
    parts = sections(c, define)
    read_declarations(c, parts)
    for group in parts:
        if group.head == ":derived":
            _note_derived(c, group)
    rules: list[Rule] = []
    actions: dict[str, ActionSchema] = {}
    for group in parts:
        if group.head == ":derived":
            rules += _read_derived(c, group)
        elif group.head == ":action":
            _read_action(c, group, actions)
        elif group.head in _UNSUPPORTED:
            c.unsupported(_UNSUPPORTED[group.head], group, 0)
        elif group.head not in DECLARATIONS:
            c.error("unknown-section", f"unknown section `{group.head}`", group, 0)
    declared = [*c.vocabulary.predicates.values(), *c.vocabulary.functions.values()]
    return RuleBase(
        name=name,
        types=MappingProxyType(dict(c.vocabulary.types)),
        predicates=MappingProxyType({p.name: p for p in declared}),
        constants=MappingProxyType(dict(c.vocabulary.objects)),
        rules=tuple(rules),
        actions=tuple(actions.values()),
        source=c.source.file,
    )


def _derived_head(c: Context, group: Group) -> Group | None:
    head = group.items[1] if len(group.items) == 3 else None
    if isinstance(head, Group) and head.head:
        return head
    c.error("syntax", "expected (:derived (PREDICATE VARIABLES) CONDITION)", group)
    return None


def _note_derived(c: Context, group: Group) -> None:
    head = _derived_head(c, group)
    if head is None:
        return
    if head.head in c.vocabulary.predicates:
        c.vocabulary.derived.add(head.head)
    else:
        c.unknown("predicate", head.head, c.vocabulary.predicates, head, 0)


def _read_derived(c: Context, group: Group) -> list[Rule]:
    c.needs(":derived-predicates", group)
    head = group.items[1] if len(group.items) == 3 else None
    predicate = c.vocabulary.predicates.get(head.head) if isinstance(head, Group) else None
    if predicate is None or not isinstance(head, Group):
        return []
    variables, scope = read_variables(c, head, 1)
    if len(variables) != predicate.arity:
        c.error("arity", f"`{head.head}` takes {predicate.arity} arguments", head)
        return []
    body = read_condition(c, group.items[2], group, 2, scope)
    atom = Atom(predicate.name, tuple(v.variable for v in variables), c.span(head))
    return [Rule(atom, with_guards(variables, body), span=c.span(group))]


def with_guards(variables: tuple[TypedVariable, ...], body: Formula) -> Formula:
    """The body of a rule with the types of the head's variables as conditions in front.

    A variable of any type needs none where an atom of the body binds it.
    """
    bound = {
        argument.name
        for part in conjuncts(body)
        if isinstance(part, Atom)
        for argument in part.arguments
        if isinstance(argument, Variable)
    }
    guards = []
    for variable in variables:
        if variable.types != (ANY_TYPE,) or variable.name not in bound:
            options = [Atom(name, (variable.variable,)) for name in variable.types]
            guards.append(disjoin(*options))
    return conjoin(*guards, body)


def _read_action(c: Context, group: Group, actions: dict[str, ActionSchema]) -> None:
    name = group.items[1] if len(group.items) > 1 else None
    if not isinstance(name, str) or not is_name(name):
        c.error("syntax", "expected (:action NAME ...)", group)
        return
    if name in actions:
        c.error("duplicate-action", f"action `{name}` is declared twice", group, 1)
        return
    places = _action_fields(c, group)
    declared = Group(group.start)
    if ":parameters" in places:
        node = group.items[places[":parameters"]]
        declared = c.group(node, group, places[":parameters"], "parameters") or declared
    parameters, scope = read_variables(c, declared)
    precondition: Formula = TRUE
    if (at := places.get(":precondition")) is not None:
        precondition = read_condition(c, group.items[at], group, at, scope)
    effects = EffectList()
    if (at := places.get(":effect")) is not None:
        effects = read_effects(c, group.items[at], group, at, scope)
    if effects.costs:
        c.vocabulary.has_total_cost = True
    actions[name] = ActionSchema(
        name, parameters, precondition, tuple(effects.effects), effects.cost, span=c.span(group, 1)
    )


def _action_fields(c: Context, group: Group) -> dict[str, int]:
    """Where the value of each field stands."""
    places: dict[str, int] = {}
    index = 2
    while index < len(group.items):
        key = group.items[index]
        if key not in (":parameters", ":precondition", ":effect"):
            c.error("syntax", "expected :parameters, :precondition or :effect", group, index)
            index += 1
            continue
        assert isinstance(key, str)
        following = group.items[index + 1] if index + 1 < len(group.items) else ":"
        if isinstance(following, str) and following.startswith(":"):
            # A keyword without its value: some files leave the precondition empty that way.
            c.warn("empty-field", f"`{key}` has no value", group, index)
            index += 1
            continue
        if key in places:
            c.error("duplicate-field", f"`{key}` is given twice", group, index)
        places[key] = index + 1
        index += 2
    return places
