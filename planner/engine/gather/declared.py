"""Clauses as the declarations of predicates want them.

A predicate that gathers is split in two: facts and heads speak of what is stated, bodies read what
is gathered from it. An atom ``same(x, y)`` of an equivalence becomes ``same#gathered(x, r)`` and
``same#gathered(y, r)``; a foreign atom asks for its inputs first, by a clause of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from planner.engine.clauses import Absent, Body, BodyLiteral, Clause, Fold, open_variables
from planner.engine.gather.kinds import GATHERED, STATED, Call, Gathering, Keep, Merge, Single
from planner.engine.safety import bound_by
from planner.errors import InputError
from planner.kr.formulas import Atom, Comparison, expression_variables
from planner.kr.terms import VALUE_TYPES, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from planner.engine.gather.foreign import Foreign
    from planner.kr.rules import Predicate

__all__ = ["ASKED", "declare", "over_classes"]

ASKED = "#asked"
"""Ends the name of the inputs that a foreign predicate was asked about."""


def declare(
    clauses: Sequence[Clause],
    declared: Iterable[Predicate],
    functions: Mapping[str, Foreign],
) -> tuple[list[Clause], list[Gathering]]:
    """The clauses over what is stated and gathered, and what is to be gathered.

    Raises:
        InputError: for a foreign predicate without a function, or whose inputs nothing binds.
    """
    return _Declaring(declared, functions).run(clauses)


def over_classes(clauses: Iterable[Clause], declared: Iterable[Predicate]) -> list[Clause]:
    """Clauses that read a finished model: pairs of equivalences by their representatives."""
    merged = [p for p in declared if "equivalence" in p.properties]
    declaring = _Declaring(merged, {})
    return [declaring.reading(clause) for clause in clauses]


class _Declaring:
    def __init__(self, declared: Iterable[Predicate], functions: Mapping[str, Foreign]) -> None:
        predicates = list(declared)
        self._equivalences = [p for p in predicates if "equivalence" in p.properties]
        self._kept = [p for p in predicates if p.keep]
        self._single = [p for p in predicates if "functional" in p.properties]
        self._foreign = {p.name for p in predicates if p.foreign is not None}
        self._functions = functions
        self._merged = {p.name for p in self._equivalences}
        self._split = self._merged | {p.name for p in self._kept}
        self._classes = 0

    def run(self, clauses: Sequence[Clause]) -> tuple[list[Clause], list[Gathering]]:
        made = [self._clause(clause) for clause in clauses]
        asking = [ask for clause in made for ask in self._asking(clause)]
        gatherings: list[Gathering] = []
        for predicate in self._equivalences:
            made += self._stated(predicate)
            gatherings.append(Merge(_head(predicate, GATHERED), predicate.name + STATED))
        for predicate in self._kept:
            made += self._stated(predicate)
            head, stated = _head(predicate, GATHERED), predicate.name + STATED
            assert predicate.keep
            gatherings.append(Keep(head, stated, predicate.keep))
        gatherings += [Single(_head(predicate, "")) for predicate in self._single]
        for name in dict.fromkeys(ask.head.predicate.removesuffix(ASKED) for ask in asking):
            foreign = self._functions[name]
            places = (Variable(f"x{i}") for i in range(foreign.inputs + len(foreign.outputs)))
            gatherings.append(Call(Atom(name, tuple(places)), name + ASKED, foreign))
        return [*made, *asking], gatherings

    def _stated(self, predicate: Predicate) -> Iterator[Clause]:
        """What is stated: the facts, and of an equivalence that everything equals itself."""
        stated = _head(predicate, STATED)
        yield Clause(stated, (_head(predicate, ""),), -1)
        x = Variable("x")
        if "equivalence" in predicate.properties:
            for kind in predicate.types[0]:
                if kind not in VALUE_TYPES:
                    yield Clause(Atom(stated.predicate, (x, x)), (Atom(kind, (x,)),), -1)

    # Splitting.

    def reading(self, clause: Clause) -> Clause:
        """The clause over what is gathered."""
        return replace(clause, body=self._body(clause.body))

    def _clause(self, clause: Clause) -> Clause:
        head = clause.head
        if head.predicate in self._split:
            head = replace(head, predicate=head.predicate + STATED)
        return replace(clause, head=head, body=self._body(clause.body))

    def _body(self, body: Body) -> Body:
        return tuple(part for literal in body for part in self._literal(literal))

    def _literal(self, literal: BodyLiteral) -> Iterator[BodyLiteral]:
        if isinstance(literal, Atom):
            if literal.predicate in self._merged:
                yield from self._pair(literal)
            elif literal.predicate in self._split:
                yield replace(literal, predicate=literal.predicate + GATHERED)
            else:
                yield literal
        elif isinstance(literal, Comparison):
            yield literal
        else:
            yield replace(literal, bodies=tuple(self._body(one) for one in literal.bodies))

    def _pair(self, atom: Atom) -> Iterator[Atom]:
        self._classes += 1
        shared = Variable(f"class#{self._classes}")
        for member in atom.arguments:
            yield Atom(atom.predicate + GATHERED, (member, shared), atom.span)

    # Asking.

    def _asking(self, clause: Clause) -> Iterator[Clause]:
        yield from self._ask(clause.body, (), clause.rule)

    def _ask(self, body: Body, outer: Body, rule: int) -> Iterator[Clause]:
        """For each foreign atom a clause that asks for its inputs.

        ``outer`` is what holds around a nested body and binds variables for it. A foreign atom is
        asked once the others bind its inputs, those included that were asked before it.
        """
        plain = [part for part in body if isinstance(part, Atom | Comparison)]
        waiting = [part for part in plain if self._is_foreign(part)]
        ready: list[BodyLiteral] = [*outer, *(part for part in plain if part not in waiting)]
        while waiting:
            bound = bound_by(ready)
            atom = next((a for a in waiting if not self._missing(a, bound)), None)
            if atom is None:
                names = ", ".join(f"?{name}" for name in self._missing(waiting[0], bound))
                hint = "bind it by an atom beside it"
                raise InputError(f"`{waiting[0]}` needs a value for {names} first: {hint}")
            given = atom.arguments[: self._function(atom).inputs]
            yield Clause(Atom(atom.predicate + ASKED, given), _closed(ready, bound), rule)
            waiting.remove(atom)
            ready.append(atom)
        for literal in body:
            if isinstance(literal, Absent | Fold):
                for inner in literal.bodies:
                    yield from self._ask(inner, _closed(ready, bound_by(ready)), rule)

    def _is_foreign(self, literal: BodyLiteral) -> TypeGuard[Atom]:
        return isinstance(literal, Atom) and literal.predicate in self._foreign

    def _function(self, atom: Atom) -> Foreign:
        foreign = self._functions.get(atom.predicate)
        if foreign is None:
            place = f" ({atom.span})" if atom.span else ""
            hint = f"give one from Python, `functions={{'{atom.predicate}': ...}}`"
            raise InputError(f"`{atom.predicate}` is foreign and has no function{place}: {hint}")
        return foreign

    def _missing(self, atom: Atom, bound: Collection[str]) -> list[str]:
        """The inputs of a foreign atom that have no value yet."""
        given = atom.arguments[: self._function(atom).inputs]
        names = dict.fromkeys(name for a in given for name in expression_variables(a))
        return [name for name in names if name not in bound]


def _head(predicate: Predicate, suffix: str) -> Atom:
    return Atom(predicate.name + suffix, tuple(Variable(f"x{i}") for i in range(predicate.arity)))


def _closed(literals: Iterable[BodyLiteral], bound: Collection[str]) -> Body:
    """The atoms, and the comparisons all of whose variables have values."""
    return tuple(
        literal
        for literal in literals
        if isinstance(literal, Atom)
        or (isinstance(literal, Comparison) and all(v in bound for v in open_variables(literal)))
    )
