"""Problem files: objects, initial state, goal, metric."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.io.pddl.conditions import read_atom, read_condition
from planner.io.pddl.declarations import read_objects
from planner.io.pddl.domain import define_name, sections
from planner.io.pddl.effects import read_number
from planner.io.pddl.source import Group
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.kr.formulas import TRUE, Atom
from planner.kr.task import RuleBase, Task

if TYPE_CHECKING:
    from planner.io.pddl.source import Node
    from planner.io.pddl.vocabulary import Context
    from planner.kr.formulas import Formula

__all__ = ["at_unit_cost", "read_problem"]

_IGNORED = frozenset({":domain", ":requirements", ":objects", ":init", ":goal", ":metric"})


def read_problem(c: Context, groups: list[Group], rules: RuleBase) -> Task | None:
    """Read a problem over a domain's vocabulary; ``None`` when it has no shape at all."""
    defined = define_name(c, groups, "problem")
    if defined is None:
        return None
    define, name = defined
    parts = sections(c, define)
    goal: Formula | None = None
    minimizes_cost = False
    initial = _Initial(c)
    for group in parts:
        if group.head == ":requirements":
            for item in group.items[1:]:
                c.vocabulary.add_requirement(item if isinstance(item, str) else "")
        elif group.head == ":objects":
            read_objects(c, group)
    for group in parts:
        match group.head:
            case ":init":
                initial.read(group)
            case ":goal":
                if goal is not None:
                    c.error("duplicate-section", "a second :goal", group, 0)
                goal = _read_goal(c, group)
            case ":metric":
                minimizes_cost = _read_metric(c, group)
            case _:
                _check_section(c, group, rules)
    if goal is None:
        c.error("missing-goal", "the problem has no :goal", define)
    own = dict(list(c.vocabulary.objects.items())[len(rules.constants) :])
    return Task(
        rules=rules if minimizes_cost else at_unit_cost(rules),
        name=name,
        objects=MappingProxyType(own),
        init=tuple(initial.facts),
        goal=TRUE if goal is None else goal,
        minimize="cost" if minimizes_cost else "",
        source=c.source.file,
    )


def at_unit_cost(rules: RuleBase) -> RuleBase:
    """Without a total-cost metric every action costs 1, whatever it adds."""
    return replace(rules, actions=tuple(replace(a, cost=1) for a in rules.actions))


def _read_goal(c: Context, group: Group) -> Formula:
    if len(group.items) != 2:
        c.error("syntax", "expected (:goal CONDITION)", group)
        return TRUE
    return read_condition(c, group.items[1], group, 1, {})


def _read_metric(c: Context, group: Group) -> bool:
    if len(group.items) != 3 or group.items[1] not in ("minimize", "maximize"):
        c.error("syntax", "expected (:metric minimize (total-cost))", group)
        return False
    target = group.items[2]
    words = target.items if isinstance(target, Group) else [target]
    if words == ["total-time"]:
        c.warn("metric", "`total-time` is read as one unit a step", group, 2)
        return False
    if words != [TOTAL_COST] or group.items[1] != "minimize":
        c.unsupported("metrics beyond `minimize (total-cost)`", group)
        return False
    return True


def _check_section(c: Context, group: Group, rules: RuleBase) -> None:
    if group.head == ":constraints":
        c.unsupported("constraints", group, 0)
    elif group.head == ":domain":
        if group.items[1:] != [rules.name]:
            message = f"the problem names another domain than `{rules.name}`"
            c.warn("other-domain", message, group)
    elif group.head in (":length", ":situation"):
        c.warn("ignored-section", f"`{group.head}` is ignored", group, 0)
    elif group.head not in _IGNORED:
        c.error("unknown-section", f"unknown section `{group.head}`", group, 0)


@dataclass(slots=True)
class _Initial:
    """Reads the initial state; flat facts take a short way, as there may be many."""

    c: Context
    facts: list[Atom] = field(default_factory=list)
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def read(self, group: Group) -> None:
        """Read one ``:init`` section."""
        vocabulary = self.c.vocabulary
        names = {name: name for name in vocabulary.objects}
        arities = {
            name: (p.name, p.arity + 1)
            for name, p in vocabulary.predicates.items()
            if name not in vocabulary.derived
        }
        for index, item in enumerate(group.items[1:], start=1):
            if isinstance(item, Group):
                words = item.items
                predicate, length = arities.get(item.head, ("", -1))
                if length == len(words):
                    try:
                        arguments = tuple([names[word] for word in words[1:]])  # type: ignore[index]
                    except (KeyError, TypeError):
                        pass
                    else:
                        self._add(predicate, arguments, item)
                        continue
            self._read_slowly(item, group, index)

    def _add(self, predicate: str, arguments: tuple[str, ...], group: Group) -> None:
        key = (predicate, *arguments)
        if key in self.seen:
            self.c.warn("duplicate-fact", f"`{' '.join(key)}` is given twice", group)
            return
        self.seen.add(key)
        self.facts.append(Atom(predicate, arguments))

    def _read_slowly(self, node: Node, owner: Group, index: int) -> None:
        c = self.c
        group = c.group(node, owner, index, "a fact")
        if group is None:
            return
        if group.head == "=":
            self._read_value(group)
        elif group.head == "not":
            # Under the closed-world assumption a negated fact says nothing new.
            inner = group.items[1] if len(group.items) == 2 else ""
            if not isinstance(inner, Group) or read_atom(c, inner, {}) is None:
                c.error("syntax", "expected (not FACT)", group)
        elif group.head == "at" and len(group.items) == 3 and isinstance(group.items[2], Group):
            c.unsupported("timed initial literals", group)
        elif group.head in c.vocabulary.derived:
            message = f"`{group.head}` is derived, so it cannot be given"
            c.error("derived-fact", message, group)
        elif (atom := read_atom(c, group, {})) is not None:
            self._add(atom.predicate, tuple(str(a) for a in atom.arguments), group)

    def _read_value(self, group: Group) -> None:
        c = self.c
        target = group.items[1] if len(group.items) == 3 else None
        if isinstance(target, str):
            target = Group(group.start, [target])
        value = group.items[2] if len(group.items) == 3 else None
        number = read_number(value) if isinstance(value, str) else None
        if target is None or number is None:
            c.error("syntax", "expected (= (FUNCTION OBJECTS) NUMBER)", group)
            return
        if target.items == [TOTAL_COST]:
            if number != 0:
                c.warn("initial-cost", "the initial total-cost is ignored", group)
            return
        function = c.vocabulary.functions.get(target.head)
        if function is None:
            c.unknown("function", target.head, c.vocabulary.functions, target, 0)
            return
        words = [w for w in target.items[1:] if isinstance(w, str)]
        if len(words) != len(target.items) - 1 or len(words) != function.arity - 1:
            c.error("arity", f"`{target.head}` takes {function.arity - 1} arguments", target)
            return
        for index, word in enumerate(words, start=1):
            if word not in c.vocabulary.objects:
                c.unknown("object", word, c.vocabulary.objects, target, index)
                return
        key = ("=", function.name, *words)
        if key in self.seen:
            c.error("duplicate-value", "this function already has a value here", group)
            return
        self.seen.add(key)
        self.facts.append(Atom(function.name, (*words, number)))
