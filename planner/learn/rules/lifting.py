"""From ground conditions to rules: objects become variables, chains become closures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.control import ControlRule, StepPattern, WalkPattern
from planner.kr.formulas import And, Atom, Closure, Comparison, Modal, Not
from planner.kr.terms import Arithmetic, FunctionTerm, Variable
from planner.learn.rules.parts import recursive_guards
from planner.learn.rules.regression import WalkStep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from planner.kr.control import ControlStep
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression, Term
    from planner.learn.rules.regression import PlanStep, Regressed

__all__ = [
    "LearnedRule",
    "find_chain",
    "first_step",
    "fold_chains",
    "lift",
    "renumbered",
    "terms_of",
    "uses_of",
]


@dataclass(frozen=True, slots=True)
class LearnedRule:
    """A control rule in the making; equal rules compare equal whatever they were learned from.

    Attributes:
        goal: the atom pursued, variables in order of first use.
        positive: atoms, types among them, sorted.
        closures: transitive closures of binary fluents, sorted.
        negative: atoms that must be false, sorted.
        distinct: pairs of terms that must differ, sorted.
        steps: what to do.
        length: real steps in the plan the rule was cut from.
    """

    goal: Atom
    positive: tuple[Atom, ...]
    closures: tuple[Atom, ...]
    negative: tuple[Atom, ...]
    distinct: tuple[tuple[Term, Term], ...]
    steps: tuple[ControlStep, ...]
    length: int

    @property
    def real_steps(self) -> int:
        """Steps that are not walks."""
        return sum(isinstance(step, StepPattern) for step in self.steps)

    def control_rule(self, name: str, *, rank: int, first: bool, support: int) -> ControlRule:
        """The rule in the language of files."""
        parts: list[Formula] = [*self.positive]
        parts += [Closure(a.predicate, _pair(a)) for a in self.closures]
        parts += [Not(atom) for atom in self.negative]
        parts += [Comparison("!=", left, right) for left, right in self.distinct]
        return ControlRule(
            condition=And(tuple(parts)) if len(parts) != 1 else parts[0],
            steps=self.steps,
            pursues=Modal("ready", self.goal),
            name=name,
            rank=rank,
            run="first" if first else "all",
            support=support,
        )


def _pair(atom: Atom) -> tuple[Term, Term]:
    first, second = atom.arguments
    assert not isinstance(first, Arithmetic | FunctionTerm)
    assert not isinstance(second, Arithmetic | FunctionTerm)
    return first, second


class _Order:
    """Where atoms and terms come by declaration, so that names decide nothing."""

    def __init__(self, rules: RuleBase, objects: Iterable[str] = ()) -> None:
        names = dict.fromkeys([*rules.predicates, *rules.types])
        self._predicates = {name: place for place, name in enumerate(names)}
        places = dict.fromkeys([*objects, *rules.constants])
        self._objects = {name: place for place, name in enumerate(places)}

    def predicate(self, name: str) -> int:
        """The place of a predicate or a type."""
        return self._predicates.get(name, len(self._predicates))

    def term(self, term: Expression) -> tuple[int, int, str]:
        """Objects as declared, then other values, then variables as numbered."""
        if isinstance(term, Variable):
            return (2, len(term.name), term.name)
        place = self._objects.get(term) if isinstance(term, str) else None
        return (1, 0, str(term)) if place is None else (0, place, "")

    def atom(self, atom: Atom) -> tuple[object, ...]:
        """The predicate, then its terms."""
        return (self.predicate(atom.predicate), *(self.term(a) for a in atom.arguments))


class _Names:
    """Variables for objects in order of first use; constants of the rule base stay."""

    def __init__(self, constants: Iterable[str], order: _Order) -> None:
        self._constants = frozenset(constants)
        self._order = order
        self._names: dict[Expression, Variable] = {}

    def term(self, value: Expression) -> Term:
        if isinstance(value, Arithmetic | FunctionTerm):
            raise TypeError("a ground term was expected")
        if value in self._constants or not isinstance(value, str | Variable):
            return value
        return self._names.setdefault(value, Variable(f"x{len(self._names)}"))

    def atom(self, atom: Atom) -> Atom:
        return Atom(atom.predicate, tuple(self.term(a) for a in atom.arguments))

    def order(self, atom: Atom) -> tuple[object, ...]:
        """Atoms over known variables first; ties by predicate and by the known ones."""
        known = [a not in self._names and isinstance(a, str | Variable) for a in atom.arguments]
        shown = tuple(str(self._names.get(a, "~")) for a in atom.arguments)
        return (sum(known), self._order.predicate(atom.predicate), shown)


def lift(regressed: Regressed, rules: RuleBase, objects: Iterable[str] = ()) -> LearnedRule:
    """Replace objects by variables in order of first use: goal, steps, condition.

    Args:
        regressed: over the objects of a task.
        rules: of the task.
        objects: in the order of declaration, which breaks ties.
    """
    order = _Order(rules, objects)
    names = _Names(rules.constants, order)
    goal = names.atom(regressed.goal)
    steps = tuple(_lift_step(step, names) for step in regressed.steps)
    types = _narrower_types(regressed, rules)
    positive = _name_all(sorted(regressed.positive, key=order.atom), names)
    negative = _name_all(sorted(regressed.negative, key=order.atom), names)
    typing = [Atom(t, (names.term(value),)) for value, t in types]
    pairs = sorted(
        (
            tuple(sorted((names.term(a), names.term(b)), key=order.term))
            for a, b in sorted(
                regressed.distinct, key=lambda p: (order.term(p[0]), order.term(p[1]))
            )
        ),
        key=lambda pair: tuple(order.term(t) for t in pair),
    )
    return LearnedRule(
        goal,
        tuple(sorted([*positive, *typing], key=order.atom)),
        (),
        tuple(sorted(negative, key=order.atom)),
        tuple((a, b) for a, b in pairs),
        steps,
        sum(isinstance(step, StepPattern) for step in steps),
    )


def _name_all(atoms: Iterable[Atom], names: _Names) -> list[Atom]:
    """Name the atoms one at a time, always the first of those whose variables are known best."""
    remaining = list(atoms)
    named = []
    while remaining:
        best = min(remaining, key=names.order)
        remaining.remove(best)
        named.append(names.atom(best))
    return named


def _lift_step(step: PlanStep, names: _Names) -> ControlStep:
    if not isinstance(step, WalkStep):
        # Implicit parameters are bound by the condition alone.
        said = step.arguments[: len(step.schema.action.parameters)]
        return StepPattern(step.schema.name, tuple(names.term(a) for a in said))
    others = [a for i, a in enumerate(step.source.arguments) if i != step.place]
    mover = names.term(others[0]) if others else None
    start = names.term(step.source.arguments[step.place])
    end = names.term(step.target.arguments[step.place])
    return WalkPattern(mover, start, end, step.source.predicate)


def _narrower_types(regressed: Regressed, rules: RuleBase) -> list[tuple[Expression, str]]:
    """Types that steps ask of their arguments and that no atom of the condition implies."""
    implied: set[tuple[Expression, str]] = set()
    for atom in regressed.positive:
        known = rules.predicates.get(atom.predicate)
        declared = ((atom.predicate,),) if known is None else known.types
        for value, types in zip(atom.arguments, declared, strict=True):
            implied |= {(value, upper) for t in types for upper in rules.supertypes(t)}
    wanted: dict[tuple[Expression, str], None] = {}
    for step in regressed.steps:
        if isinstance(step, WalkStep):
            continue
        for parameter, value in zip(step.schema.parameters, step.arguments, strict=True):
            key = (value, parameter.types[0])
            if parameter.types[0] != "object" and key not in implied:
                wanted.setdefault(key)
    return [key for key in wanted if key[0] not in rules.constants]


def fold_chains(rule: LearnedRule, rules: RuleBase) -> LearnedRule:
    """Cut a rule after its first real step, and fold ``p(a, b), p(b, c)`` into ``p+(a, c)``.

    The middle variable must occur nowhere else, so that one rule serves chains of every length.
    """
    links_by = rules.fluents | {*recursive_guards(rules)}
    steps = first_step(rule.steps)
    kept = {*rule.goal.arguments, *(t for step in steps for t in terms_of(step))}
    positive, closures = list(rule.positive), list(rule.closures)
    others = [*rule.negative]
    while True:
        links = [a for a in [*positive, *closures] if a.predicate in links_by]
        uses = uses_of([*positive, *closures, *others])
        pair = find_chain([a for a in links if len(a.arguments) == 2], uses, kept)
        if pair is None:
            break
        first, second = pair
        for atom in pair:
            (positive if atom in positive else closures).remove(atom)
        closures.append(Atom(first.predicate, (first.arguments[0], second.arguments[1])))
    uses = uses_of([rule.goal, *positive, *closures, *others])
    uses.update(t for step in steps for t in set(terms_of(step)))
    # A type of a variable that nothing else speaks of says only that such an object exists.
    typed = [a for a in positive if len(a.arguments) != 1 or uses[a.arguments[0]] > 1]
    return _renamed(rule, typed, closures, steps, _Order(rules))


def renumbered(rule: LearnedRule, rules: RuleBase) -> LearnedRule:
    """A rule with its variables numbered in order of first use, so that equal rules are equal."""
    return _renamed(rule, rule.positive, rule.closures, rule.steps, _Order(rules))


def first_step(steps: Sequence[ControlStep]) -> tuple[ControlStep, ...]:
    """The steps up to the first that is no walk."""
    for count, step in enumerate(steps, start=1):
        if isinstance(step, StepPattern):
            return tuple(steps[:count])
    return tuple(steps)


def terms_of(step: ControlStep) -> tuple[Term, ...]:
    """The terms of a step, those of its ends in a walk."""
    if isinstance(step, StepPattern):
        return step.arguments
    ends = (step.start, step.end)
    return ends if step.mover is None else (step.mover, *ends)


def uses_of(atoms: Iterable[Atom]) -> Counter[Expression]:
    """In how many atoms each term occurs."""
    return Counter(term for atom in atoms for term in {*atom.arguments})


def find_chain(
    links: Sequence[Atom], uses: Mapping[Expression, int], kept: Collection[Expression]
) -> tuple[Atom, Atom] | None:
    """Two links ``p(a, b), p(b, c)`` whose middle variable occurs nowhere else.

    Args:
        links: binary atoms of a condition.
        uses: in how many of the condition's atoms each term occurs.
        kept: terms of the goal and the steps, which are no middle.
    """
    for first in links:
        middle = first.arguments[1]
        if middle in kept or not isinstance(middle, Variable) or uses[middle] != 2:
            continue
        for second in links:
            same = second.predicate == first.predicate and second is not first
            if same and second.arguments[0] == middle:
                return first, second
    return None


def _renamed(
    rule: LearnedRule,
    positive: Sequence[Atom],
    closures: Sequence[Atom],
    steps: Sequence[ControlStep],
    order: _Order,
) -> LearnedRule:
    """Number the variables anew, so that equal rules compare equal."""
    names = _Names((), order)
    goal = names.atom(rule.goal)
    renamed: list[ControlStep] = []
    for step in steps:
        if isinstance(step, StepPattern):
            arguments = tuple(_rename(t, names) for t in step.arguments)
            renamed.append(StepPattern(step.action, arguments))
        else:
            mover = None if step.mover is None else _rename(step.mover, names)
            start, end = _rename(step.start, names), _rename(step.end, names)
            renamed.append(WalkPattern(mover, start, end, step.predicate))
    plain = _rename_all(positive, names, order)
    chained = _rename_all(closures, names, order)
    absent = _rename_all(rule.negative, names, order)
    distinct = tuple((_rename(a, names), _rename(b, names)) for a, b in rule.distinct)
    return LearnedRule(goal, plain, chained, absent, distinct, tuple(renamed), rule.length)


def _rename(term: Term, names: _Names) -> Term:
    return names.term(term) if isinstance(term, Variable) else term


def _rename_all(atoms: Sequence[Atom], names: _Names, order: _Order) -> tuple[Atom, ...]:
    remaining, named = list(atoms), []
    while remaining:
        best = min(remaining, key=lambda a: (*names.order(a), order.atom(a)))
        remaining.remove(best)
        arguments = tuple(names.term(a) if isinstance(a, Variable) else a for a in best.arguments)
        named.append(Atom(best.predicate, arguments))
    return tuple(sorted(named, key=order.atom))
