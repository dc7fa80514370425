"""The ground program of everything uncertain that questions depend on.

The engine itself finds the instances: rules are evaluated as if every uncertain fact held and no
uncertain negation failed, with one more predicate for each clause that lists its bindings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import Clause, open_variables
from planner.engine.facts import Facts
from planner.engine.forward import Program
from planner.engine.gather.kinds import declared_name
from planner.engine.probability.aggregates import Folder
from planner.engine.probability.choices import Choice, Judged, conditional_probabilities
from planner.engine.probability.declared import NOTHING_DECLARED, declared_program
from planner.engine.probability.uncertain import (
    split_clauses,
    uncertain_predicates,
    without_choices,
)
from planner.kr.formulas import Atom, expression_variables, free_variables
from planner.kr.strata import strongly_connected
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.forward import Watch
    from planner.engine.model import Model
    from planner.engine.probability.declared import Declarations, DeclaredProgram
    from planner.engine.probability.judged import JudgedPredicate
    from planner.engine.probability.uncertain import SplitClause, SplitProgram, UncertainFold
    from planner.kr.rules import ProbabilisticFact, Rule

__all__ = ["GroundClause", "GroundProgram", "Node", "ground_program"]

Node: TypeAlias = "tuple[str, tuple[int, ...]]"


@dataclass(frozen=True, slots=True)
class GroundClause:
    """A way for an atom to hold.

    Attributes:
        choice: index of the random choice that must come true, -1 for none.
    """

    positive: tuple[Node, ...]
    negative: tuple[Node, ...]
    choice: int


@dataclass(frozen=True, slots=True)
class GroundProgram:
    """Uncertain ground atoms and the ways in which each can hold.

    Attributes:
        components: atoms that depend on one another together, what is read first.
        clauses: by atom; an atom without any is false.
        choices: what is random.
        groups: choices that exclude each other, in order; groups are independent.
        model: in which every uncertain atom that can hold does.
    """

    components: tuple[tuple[Node, ...], ...]
    clauses: Mapping[Node, tuple[GroundClause, ...]]
    choices: tuple[Choice, ...]
    groups: tuple[tuple[int, ...], ...]
    model: Model

    def conditional(self) -> list[float]:
        """As `planner.engine.probability.choices.conditional_probabilities`."""
        return conditional_probabilities(self.choices, self.groups)


def ground_program(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    questions: Iterable[str],
    judged: Sequence[JudgedPredicate] = (),
    meter: Watch | None = None,
    declarations: Declarations = NOTHING_DECLARED,
) -> GroundProgram:
    """Ground everything that the questions, predicates without uncertain facts, depend on.

    Args:
        rules: with or without probabilities.
        facts: what is certain; the uncertain facts are not among them.
        uncertain_facts: independent of one another; equal atoms are several causes.
        questions: predicates of whose rows the probability is asked.
        judged: predicates of which models are asked, about no more than the questions need.
        meter: watches the limits.
        declarations: of predicates.

    Raises:
        UnsupportedError: for a recursive ``forall`` over uncertain predicates, or a number that
            is kept of these by recursion.
        RuleFileError: when a functional predicate that is certain gets two values.
        LimitError: when the meter says so.
    """
    sources = [fact.atom.predicate for fact in uncertain_facts]
    sources += [judge.predicate for judge in judged]
    declared = declared_program(rules, sources, declarations)
    chancy = {i for i, rule in enumerate(declared.rules) if rule.probability is not None}
    split = split_clauses(declared.clauses, declared.tallies, declared.uncertain)
    listed = [_listing(number, clause) for number, clause in enumerate(split.clauses)]
    program = Program(declared.plan([part for pair in listed for part in pair]))
    certain = Facts(facts.symbols)
    for name in facts.predicates():
        certain.add_rows(declared.name(name), facts.array(name))
    everything = _with_uncertain(certain, declared, uncertain_facts, judged)
    grounder = _Grounder(declared, certain)
    if split.folds:
        steady = Program(declared.plan(without_choices(split.clauses, chancy)))
        _add_folds(split, program, steady, everything, grounder, meter)
    grounder.model = program.run(everything, meter=meter)
    for fact in uncertain_facts:
        grounder.add_fact(fact)
    for judge in judged:
        grounder.add_judged(judge)
    for (lister, _), clause in zip(listed, split.clauses, strict=True):
        grounder.add_clause(lister, clause)
    return grounder.cone(questions, judged)


def _with_uncertain(
    certain: Facts,
    declared: DeclaredProgram,
    uncertain_facts: Sequence[ProbabilisticFact],
    judged: Sequence[JudgedPredicate],
) -> Facts:
    """Facts with all that may hold beside them."""
    everything = Facts(certain.symbols)
    for name in certain.predicates():
        everything.add_rows(name, certain.array(name))
    for fact in uncertain_facts:
        everything.add(replace(fact.atom, predicate=declared.name(fact.atom.predicate)))
    for judge in judged:
        for row, _ in judge.alternatives():
            everything.add_row(declared.name(judge.predicate), row)
    return everything


def _listing(number: int, clause: SplitClause) -> tuple[Clause, Clause]:
    """A clause that lists the bindings of another, and one that derives its head from these."""
    names: dict[str, None] = {}
    for literal in clause.kept:
        if isinstance(literal, Atom):
            names.update(dict.fromkeys(open_variables(literal)))
    for atom in (clause.head, *clause.negated):
        names.update(dict.fromkeys(v for a in atom.arguments for v in expression_variables(a)))
    head = Atom(f"instance#{number}", tuple(map(Variable, names)))
    return Clause(head, clause.kept, clause.rule), Clause(clause.head, (head,), clause.rule)


def _add_folds(
    split: SplitProgram,
    program: Program,
    steady: Program,
    everything: Facts,
    grounder: _Grounder,
    meter: Watch | None,
) -> None:
    """Add the values that aggregates may have, those first that others read."""
    certain = Facts(everything.symbols)
    for name in grounder.facts.predicates():
        certain.add_rows(name, grounder.facts.array(name))
    folder = Folder(everything.symbols, grounder.add_way)
    waiting = list(split.folds)
    while waiting:
        names = {fold.value for fold in waiting}
        plain = [Clause(c.head, c.kept, c.rule) for c in split.clauses]
        late = uncertain_predicates(plain, names)
        ready = [f for f in waiting if f.member not in late and f.asked not in late]
        model, known = program.run(everything, meter=meter), steady.run(certain, meter=meter)
        for fold in ready:
            for binding, rows in _members(fold, model).items():
                always = {r for r in rows if known.extension(fold.member).contains(r)}
                values = folder.values(fold, binding, rows, always)
                for row in values:
                    everything.add_row(fold.value, row)
                if len(values) == 1 and len(always) == len(rows):
                    certain.add_row(fold.value, values[0])
        waiting = [fold for fold in waiting if fold not in ready]


def _members(fold: UncertainFold, model: Model) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """The members that each binding may have."""
    asked = (tuple(row) for row in model.rows(fold.asked).tolist())
    found: dict[tuple[int, ...], list[tuple[int, ...]]] = {binding: [] for binding in asked}
    for row in model.rows(fold.member).tolist():
        found[tuple(row[: fold.width])].append(tuple(row))
    return found


class _Grounder:
    model: Model

    def __init__(self, declared: DeclaredProgram, facts: Facts) -> None:
        self.declared = declared
        self.rules = declared.rules
        self.facts = facts
        self.certain: dict[str, set[tuple[int, ...]]] = {}
        self.clauses: dict[Node, list[GroundClause]] = {}
        self.choices: list[Choice] = []
        self.groups: list[list[int]] = []
        self.known: dict[tuple[object, ...], list[int]] = {}
        self.chosen: dict[tuple[int, tuple[int, ...]], int] = {}

    def add_way(self, node: Node, positive: tuple[Node, ...], negative: tuple[Node, ...]) -> None:
        self.clauses.setdefault(node, []).append(GroundClause(positive, negative, -1))

    def add_fact(self, fact: ProbabilisticFact) -> None:
        row = self.model.row(fact.atom)
        assert row is not None
        choice = self._new_choice(Choice(fact.atom, float(fact.probability)))
        self._add((self.declared.name(fact.atom.predicate), row), GroundClause((), (), choice))

    def add_judged(self, judge: JudgedPredicate) -> None:
        constant = self.model.symbols.constant
        for row, output in judge.alternatives():
            objects = row if output < 0 else row[:-1]
            atom = Atom(judge.predicate, tuple(map(constant, row)))
            question = Judged(judge.predicate, objects, output)
            key = None if output < 0 else (judge.predicate, objects)
            choice = self._new_choice(Choice(atom, 0.0, judged=question), key)
            name = self.declared.name(judge.predicate)
            self._add((name, row), GroundClause((), (), choice))

    def add_clause(self, lister: Clause, clause: SplitClause) -> None:
        names = [a.name for a in lister.head.arguments if isinstance(a, Variable)]
        place = {name: column for column, name in enumerate(names)}
        head = self._maker(clause.head, place)
        negated = [self._maker(a, place) for a in clause.negated]
        kept = [self._maker(a, place) for a in clause.kept if isinstance(a, Atom)]
        chosen = self._choosing(clause, place)
        for row in self.model.rows(lister.head.predicate).tolist():
            node = head(row)
            made = GroundClause(
                tuple(make(row) for make in kept),
                tuple(make(row) for make in negated),
                chosen(row, node),
            )
            self._add(node, made)

    def _add(self, node: Node, clause: GroundClause) -> None:
        self.clauses.setdefault(node, []).append(clause)

    def _new_choice(self, choice: Choice, group: tuple[object, ...] | None = None) -> int:
        """The number of a new choice, an alternative to those of the same group."""
        self.choices.append(choice)
        number = len(self.choices) - 1
        members = self.known.get(group) if group is not None else None
        if members is not None:
            members.append(number)
            return number
        self.groups.append([number])
        if group is not None:
            self.known[group] = self.groups[-1]
        return number

    def _maker(self, atom: Atom, place: Mapping[str, int]) -> Callable[[list[int]], Node]:
        name, code = atom.predicate, self.model.symbols.code_of
        parts = [
            (place[a.name], 0) if isinstance(a, Variable) else (-1, code(a)) for a in atom.arguments
        ]
        return lambda row: (name, tuple(row[c] if c >= 0 else fixed for c, fixed in parts))

    def _choosing(
        self, clause: SplitClause, place: Mapping[str, int]
    ) -> Callable[[list[int], Node], int]:
        """The random choice of an instance: one for each binding of the rule's own variables."""
        rule = self.rules[clause.rule] if clause.rule >= 0 else None
        if rule is None or rule.probability is None:
            return lambda _row, _node: -1
        probability = float(rule.probability)
        own = [
            *free_variables(rule.body),
            *(v for a in rule.head.arguments for v in expression_variables(a)),
        ]
        names = [name for name in dict.fromkeys(own) if name in place]
        columns = [place[name] for name in names]
        constant = self.model.symbols.constant

        def choose(row: list[int], node: Node) -> int:
            binding = tuple(row[c] for c in columns)
            key = (clause.rule, binding)
            if key not in self.chosen:
                atom = Atom(declared_name(node[0]), tuple(map(constant, node[1])))
                group = None if rule.group is None else (rule.group, binding)
                values = tuple(zip(names, map(constant, binding), strict=True))
                choice = Choice(atom, probability, rule, binding=values)
                self.chosen[key] = self._new_choice(choice, group)
            return self.chosen[key]

        return choose

    def cone(self, questions: Iterable[str], judged: Sequence[JudgedPredicate]) -> GroundProgram:
        """What the rows of some predicates depend on, without what is certain."""
        roots = [(name, tuple(row)) for name in questions for row in self.model.rows(name).tolist()]
        reads: dict[Node, list[Node]] = {}
        kept: dict[Node, tuple[GroundClause, ...]] = {}
        waiting = list(reversed(roots))
        while waiting:
            node = waiting.pop()
            if node in reads:
                continue
            ways = kept[node] = tuple(self._ways(node))
            below = dict.fromkeys(n for way in ways for n in (*way.positive, *way.negative))
            reads[node] = list(below)
            waiting += below
        components = tuple(strongly_connected(reads))
        needed = {way.choice for ways in kept.values() for way in ways if way.choice >= 0}
        groups = tuple(tuple(g) for g in self.groups if not needed.isdisjoint(g))
        self._judge(groups, judged)
        return GroundProgram(components, kept, tuple(self.choices), groups, self.model)

    def _judge(self, groups: Sequence[Sequence[int]], judged: Sequence[JudgedPredicate]) -> None:
        """Ask each model once, about everything that turned out to be needed."""
        for judge in judged:
            asked = [
                (number, question)
                for group in groups
                for number in group
                if (question := self.choices[number].judged) is not None
                and question.predicate == judge.predicate
            ]
            found = judge.probabilities([question for _, question in asked], self.model.symbols)
            for (number, _), chance in zip(asked, found, strict=True):
                self.choices[number] = replace(self.choices[number], probability=chance)

    def _ways(self, node: Node) -> Iterable[GroundClause]:
        if self._is_certain(node):
            return [GroundClause((), (), -1)]
        return self.clauses.get(node, ())

    def _is_certain(self, node: Node) -> bool:
        name, row = node
        rows = self.certain.get(name)
        if rows is None:
            rows = set(self.facts.tuples(name))
            if name in self.declared.settled:
                rows.update(map(tuple, self.model.rows(name).tolist()))
            self.certain[name] = rows
        return row in rows
