"""The magic sets transformation (Beeri and Ramakrishnan 1991), for stratified programs.

A derived predicate that is read with some columns bound gets a copy for those columns,
``path#bf`` for the first of two, and a predicate ``path#bf?`` of the values that are asked for;
the clauses of the copy begin with it. What is read under a negation or in an aggregate must be
complete, so that predicate and all it depends on keep their clauses as they are: these never read
a demand, and the strata stay strata. Values that arithmetic or an aggregate made are not asked
for, as there may be no end of them; a goal then meets only constants that the whole model has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import Absent, Clause, Fold, open_variables, schedule
from planner.engine.program import atoms_in
from planner.kr.formulas import Atom, Comparison
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.clauses import BodyLiteral, Tally
    from planner.kr.terms import Expression

    # A predicate with the columns that are bound.
    Asked: TypeAlias = tuple[str, tuple[int, ...]]

__all__ = ["Demanded", "demand"]


@dataclass(frozen=True, slots=True)
class Demanded:
    """Clauses that derive what one predicate needs.

    Attributes:
        asked: names of the demand predicates; nothing was bound when there is none.
    """

    clauses: tuple[Clause, ...]
    tallies: tuple[Tally, ...]
    asked: tuple[str, ...]


def demand(clauses: Sequence[Clause], tallies: Sequence[Tally], goal: str) -> Demanded:
    """The clauses, rewritten for the rows of ``goal``, which is derived and read by no clause."""
    return _Rewriter(clauses, tallies).run(goal)


class _Rewriter:
    def __init__(self, clauses: Sequence[Clause], tallies: Sequence[Tally]) -> None:
        self.by_head: dict[str, list[Clause]] = {}
        for clause in clauses:
            self.by_head.setdefault(clause.head.predicate, []).append(clause)
        self.tallies = {tally.head.predicate: tally for tally in tallies}
        self.whole: dict[str, None] = {}
        self.made: list[Clause] = []
        self.done: dict[Asked, None] = {}

    def run(self, goal: str) -> Demanded:
        """Rewrite; begins anew whenever a predicate turns out to be needed as a whole."""
        for name in self._read_whole(goal):
            self._need_whole(name)
        known = -1
        while known < len(self.whole):
            known = len(self.whole)
            self.made, self.done = [], {}
            waiting: list[Asked] = [(goal, ())]
            while waiting:
                asked = waiting.pop()
                if asked not in self.done:
                    self.done[asked] = None
                    for clause in self.by_head[asked[0]]:
                        waiting += self._rewritten(clause, asked)
        kept = [c for name in self.whole for c in self.by_head.get(name, ())]
        tallies = tuple(self.tallies[name] for name in self.whole if name in self.tallies)
        demands = tuple(_demand_name(asked) for asked in self.done if asked[1])
        return Demanded((*kept, *self.made), tallies, demands)

    def _read_whole(self, goal: str) -> Iterator[str]:
        """What the goal's clauses, or those they lead to, read in nested bodies; all tallies."""
        seen = {goal: None}
        waiting = [goal]
        while waiting:
            for clause in self.by_head.get(waiting.pop(), ()):
                for literal in clause.body:
                    nested = isinstance(literal, Absent | Fold)
                    for atom in atoms_in((literal,)):
                        name = atom.predicate
                        if nested or name in self.tallies:
                            yield name
                        if name not in seen:
                            seen[name] = None
                            waiting.append(name)

    def _need_whole(self, name: str) -> None:
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in self.whole or (name not in self.by_head and name not in self.tallies):
                continue
            self.whole[name] = None
            for clause in self.by_head.get(name, ()):
                waiting += [atom.predicate for atom in atoms_in(clause.body)]
            if name in self.tallies:
                waiting += [self.tallies[name].met, self.tallies[name].guard]

    def _rewritten(self, clause: Clause, asked: Asked) -> list[Asked]:
        """Add the clause's copy, and what asks for the atoms of its body; returns those."""
        columns = asked[1]
        head = clause.head
        body: list[BodyLiteral] = []
        given: set[str] = set()
        if columns:
            head = replace(head, predicate=_copy_name(asked))
            body.append(Atom(_demand_name(asked), tuple(head.arguments[c] for c in columns)))
            given.update(open_variables(body[0]))
            self._state_facts(asked, len(head.arguments))
        found: list[Asked] = []
        passed = set(given)
        for index in schedule(clause.body, given):
            literal = clause.body[index]
            if isinstance(literal, Atom) and self._is_copied(literal.predicate):
                bound = tuple(c for c, a in enumerate(literal.arguments) if _is_given(a, passed))
                if bound:
                    part = literal.predicate, bound
                    found.append(part)
                    self._ask(part, literal, body)
                    literal = replace(literal, predicate=_copy_name(part))
                else:
                    self._need_whole(literal.predicate)
            body.append(literal)
            passed.update(_passes(literal, passed))
        self.made.append(Clause(head, tuple(body), clause.rule))
        return found

    def _is_copied(self, name: str) -> bool:
        return name in self.by_head and name not in self.whole

    def _ask(self, part: Asked, atom: Atom, before: list[BodyLiteral]) -> None:
        head = Atom(_demand_name(part), tuple(atom.arguments[c] for c in part[1]))
        # A demand that asks for itself says nothing.
        if head not in before:
            self.made.append(Clause(head, tuple(before), -1))

    def _state_facts(self, asked: Asked, arity: int) -> None:
        """Facts of a derived predicate are under its own name."""
        row = tuple(Variable(f"v{c}") for c in range(arity))
        wanted = Atom(_demand_name(asked), tuple(row[c] for c in asked[1]))
        stated = Clause(Atom(_copy_name(asked), row), (wanted, Atom(asked[0], row)), -1)
        if stated not in self.made:
            self.made.append(stated)


def _passes(literal: BodyLiteral, passed: set[str]) -> Sequence[str]:
    """Variables whose values a literal takes from facts, or from others that are passed on."""
    if isinstance(literal, Atom):
        return open_variables(literal)
    if isinstance(literal, Comparison) and literal.operator == "=":
        sides = (literal.left, literal.right)
        if any(_is_given(side, passed) for side in sides):
            return [side.name for side in sides if isinstance(side, Variable)]
    return ()


def _is_given(term: Expression, passed: set[str]) -> bool:
    if isinstance(term, Variable):
        return term.name in passed
    return not isinstance(term, Arithmetic | FunctionTerm)


def _copy_name(asked: Asked) -> str:
    name, columns = asked
    return f"{name}#{'.'.join(map(str, columns))}"


def _demand_name(asked: Asked) -> str:
    return f"{_copy_name(asked)}?"
