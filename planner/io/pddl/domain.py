"""Domain files: declarations, derived predicates, actions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.io.pddl.conditions import read_condition
from planner.io.pddl.effects import EffectList, read_effects
from planner.io.pddl.escape import is_name
from planner.io.pddl.source import Group
from planner.io.pddl.typed_lists import read_typed_list, read_variables, resolve_types
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.kr.actions import ActionSchema
from planner.kr.formulas import TRUE, Atom, conjoin, conjuncts, disjoin
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase
from planner.kr.terms import ANY_TYPE, Variable

if TYPE_CHECKING:
    from planner.io.pddl.vocabulary import Context
    from planner.kr.formulas import Formula
    from planner.kr.terms import TypedVariable

__all__ = ["define_name", "read_domain", "read_objects", "sections", "with_guards"]

_KNOWN = frozenset(
    {":strips", ":typing", ":negative-preconditions", ":disjunctive-preconditions", ":equality",
     ":existential-preconditions", ":universal-preconditions", ":quantified-preconditions",
     ":conditional-effects", ":adl", ":action-costs", ":derived-predicates", ":fluents",
     ":numeric-fluents", ":durative-actions", ":timed-initial-literals", ":preferences",
     ":constraints", ":object-fluents", ":duration-inequalities", ":continuous-effects",
     ":domain-axioms", ":ucpop", ":goal-utilities"}
)  # fmt: skip
_UNSUPPORTED = {
    ":durative-action": "durative actions",
    ":process": "processes",
    ":event": "events",
    ":constraints": "constraints",
    ":axiom": "axioms in the style of PDDL 1.2",
}
_DECLARATIONS = (":requirements", ":types", ":constants", ":predicates", ":functions")


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
    _read_declarations(c, parts)
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
        elif group.head not in _DECLARATIONS:
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


def _read_declarations(c: Context, parts: list[Group]) -> None:
    readers = {
        ":requirements": _read_requirements,
        ":types": _read_types,
        ":constants": read_objects,
        ":predicates": _read_predicates,
        ":functions": _read_functions,
    }
    # In this order, whatever the order in the file: each needs those before it.
    for head in _DECLARATIONS:
        for group in parts:
            if group.head == head:
                readers[head](c, group)


def _read_requirements(c: Context, group: Group) -> None:
    for index, item in enumerate(group.items[1:], start=1):
        if not isinstance(item, str) or not item.startswith(":"):
            c.error("syntax", "expected a requirement such as `:typing`", group, index)
            continue
        if item not in _KNOWN:
            c.warn("unknown-requirement", f"unknown requirement `{item}`", group, index)
        c.vocabulary.add_requirement(item)


def _read_types(c: Context, group: Group) -> None:
    c.needs(":typing", group)
    vocabulary = c.vocabulary
    parents: dict[str, str] = {}
    for item in read_typed_list(c, group, 1):
        if not isinstance(item.node, str) or not is_name(item.node):
            c.error("syntax", "expected the name of a type", group, item.index)
            continue
        if len(item.types) > 1:
            c.unsupported("types with several parents", group, item.type_index)
        parent = item.types[0] if item.types else ANY_TYPE
        if item.node == ANY_TYPE:
            continue
        known = parents.get(item.node)
        if known is not None and known != parent:
            message = f"type `{item.node}` is declared twice, as `{known}` and as `{parent}`"
            c.error("duplicate-type", message, group, item.index)
            continue
        if known is not None:
            c.warn("duplicate-type", f"type `{item.node}` is declared twice", group, item.index)
        parents[item.node] = parent
    for parent in dict.fromkeys(parents.values()):
        if parent != ANY_TYPE and parent not in parents:
            c.warn("undeclared-type", f"type `{parent}` is only named as a parent", group)
            parents[parent] = ANY_TYPE
    for name, parent in parents.items():
        vocabulary.types[vocabulary.declare_type(name)] = vocabulary.declare_type(parent)
    _refuse_type_cycles(c, group)


def _refuse_type_cycles(c: Context, group: Group) -> None:
    types = c.vocabulary.types
    for name in types:
        seen, ancestor = {name}, types[name]
        while ancestor in types and ancestor not in seen:
            seen.add(ancestor)
            ancestor = types[ancestor]
        if ancestor == name:
            c.error("type-cycle", f"type `{name}` is its own ancestor", group)
            types[name] = ANY_TYPE


def read_objects(c: Context, group: Group) -> None:
    """Read constants or objects into the vocabulary."""
    known = c.vocabulary.objects
    for item in read_typed_list(c, group, 1):
        types = "|".join(resolve_types(c, group, item))
        name = item.node
        if not isinstance(name, str) or not is_name(name):
            c.error("syntax", "expected the name of an object", group, item.index)
        elif name not in known:
            known[name] = types
        elif known[name] == types:
            c.warn("duplicate-object", f"object `{name}` is declared twice", group, item.index)
        else:
            message = f"object `{name}` is declared twice, as `{known[name]}` and as `{types}`"
            c.error("duplicate-object", message, group, item.index)


def _read_predicates(c: Context, group: Group) -> None:
    known = c.vocabulary.predicates
    for index, item in enumerate(group.items[1:], start=1):
        declared = c.group(item, group, index, "a predicate")
        if declared is None:
            continue
        name = declared.head
        if not is_name(name):
            c.error("syntax", "expected the name of a predicate", declared, 0)
            continue
        places = _read_places(c, declared)
        kr_name = c.vocabulary.predicate_name(name)
        predicate = Predicate(kr_name, places, span=c.span(declared))
        if name not in known:
            known[name] = predicate
        elif known[name] == predicate:
            c.warn("duplicate-predicate", f"predicate `{name}` is declared twice", declared, 0)
        else:
            message = f"predicate `{name}` is declared twice with different arguments"
            c.error("duplicate-predicate", message, declared, 0)


def _read_places(c: Context, declared: Group) -> tuple[tuple[str, ...], ...]:
    """Types of the places of a predicate or function; a repeated variable is a place again."""
    places = []
    for item in read_typed_list(c, declared, 1):
        if not isinstance(item.node, str):
            c.error("syntax", "expected a variable", declared, item.index)
            continue
        if not item.node.startswith("?"):
            c.warn("not-a-variable", f"`{item.node}` lacks its `?`", declared, item.index)
        places.append(resolve_types(c, declared, item))
    return tuple(places)


def _read_functions(c: Context, group: Group) -> None:
    known = c.vocabulary.functions
    for item in read_typed_list(c, group, 1):
        if item.types not in ((), ("number",)):
            c.unsupported("object fluents", group, item.index)
        declared = c.group(item.node, group, item.index, "a function")
        if declared is None:
            continue
        name = declared.head
        if not is_name(name):
            c.error("syntax", "expected the name of a function", declared, 0)
        elif name == TOTAL_COST and len(declared.items) == 1:
            c.vocabulary.has_total_cost = True
        elif name in known:
            c.warn("duplicate-function", f"function `{name}` is declared twice", declared, 0)
        else:
            places = (*_read_places(c, declared), ("number",))
            known[name] = Predicate(
                c.vocabulary.function_name(name),
                places,
                properties=frozenset({"functional"}),
                span=c.span(declared),
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
