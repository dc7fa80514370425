"""Derived predicates in the current state: proved one by one, or completed by stratum."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.errors import InputError, LimitError
from planner.kr.formulas import And, Atom, Formula
from planner.kr.rules import Rule
from planner.kr.terms import Arithmetic, TypedVariable, Variable
from planner.validate.binding import Binding, bind
from planner.validate.facts import Facts, Row
from planner.validate.ordering import Part, alternatives
from planner.validate.single import Values
from planner.validate.strata import Stratum, reads, strata_of
from planner.validate.values import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from planner.kr.task import Task
    from planner.validate.world import World

    Solve: TypeAlias = Callable[[Part, Binding], Iterator[Binding]]
    Join: TypeAlias = Callable[[object, tuple[Part, ...], Binding], Iterator[Binding]]

__all__ = ["Derivations"]

_FACT_LIMIT = 20_000_000
_IDLE_ROUNDS = 1_000
_PROOF_DEPTH = 20
"""Longest chain of derived predicates that is proved backwards, within Python's recursion."""

_Plans: TypeAlias = "list[tuple[Atom, tuple[Part, ...]]]"


class Derivations:
    """What rules derive, forgotten when something they need changes.

    A single fact of a predicate that does not depend on itself is proved backwards from its
    rules. Otherwise the whole stratum is completed: naively at first, then from what is new where
    the recursion stands in plain conjunctions, and naively to the end where it does not.
    """

    def __init__(self, world: World, solve: Solve, join: Join) -> None:
        self._world = world
        self._solve = solve
        self._join = join
        rules = (*world.task.rules.rules, *_rules_of_declarations(world.task))
        self._values = Values(world.task.rules.predicates.values())
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._in_order = strata_of(rules)
        self._strata = {name: s for s in self._in_order for name in s.predicates}
        self._depth = _depths(self._in_order)
        self._needed_by: dict[str, list[str]] = {}
        for name, stratum in self._strata.items():
            for needed in dict.fromkeys((name, *stratum.needs)):
                self._needed_by.setdefault(needed, []).append(name)
        self._derived = Facts()
        self._complete: set[str] = set()
        self._proved: dict[str, dict[Row, bool]] = {}
        self._plans: dict[int, _Plans | None] = {}
        self._bodies: dict[int, list[tuple[Part, ...]]] = {}

    def __contains__(self, predicate: str) -> bool:
        return predicate in self._strata

    def changed(self, predicate: str) -> None:
        """Forget what depends on a predicate."""
        for name in self._needed_by.get(predicate, ()):
            self._reset(name)

    def forget_all(self) -> None:
        """Forget everything: there is a new object, and rules may speak of all objects."""
        for name in self._strata:
            self._reset(name)

    def _reset(self, predicate: str) -> None:
        if predicate in self._complete:
            self._complete.discard(predicate)
            self._derived.clear(predicate)
            self._values.clear(predicate)
        self._proved.pop(predicate, None)

    def count(self, predicate: str) -> int:
        """Number of facts derived so far, to order conjunctions by."""
        return self._derived.count(predicate)

    def holds(self, predicate: str, row: Row) -> bool:
        """Whether a fact is derived."""
        if predicate not in self._complete:
            stratum = self._strata[predicate]
            is_shallow = not stratum.recursive and self._depth[predicate] <= _PROOF_DEPTH
            if is_shallow and predicate not in self._values:
                return self._prove(predicate, row)
            self._ensure(predicate)
        return self._derived.holds(predicate, row)

    def matching(self, predicate: str, places: tuple[int, ...], values: Row) -> Iterable[Row]:
        """The derived facts with the given values in the given places."""
        self._ensure(predicate)
        return self._derived.matching(predicate, places, values)

    def _prove(self, predicate: str, row: Row) -> bool:
        proved = self._proved.setdefault(predicate, {})
        known = proved.get(row)
        if known is None:
            known = self._world.facts.holds(predicate, row) or any(
                self._follows(rule, row) for rule in self._rules[predicate]
            )
            proved[row] = known
        return known

    def _follows(self, rule: Rule, row: Row) -> bool:
        arguments = rule.head.arguments
        if any(isinstance(a, Arithmetic) for a in arguments):
            return any(_head_row(rule, found) == row for found in self._solve(rule.body, {}))
        return any(
            next(self._solve(rule.body, binding), None) is not None
            for binding in bind(arguments, row, {})
        )

    def _ensure(self, predicate: str) -> None:
        """Complete the stratum of a predicate, after those it needs."""
        if predicate in self._complete:
            return
        needs = self._strata[predicate].needs | {predicate}
        for stratum in self._in_order:
            name = stratum.predicates[0]
            if name in needs and name not in self._complete:
                self._complete_stratum(stratum)

    def _complete_stratum(self, stratum: Stratum) -> None:
        # Marked first: the rules of the stratum read what has been derived so far.
        self._complete.update(stratum.predicates)
        new: list[tuple[str, Row]] = []
        for predicate in stratum.predicates:
            self._derived.clear(predicate)
            self._values.clear(predicate)
            for row in list(self._world.facts.rows(predicate)):
                self._derive(predicate, row, new)
        rules = [rule for name in stratum.predicates for rule in self._rules[name]]
        for rule in rules:
            self._derive_all(rule, self._solutions(rule), new)
        known, idle = 0, 0
        while new and stratum.recursive:
            before, known = known, sum(map(self._derived.count, stratum.predicates))
            idle = 0 if known > before else idle + 1
            if idle > 2 * known + _IDLE_ROUNDS:
                raise InputError(f"the numbers of `{stratum.predicates[0]}` improve without end")
            delta: dict[str, list[Row]] = {}
            for predicate, row in new:
                delta.setdefault(predicate, []).append(row)
            new = []
            for rule in rules:
                self._continue(rule, stratum, delta, new)

    def _continue(
        self,
        rule: Rule,
        stratum: Stratum,
        delta: dict[str, list[Row]],
        new: list[tuple[str, Row]],
    ) -> None:
        """Apply a rule to what the last round added."""
        if id(rule) not in self._plans:
            self._plans[id(rule)] = _recursive_plans(rule, stratum.predicates)
        plans = self._plans[id(rule)]
        if plans is None:
            self._derive_all(rule, self._solutions(rule), new)
            return
        for atom, rest in plans:
            for row in delta.get(atom.predicate, ()):
                for binding in bind(atom.arguments, row, {}):
                    self._derive_all(rule, self._join(rest, rest, binding), new)

    def _solutions(self, rule: Rule) -> Iterator[Binding]:
        """All solutions of a rule's body, one alternative after the other."""
        if id(rule) not in self._bodies:
            options = alternatives(rule.body) or [[rule.body]]
            self._bodies[id(rule)] = [tuple(parts) for parts in options]
        for parts in self._bodies[id(rule)]:
            yield from self._join(parts, parts, {})

    def _derive_all(
        self, rule: Rule, solutions: Iterator[Binding], new: list[tuple[str, Row]]
    ) -> None:
        # All solutions first: what they derive changes the relations they are read from.
        for row in [_head_row(rule, solution) for solution in solutions]:
            if row is not None:
                self._derive(rule.head.predicate, row, new)

    def _derive(self, predicate: str, row: Row, new: list[tuple[str, Row]]) -> None:
        if predicate in self._values:
            if not self._values.accepts(predicate, row):
                return
            old = self._values.replace(predicate, row)
            if old is not None:
                self._derived.remove(predicate, old)
        for variant in self._world.variants(predicate, row):
            if self._derived.add(predicate, variant):
                new.append((predicate, variant))
                if self._derived.count(predicate) > _FACT_LIMIT:
                    raise LimitError(f"more than {_FACT_LIMIT} facts of `{predicate}`")


def _head_row(rule: Rule, binding: Binding) -> Row | None:
    row = tuple(v for a in rule.head.arguments if (v := evaluate(a, binding)) is not None)
    return row if len(row) == len(rule.head.arguments) else None


def _recursive_plans(rule: Rule, members: Sequence[str]) -> _Plans | None:
    """For each recursive atom of a rule, that atom and what must hold beside it.

    ``None`` when the recursion also stands elsewhere, in a ``forall`` for instance.
    """
    plans: _Plans = []
    options = alternatives(rule.body)
    if options is None:
        return None
    for parts in options:
        for place, part in enumerate(parts):
            if isinstance(part, TypedVariable) or not _touches(part, members):
                continue
            if not isinstance(part, Atom):
                return None
            plans.append((part, (*parts[:place], *parts[place + 1 :])))
    return plans


def _touches(formula: Formula, members: Sequence[str]) -> bool:
    return any(name in members for name, _ in reads(formula))


def _depths(in_order: Sequence[Stratum]) -> dict[str, int]:
    """For each derived predicate the longest chain of strata below it."""
    depth: dict[str, int] = {}
    for stratum in in_order:
        below = (depth[name] for name in stratum.needs if name in depth)
        height = 1 + max(below, default=0)
        depth.update(dict.fromkeys(stratum.predicates, height))
    return depth


def _rules_of_declarations(task: Task) -> Iterator[Rule]:
    """What declarations mean, as rules: of an equivalence all but its symmetry, which is in the
    facts; a predicate with one value a key is derived from itself where no rule derives it."""
    x, y, z = Variable("x"), Variable("y"), Variable("z")
    for predicate in task.rules.predicates.values():
        name = predicate.name
        if "equivalence" in predicate.properties and predicate.arity == 2:
            for kind in predicate.types[0]:
                yield Rule(Atom(name, (x, x)), Atom(kind, (x,)))
            yield Rule(Atom(name, (x, z)), And((Atom(name, (x, y)), Atom(name, (y, z)))))
        elif predicate.keep and name not in task.rules.derived:
            itself = Atom(name, tuple(Variable(f"x{i}") for i in range(predicate.arity)))
            yield Rule(itself, itself)
