"""What declarations mean where facts or rules are uncertain.

Foreign functions, and numbers that are kept of what is certain, are the same in every world, so
they are gathered as ever. A number kept of what is uncertain is the best of each world; where no
rule passes it on to a number of the same predicate, an aggregate says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.engine.gather.declared import ASKED, declare
from planner.engine.gather.kinds import GATHERED, STATED
from planner.engine.normalize import normalize
from planner.engine.probability.uncertain import uncertain_predicates
from planner.engine.program import is_gathered, plan_clauses
from planner.errors import UnsupportedError
from planner.kr.formulas import Aggregate, And, Atom, atoms_of
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from planner.engine.clauses import Clause, Tally
    from planner.engine.gather.foreign import Foreign
    from planner.engine.gather.kinds import Gathering
    from planner.engine.program import Plan
    from planner.kr.rules import Predicate
    from planner.kr.task import Task

__all__ = ["NOTHING_DECLARED", "Declarations", "DeclaredProgram", "declared_program"]


@dataclass(frozen=True, slots=True)
class Declarations:
    """What is declared of predicates.

    Attributes:
        predicates: all of them; symmetry and equivalence are rules here
            (`planner.engine.forward.rules_of_task`).
        functions: what computes the foreign ones.
    """

    predicates: tuple[Predicate, ...]
    functions: Mapping[str, Foreign]

    @staticmethod
    def of_task(task: Task, functions: Mapping[str, Foreign] | None = None) -> Declarations:
        """Those of a task."""
        return Declarations(tuple(task.rules.predicates.values()), functions or {})


NOTHING_DECLARED = Declarations((), {})
"""Where predicates are what facts and rules say of them."""


@dataclass(frozen=True, slots=True)
class DeclaredProgram:
    """Rules as clauses, with what is gathered of what is certain.

    Attributes:
        rules: those given, and those that keep numbers of what is uncertain.
        tallies: of recursive ``forall``.
        gatherings: of what is certain.
        active: the predicates of which something is gathered or checked.
        uncertain: predicates whose rows depend on what is uncertain.
        stated: predicates whose facts go by another name, as numbers are kept of them.
        settled: predicates whose rows are certain as they are gathered.
    """

    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    tallies: tuple[Tally, ...]
    gatherings: tuple[Gathering, ...]
    active: tuple[Predicate, ...]
    uncertain: frozenset[str]
    stated: frozenset[str]
    settled: frozenset[str]

    def name(self, predicate: str) -> str:
        """The predicate that the facts of one belong to."""
        return predicate + STATED if predicate in self.stated else predicate

    def plan(self, clauses: Sequence[Clause]) -> Plan:
        """Clauses that were made of these, in order."""
        planned = plan_clauses(self.rules, clauses, (*self.tallies, *self.gatherings))
        return replace(planned, declared=self.active)


def declared_program(
    rules: Sequence[Rule], sources: Collection[str], declarations: Declarations
) -> DeclaredProgram:
    """Bring rules into clauses, where some predicates have uncertain facts or are judged.

    Raises:
        UnsupportedError: for a number that is kept of what is uncertain by recursion.
    """
    chancy = {rule.head.predicate for rule in rules if rule.probability is not None}
    uncertain = _uncertain(rules, {*sources, *chancy})
    kept = [p for p in declarations.predicates if p.keep]
    by_world = [p for p in kept if p.name in uncertain]
    for predicate in by_world:
        _refuse_recursion(predicate, rules)
    stated = frozenset(p.name for p in by_world)
    every = [_as_stated(rule, stated) for rule in rules] + [_best(p) for p in by_world]
    certain = [p for p in kept if p.name not in stated]
    plain = [replace(rule, probability=None) for rule in every]
    normal = normalize(plain, {p.name: p.keep for p in certain if p.keep})
    names = {source + STATED if source in stated else source for source in sources}
    names.update(c.head.predicate for c in normal.clauses if every[c.rule].probability is not None)
    found = uncertain_predicates(normal.clauses, names)
    active = tuple(p for p in declarations.predicates if _is_active(p, found))
    clauses, gatherings = declare(normal.clauses, active, declarations.functions)
    settled = {p.name + GATHERED if p.keep else p.name for p in active if _is_settled(p)}
    return DeclaredProgram(
        tuple(every),
        tuple(_without_choice(clause) for clause in clauses),
        normal.tallies,
        tuple(gatherings),
        active,
        found,
        stated,
        frozenset(settled),
    )


def _uncertain(rules: Sequence[Rule], sources: set[str]) -> set[str]:
    found = set(sources)
    size = -1
    while size < len(found):
        size = len(found)
        for rule in rules:
            if any(atom.predicate in found for atom, _ in atoms_of(rule.body)):
                found.add(rule.head.predicate)
    return found


def _refuse_recursion(predicate: Predicate, rules: Sequence[Rule]) -> None:
    """Refuse a kept predicate that rests on itself."""
    below = {predicate.name}
    size = -1
    while size < len(below):
        size = len(below)
        for rule in rules:
            if rule.head.predicate in below:
                read = {atom.predicate for atom, _ in atoms_of(rule.body)}
                if predicate.name in read:
                    place = f"{predicate.span}: " if predicate.span else ""
                    raise UnsupportedError(
                        f"{place}`{predicate.name}` is declared `keep: {predicate.keep}` and rests "
                        "on itself, and on what is uncertain or may be assumed: each world would "
                        "have numbers of its own, without end around cycles; ask whether something "
                        "can be reached instead, or keep numbers of what is certain"
                    )
                below |= read


def _as_stated(rule: Rule, stated: Collection[str]) -> Rule:
    name = rule.head.predicate
    if name not in stated:
        return rule
    return replace(rule, head=replace(rule.head, predicate=name + STATED))


def _best(predicate: Predicate) -> Rule:
    """The rule that the best stated number holds."""
    keys = tuple(Variable(f"x{i}") for i in range(predicate.arity - 1))
    best, other, some = Variable("best"), Variable("other"), Variable("some")
    name = predicate.name + STATED
    assert predicate.keep
    among = Aggregate(best, predicate.keep, (other,), Atom(name, (*keys, other)))
    body = And((Atom(name, (*keys, some)), among))
    return Rule(Atom(predicate.name, (*keys, best)), body, name=f"{predicate.name} keeps the best")


def _is_active(predicate: Predicate, uncertain: Collection[str]) -> bool:
    """Whether something is gathered of a predicate, or checked: where that is certain."""
    if "equivalence" in predicate.properties or not is_gathered(predicate):
        return False
    return predicate.name not in uncertain


def _is_settled(predicate: Predicate) -> bool:
    return bool(predicate.keep) or predicate.foreign is not None


def _without_choice(clause: Clause) -> Clause:
    """The clause; what asks a function does so whatever the random choice of its rule."""
    return replace(clause, rule=-1) if clause.head.predicate.endswith(ASKED) else clause
