"""Strata: which predicates must be complete before which rules may read them.

A predicate that a rule reads under negation, in an aggregate or as the guard of a ``forall`` must
be complete first, so no predicate may depend on itself through such a reading (Apt, Blair and
Walker 1988). The same goes for a number that a ``keep:`` predicate may still improve, where it is
not read monotonely. The body of a guarded ``forall`` only grows what it derives, so it may recurse.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, assert_never

from planner.kr.extremes import unordered_readings
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
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from planner.kr.extremes import Keep
    from planner.kr.rules import Rule

__all__ = [
    "Dependency",
    "NegativeCycle",
    "Stratification",
    "components",
    "dependencies",
    "goal_predicate",
    "is_folded",
    "readings",
    "stratify",
    "strongly_connected",
]

Node = TypeVar("Node", bound="Hashable")
_NONE_KEPT: Mapping[str, Keep] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dependency:
    """``head`` is derived by a rule that reads ``body``.

    Attributes:
        positive: False where ``body`` must be complete before the rule is read.
        rule: index of the rule.
        reason: why that is so, where ``body`` keeps an extreme (`planner.kr.extremes`), else "".
    """

    head: str
    body: str
    positive: bool
    rule: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stratification:
    """An order of evaluation.

    Attributes:
        level: the stratum of every derived predicate, from 0; what no rule derives has none.
        components: the derived predicates, mutually recursive ones together, each component after
            those it reads.
    """

    level: Mapping[str, int]
    components: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NegativeCycle:
    """A predicate that depends on its own negation.

    Attributes:
        predicates: ``predicates[i]`` is derived by ``rules[i]``, which reads the next one; the
            last rule reads the first predicate. The first reading is the negative one.
        rules: one rule for each step of the cycle, with their spans.
        reason: of the first reading, as in `Dependency`.
    """

    predicates: tuple[str, ...]
    rules: tuple[Rule, ...]
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return " -> ".join([*self.predicates, self.predicates[0]])
        first, *others = [*self.predicates[1:], self.predicates[0]]
        return " -> ".join([self.predicates[0], f"not {first}", *others])


def goal_predicate(predicate: str) -> str:
    """The reserved name under which ``goal p(..)`` is looked up."""
    return f"goal {predicate}"


def readings(formula: Formula, positive: bool = True) -> Iterator[tuple[str, bool]]:
    """Predicates that a formula reads, each with whether more of it can only help.

    A closure is read as its predicate; ``goal p`` reads the goal and not ``p``, ``open p`` and
    ``ready p`` also the negation of ``p``.
    """
    match formula:
        case Atom(predicate) | Closure(predicate):
            yield predicate, positive
        case Modal(mode, atom):
            yield goal_predicate(atom.predicate), positive
            if mode != "goal":
                yield atom.predicate, False
        case Comparison():
            return
        case Aggregate(_, _, _, body):
            yield from ((name, False) for name, _ in readings(body))
        case Not(body):
            yield from readings(body, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from readings(part, positive)
        case Forall(_, condition, body):
            yield from readings(condition, not positive)
            yield from readings(body, positive)
        case Exists(_, body):
            yield from readings(body, positive)
        case _:
            assert_never(formula)


def is_folded(rule: Rule, predicate: str) -> bool:
    """Whether a rule reads a predicate inside of an aggregate."""

    def inside(formula: Formula) -> bool:
        match formula:
            case Aggregate(_, _, _, body):
                return any(name == predicate for name, _ in readings(body))
            case Not(body) | Exists(_, body):
                return inside(body)
            case And(parts) | Or(parts):
                return any(map(inside, parts))
            case Forall(_, condition, body):
                return inside(condition) or inside(body)
            case _:
                return False

    return inside(rule.body)


def dependencies(
    rules: Sequence[Rule], kept: Mapping[str, Keep] = _NONE_KEPT
) -> Iterator[Dependency]:
    """What each rule's head depends on, in the order of the rules.

    ``kept`` predicates keep an extreme: they are read positively where that is monotone only.
    """
    for index, rule in enumerate(rules):
        reasons = dict(unordered_readings(rule, kept)) if kept else {}
        for predicate, positive in readings(rule.body):
            reason = reasons.get(predicate, "") if positive else ""
            yield Dependency(rule.head.predicate, predicate, positive and not reason, index, reason)


def stratify(
    rules: Sequence[Rule], kept: Mapping[str, Keep] = _NONE_KEPT
) -> Stratification | NegativeCycle:
    """Order the derived predicates for evaluation, or show a cycle through negation."""
    reads: dict[str, list[Dependency]] = {rule.head.predicate: [] for rule in rules}
    for dependency in dependencies(rules, kept):
        if dependency.body in reads:
            reads[dependency.head].append(dependency)
    ordered = components(reads)
    level: dict[str, int] = {}
    for component in ordered:
        members = frozenset(component)
        height = 0
        for name in component:
            for dependency in reads[name]:
                if dependency.body not in members:
                    step = level[dependency.body] + (not dependency.positive)
                    height = max(height, step)
                elif not dependency.positive:
                    return _negative_cycle(dependency, reads, members, rules)
        level.update(dict.fromkeys(component, height))
    return Stratification(MappingProxyType(level), tuple(ordered))


def components(reads: Mapping[str, Sequence[Dependency]]) -> list[tuple[str, ...]]:
    """Strongly connected components of predicates, what is read first.

    Args:
        reads: for each predicate what it depends on; all of that must be a key as well.
    """
    return strongly_connected({name: [d.body for d in reads[name]] for name in reads})


def strongly_connected(reads: Mapping[Node, Sequence[Node]]) -> list[tuple[Node, ...]]:
    """Strongly connected components, what is read first (Tarjan 1972).

    Args:
        reads: for each node those it depends on; all of them must be keys as well.
    """
    order = {node: position for position, node in enumerate(reads)}
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    found: list[tuple[Node, ...]] = []
    for root in reads:
        if root in index:
            continue
        work = [(root, iter(reads[root]))]
        while work:
            node, remaining = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                path.append(node)
                on_path.add(node)
            for read in remaining:
                if read not in index:
                    work.append((read, iter(reads[read])))
                    break
                if read in on_path:
                    low[node] = min(low[node], index[read])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = [path.pop()]
                    while members[-1] != node:
                        members.append(path.pop())
                    found.append(tuple(sorted(members, key=order.__getitem__)))
                    on_path.difference_update(members)
    return found


def _negative_cycle(
    closing: Dependency,
    reads: Mapping[str, list[Dependency]],
    members: frozenset[str],
    rules: Sequence[Rule],
) -> NegativeCycle:
    """A shortest cycle that begins with the given negative reading."""
    steps: dict[str, Dependency] = {}
    queue = deque([closing.body])
    while queue and closing.head not in steps and closing.head != closing.body:
        for dependency in reads[queue.popleft()]:
            if dependency.body in members and dependency.body not in steps:
                steps[dependency.body] = dependency
                queue.append(dependency.body)
    cycle: list[Dependency] = []
    name = closing.head
    while name != closing.body:
        cycle.append(steps[name])
        name = steps[name].head
    cycle = [closing, *reversed(cycle)]
    heads = tuple(dependency.head for dependency in cycle)
    return NegativeCycle(heads, tuple(rules[d.rule] for d in cycle), closing.reason)
