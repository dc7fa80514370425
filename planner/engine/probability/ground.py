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
from planner.engine.normalize import normalize
from planner.engine.probability.uncertain import split_clauses, uncertain_predicates
from planner.engine.program import plan_clauses
from planner.kr.formulas import Atom, expression_variables, free_variables
from planner.kr.strata import strongly_connected
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.model import Model
    from planner.engine.probability.uncertain import SplitClause
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
        probabilities: of each random choice; choices are independent.
        model: in which every uncertain atom that can hold does.
    """

    components: tuple[tuple[Node, ...], ...]
    clauses: Mapping[Node, tuple[GroundClause, ...]]
    probabilities: tuple[float, ...]
    model: Model


def ground_program(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    questions: Iterable[str],
) -> GroundProgram:
    """Ground everything that the questions, predicates without uncertain facts, depend on.

    Args:
        rules: with or without probabilities.
        facts: what is certain; the uncertain facts are not among them.
        uncertain_facts: independent of one another; equal atoms are several causes.
        questions: predicates of whose rows the probability is asked.

    Raises:
        UnsupportedError: for aggregates over uncertain predicates.
    """
    normal = normalize([replace(rule, probability=None) for rule in rules])
    chancy = {i for i, rule in enumerate(rules) if rule.probability is not None}
    sources = [fact.atom.predicate for fact in uncertain_facts]
    sources += [c.head.predicate for c in normal.clauses if c.rule in chancy]
    uncertain = uncertain_predicates(normal.clauses, sources)
    split = split_clauses(normal.clauses, normal.tallies, uncertain)
    listed = [_listing(number, clause) for number, clause in enumerate(split)]
    clauses = [part for pair in listed for part in pair]
    everything = Facts(facts.symbols)
    for name in facts.predicates():
        everything.add_rows(name, facts.array(name))
    for fact in uncertain_facts:
        everything.add(fact.atom)
    model = Program(plan_clauses(rules, clauses, normal.tallies)).run(everything)
    grounder = _Grounder(rules, facts, model)
    for fact in uncertain_facts:
        grounder.add_fact(fact)
    for (lister, _), clause in zip(listed, split, strict=True):
        grounder.add_clause(lister, clause)
    return grounder.cone(questions)


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


class _Grounder:
    def __init__(self, rules: Sequence[Rule], facts: Facts, model: Model) -> None:
        self.rules = rules
        self.facts = facts
        self.model = model
        self.certain: dict[str, set[tuple[int, ...]]] = {}
        self.clauses: dict[Node, list[GroundClause]] = {}
        self.probabilities: list[float] = []
        self.choices: dict[tuple[int, tuple[int, ...]], int] = {}
        self.uncertain: set[str] = set()

    def add_fact(self, fact: ProbabilisticFact) -> None:
        row = self.model.row(fact.atom)
        assert row is not None
        self.uncertain.add(fact.atom.predicate)
        self.probabilities.append(float(fact.probability))
        choice = len(self.probabilities) - 1
        self.clauses.setdefault((fact.atom.predicate, row), []).append(GroundClause((), (), choice))

    def add_clause(self, lister: Clause, clause: SplitClause) -> None:
        names = [a.name for a in lister.head.arguments if isinstance(a, Variable)]
        place = {name: column for column, name in enumerate(names)}
        head, negated = (
            self._maker(clause.head, place),
            [self._maker(a, place) for a in clause.negated],
        )
        kept = [self._maker(a, place) for a in clause.kept if isinstance(a, Atom)]
        chosen = self._choosing(clause, place)
        for row in self.model.rows(lister.head.predicate).tolist():
            made = GroundClause(
                tuple(make(row) for make in kept),
                tuple(make(row) for make in negated),
                chosen(row),
            )
            self.clauses.setdefault(head(row), []).append(made)

    def _maker(self, atom: Atom, place: Mapping[str, int]) -> Callable[[list[int]], Node]:
        name, code = atom.predicate, self.model.symbols.code
        parts = [
            (place[a.name], 0) if isinstance(a, Variable) else (-1, code(a))  # type: ignore[arg-type]
            for a in atom.arguments
        ]
        return lambda row: (name, tuple(row[c] if c >= 0 else fixed for c, fixed in parts))

    def _choosing(
        self, clause: SplitClause, place: Mapping[str, int]
    ) -> Callable[[list[int]], int]:
        """The random choice of an instance: one for each binding of the rule's own variables."""
        rule = self.rules[clause.rule] if clause.rule >= 0 else None
        if rule is None or rule.probability is None:
            return lambda _row: -1
        probability = float(rule.probability)
        own = [
            *free_variables(rule.body),
            *(v for a in rule.head.arguments for v in expression_variables(a)),
        ]
        columns = [place[name] for name in dict.fromkeys(own) if name in place]

        def choose(row: list[int]) -> int:
            key = (clause.rule, tuple(row[c] for c in columns))
            if key not in self.choices:
                self.choices[key] = len(self.probabilities)
                self.probabilities.append(probability)
            return self.choices[key]

        return choose

    def cone(self, questions: Iterable[str]) -> GroundProgram:
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
        return GroundProgram(components, kept, tuple(self.probabilities), self.model)

    def _ways(self, node: Node) -> Iterable[GroundClause]:
        if self._is_certain(node):
            return [GroundClause((), (), -1)]
        return self.clauses.get(node, ())

    def _is_certain(self, node: Node) -> bool:
        name, row = node
        rows = self.certain.get(name)
        if rows is None:
            rows = self.certain[name] = set(self.facts.tuples(name))
        return row in rows
