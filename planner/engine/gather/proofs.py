"""Why declared predicates hold: a kept number by the rule that gives it, a pair of an equivalence
by the shortest chain of stated pairs between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.engine.gather.kinds import GATHERED, STATED, Call, Keep, Merge, declared_name
from planner.engine.proofs import ByRule, Given, Proof
from planner.kr.formulas import TRUE, Atom
from planner.kr.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from planner.engine.clauses import Body, BodyLiteral
    from planner.engine.extension import Extension
    from planner.engine.facts import Facts
    from planner.engine.gather.kinds import Gathering

    Row: TypeAlias = tuple[int, ...]
    Fact: TypeAlias = tuple[str, Row]

__all__ = ["Split"]


class Split:
    """Predicates that declarations split into what is stated and what is gathered."""

    def __init__(
        self,
        gatherings: Iterable[Gathering],
        facts: Facts,
        extension: Callable[[str], Extension],
    ) -> None:
        self._facts = facts
        self._extension = extension
        self._given: dict[str, frozenset[Row]] = {}
        self._merged: set[str] = set()
        self._kept: set[str] = set()
        self._called: set[str] = set()
        for kind in gatherings:
            name = declared_name(kind.head.predicate)
            match kind:
                case Merge():
                    self._merged.add(name)
                case Keep():
                    self._kept.add(name)
                case Call():
                    self._called.add(name)
                case _:
                    pass

    def stated(self, predicate: str) -> str:
        """The name in the heads of the clauses of a predicate."""
        is_split = predicate in self._merged or predicate in self._kept
        return predicate + STATED if is_split else predicate

    def fact(self, predicate: str, row: Row) -> Fact:
        """The fact to prove for one of a declared predicate."""
        return (predicate + STATED, row) if predicate in self._kept else (predicate, row)

    def is_given(self, fact: Fact) -> bool:
        """Whether a stated row is a fact."""
        predicate = fact[0]
        if not predicate.endswith(STATED):
            return False
        if predicate not in self._given:
            self._given[predicate] = frozenset(self._facts.tuples(declared_name(predicate)))
        return fact[1] in self._given[predicate]

    def gathers(self, predicate: str) -> bool:
        """Whether rows of a predicate come from gathering and not from clauses."""
        name = declared_name(predicate)
        if predicate.endswith(GATHERED):
            return True
        return name == predicate and (name in self._merged or name in self._called)

    def premises(self, fact: Fact) -> list[Fact]:
        """What a gathered row rests on."""
        predicate, row = fact
        if predicate in self._merged:
            return self._chain(predicate, row)
        name = declared_name(predicate)
        return [(name + STATED, row)] if name in self._kept else []

    def _chain(self, predicate: str, row: Row) -> list[Fact]:
        """A shortest chain of stated pairs, all lower than the pair that they prove."""
        height = self._extension(predicate).round_of(row)
        stated = self._extension(predicate + STATED)
        first, last = row
        came: dict[int, tuple[int, Row]] = {first: (first, row)}
        waiting = [first]
        for code in waiting:
            if last in came:
                break
            edges = [(e[1], e) for e in stated.matching((0,), (code,))]
            edges += [(e[0], e) for e in stated.matching((1,), (code,))]
            for other, edge in edges:
                if other not in came and stated.round_of(edge) < height:
                    came[other] = (code, edge)
                    waiting.append(other)
        chain: list[Fact] = []
        while last != first:
            last, edge = came[last]
            chain.append((predicate + STATED, edge))
        return chain[::-1]

    def shown_body(self, body: Body) -> Iterator[BodyLiteral]:
        """A body under the names its users know."""
        return (literal for literal, _ in self.shown_parts(body))

    def shown_parts(self, body: Body) -> Iterator[tuple[BodyLiteral, tuple[int, ...]]]:
        """The same with the positions each literal stands for: a pair of an equivalence has two."""
        waiting: tuple[Atom, int] | None = None
        for position, literal in enumerate(body):
            if not isinstance(literal, Atom) or not literal.predicate.endswith(GATHERED):
                yield literal, (position,)
                continue
            name = declared_name(literal.predicate)
            if name in self._kept:
                yield Atom(name + STATED, literal.arguments, literal.span), (position,)
            elif waiting is None:
                waiting = literal, position
            else:
                (other, before), waiting = waiting, None
                members = other.arguments[0], literal.arguments[0]
                yield Atom(name, members, literal.span), (before, position)

    def gathered_proof(self, atom: Atom, predicate: str, premises: list[Proof]) -> Proof | None:
        """The proof of a pair, or of what a function computed; ``None`` for other facts."""
        if predicate in self._called:
            return Proof(atom, Given(atom, None))
        if predicate not in self._merged:
            return None
        if len(premises) == 1 and premises[0].atom == atom:
            return premises[0]
        rule = Rule(atom, TRUE, name=f"{predicate} is an equivalence")
        return Proof(atom, ByRule(rule, tuple(premises), ()))
