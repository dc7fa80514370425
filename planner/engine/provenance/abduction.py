"""The least that must be assumed for a goal to hold, out of predicates declared ``assumable``.

Everything assumable and absent is grounded as a fact that may or may not hold. Sets of assumptions
are tried by their number (uniform-cost search over partial proofs, with what each open literal
needs at least as a bound), and each is checked by evaluating the ground program under it, so that
negation and aggregates are what they are in the task with these facts added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heappop, heappush
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.facts import Facts
from planner.engine.forward import rules_of_task
from planner.engine.probability.best import best_values
from planner.engine.probability.declared import Declarations
from planner.engine.probability.fold import evaluate_program
from planner.engine.probability.infer import ask
from planner.errors import InputError
from planner.kr.formulas import Atom, atoms_of
from planner.kr.rules import ProbabilisticFact
from planner.kr.terms import VALUE_TYPES, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from planner.engine.gather.foreign import Foreign
    from planner.engine.probability.ground import GroundClause, GroundProgram, Node
    from planner.engine.symbols import SymbolTable
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant

    Literal: TypeAlias = tuple[Node, bool]

__all__ = ["Abduction", "abduce"]

_CANDIDATE_LIMIT = 50_000
_BUDGET = 20_000


@dataclass(frozen=True, slots=True)
class Abduction:
    """Sets of facts, each as small as any, that would make a goal hold.

    Attributes:
        assumptions: in the order of the declarations; one empty set when the goal holds already.
        complete: whether these are all sets of that size, up to the number asked for.
    """

    assumptions: tuple[tuple[Atom, ...], ...]
    complete: bool


def abduce(
    task: Task,
    goal: Formula,
    count: int = 5,
    budget: int = _BUDGET,
    functions: Mapping[str, Foreign] | None = None,
) -> Abduction:
    """Up to ``count`` smallest sets of assumable facts under which a goal without variables holds.

    ``functions`` compute the foreign predicates.

    Raises:
        InputError: when more than 50,000 facts could be assumed.
        UnsupportedError: for a number that is kept by recursion of what may be assumed.
    """
    certain = replace(task, given=())
    facts = Facts.of_task(certain)
    rules = rules_of_task(certain)
    relevant = _relevant(certain, goal)
    candidates = list(_candidates(certain, facts, relevant))
    # The chance is never looked at: only whether the fact holds.
    uncertain = [ProbabilisticFact(Fraction(1, 2), atom) for atom in candidates]
    declarations = Declarations.of_task(certain, functions)
    question = ask(rules, facts, uncertain, goal, declarations=declarations)
    if not question.answers:
        return Abduction((), complete=True)
    search = _Search(question.program, question.answers[0])
    sets, complete = search.run(count, budget)
    atoms = [choice.atom for choice in question.program.choices]
    ordered = sorted(sorted(one) for one in sets)
    return Abduction(tuple(tuple(atoms[i] for i in one) for one in ordered), complete)


def _relevant(task: Task, goal: Formula) -> frozenset[str]:
    """Predicates that the goal depends on."""
    found = {atom.predicate for atom, _ in atoms_of(goal)}
    rules = rules_of_task(task)
    size = -1
    while size != len(found):
        size = len(found)
        for rule in rules:
            if rule.head.predicate in found:
                found.update(atom.predicate for atom, _ in atoms_of(rule.body))
    return frozenset(found)


def _candidates(task: Task, facts: Facts, relevant: Collection[str]) -> Iterator[Atom]:
    """The facts that could be assumed and do not hold."""
    total = 0
    for predicate in task.rules.predicates.values():
        if "assumable" not in predicate.properties or predicate.name not in relevant:
            continue
        columns = [_values(task, facts.symbols, types) for types in predicate.types]
        total += _size(columns)
        if total > _CANDIDATE_LIMIT:
            raise InputError(
                f"more than {_CANDIDATE_LIMIT:,} facts could be assumed, most of them of "
                f"`{predicate.name}`: declare fewer predicates `assumable`"
            )
        known = set(facts.tuples(predicate.name))
        for row in product(*columns):
            if tuple(map(facts.symbols.code, row)) not in known:
                yield Atom(predicate.name, row)


def _size(columns: list[list[Constant]]) -> int:
    total = 1
    for column in columns:
        total *= len(column)
    return total


def _values(task: Task, symbols: SymbolTable, types: tuple[str, ...]) -> list[Constant]:
    """What may stand in a place: objects of the types, and values that occur in the task."""
    found: dict[Constant, None] = dict.fromkeys(task.objects_of(types))
    if VALUE_TYPES.intersection(types):
        for value in symbols.constants():
            is_text = isinstance(value, Text)
            if not isinstance(value, str) and ("string" in types) == is_text:
                found[value] = None
    return list(found)


@dataclass(frozen=True, slots=True)
class _Assumed:
    """The world in which certain choices come true and no others."""

    chosen: Collection[int]
    zero: bool = False
    one: bool = True

    def choice(self, index: int) -> bool:
        return index in self.chosen

    def plus(self, left: bool, right: bool) -> bool:
        return left or right

    def times(self, left: bool, right: bool) -> bool:
        return left and right

    def negation(self, value: bool) -> bool:
        return not value

    def equal(self, left: bool, right: bool) -> bool:
        return left == right


class _Search:
    """Partial proofs by the number of their assumptions."""

    def __init__(self, program: GroundProgram, goal: Node) -> None:
        self.program = program
        self.goal = goal
        self.now = evaluate_program(program, _Assumed(()))
        self.least = self._least()
        self.has_negation = any(way.negative for ways in program.clauses.values() for way in ways)

    def run(self, count: int, budget: int) -> tuple[list[frozenset[int]], bool]:
        """The smallest sets, and whether none of that size was left out but by ``count``."""
        found: dict[frozenset[int], None] = {}
        tried: set[frozenset[int]] = set()
        seen: set[tuple[frozenset[int], frozenset[Literal]]] = set()
        ticket, best = 0, len(self.program.choices)
        start = self._settled(frozenset(), ((self.goal, True),), frozenset())
        heap = [(self._bound(start), 0, 0, start)]
        while heap:
            bound, _, _, (assumed, waiting, done) = heappop(heap)
            if bound > best or len(found) == count:
                return list(found), True
            budget -= 1
            if budget < 0:
                return list(found), False
            if not waiting:
                if assumed not in tried:
                    tried.add(assumed)
                    if evaluate_program(self.program, _Assumed(assumed))[self.goal]:
                        found[assumed], best = None, len(assumed)
                continue
            for extended in self._expanded(assumed, waiting, done):
                key = (extended[0], frozenset(extended[1]))
                if key in seen:
                    continue
                seen.add(key)
                ticket += 1
                heappush(heap, (self._bound(extended), len(extended[1]), ticket, extended))
        return list(found), True

    def _expanded(
        self, assumed: frozenset[int], waiting: tuple[Literal, ...], done: frozenset[Literal]
    ) -> Iterator[_State]:
        """The ways to settle the first open literal."""
        (node, positive), *rest = waiting
        after = done | {(node, positive)}
        if positive:
            if self.now[node]:
                yield self._settled(assumed, tuple(rest), after)
                if not self.has_negation:
                    return
            for way in self.program.clauses.get(node, ()):
                chosen = assumed if way.choice < 0 else assumed | {way.choice}
                needed = [(below, True) for below in way.positive]
                needed += [(below, False) for below in way.negative]
                yield self._settled(chosen, (*needed, *rest), after)
            return
        # What holds now and must not: every way to it is blocked at one of its literals.
        ways = [way for way in self.program.clauses[node] if self._applies(way)]
        options = [
            [*((p, False) for p in way.positive), *((n, True) for n in way.negative)]
            for way in ways
        ]
        for chosen_literals in product(*options):
            needed = list(dict.fromkeys(chosen_literals))
            yield self._settled(assumed, (*needed, *rest), after)

    def _applies(self, way: GroundClause) -> bool:
        if way.choice >= 0:
            return False
        holds = all(self.now[p] for p in way.positive)
        return holds and not any(self.now[n] for n in way.negative)

    def _settled(
        self, assumed: frozenset[int], waiting: tuple[Literal, ...], done: frozenset[Literal]
    ) -> _State:
        """Without literals that were seen to, and negations that nothing speaks against yet."""
        kept = tuple(
            literal
            for literal in dict.fromkeys(waiting)
            if literal not in done and (literal[1] or self.now.get(literal[0], False))
        )
        return assumed, kept, done

    def _bound(self, state: _State) -> int:
        """Assumptions that a completion needs at least."""
        assumed, waiting, _ = state
        needed = (self.least.get(node, 1 << 30) for node, positive in waiting if positive)
        return max(len(assumed), max(needed, default=0))

    def _least(self) -> dict[Node, int]:
        """For each atom how many assumptions the dearest part of its cheapest proof needs.

        Negated atoms are taken to cost nothing (the heuristic of Bonet and Geffner 2001, max).
        """

        def dearest(way: GroundClause, found: Mapping[Node, int]) -> int:
            return max([int(way.choice >= 0), *(found[node] for node in way.positive)])

        return best_values(self.program, dearest)


_State: TypeAlias = "tuple[frozenset[int], tuple[Literal, ...], frozenset[Literal]]"
