"""A change to a live model, and why it made true or false what it did."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from planner.engine.facts import Facts
from planner.engine.forward import Program
from planner.engine.maintain.change import Difference
from planner.engine.proofs import ByRule, Given
from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.engine.model import Model
    from planner.engine.program import Plan
    from planner.engine.proofs import Proof
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.relation import Row
    from planner.kr.rules import Rule

__all__ = ["Change", "net"]

_OPEN = (Variable, Arithmetic, FunctionTerm)


class Source(Protocol):
    """The live model behind a change."""

    @property
    def symbols(self) -> SymbolTable:
        """Names for the codes."""
        ...

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        ...

    def model(self) -> Model:
        """What holds now."""
        ...


class Change:
    """What an update made true and false, stated facts and derived atoms alike.

    Args:
        source: the model that changed.
        version: of the model after the change.
        seen: what changed, by predicate.
        stated: the facts that were added and taken away.
        plan: of the rules before.
    """

    def __init__(
        self,
        source: Source,
        version: int,
        seen: Mapping[str, Difference],
        stated: Mapping[str, Difference],
        plan: Plan,
    ) -> None:
        self._source, self._version = source, version
        self._seen, self._stated, self._plan = seen, stated, plan

    def __bool__(self) -> bool:
        return any(self._seen.values())

    @cached_property
    def added(self) -> Mapping[str, tuple[Row, ...]]:
        """Rows that became true, as codes, by predicate."""
        return MappingProxyType({n: tuple(d.added) for n, d in self._seen.items() if d.added})

    @cached_property
    def removed(self) -> Mapping[str, tuple[Row, ...]]:
        """Rows that became false, as codes, by predicate."""
        return MappingProxyType({n: tuple(d.removed) for n, d in self._seen.items() if d.removed})

    def became_true(self, predicate: str | None = None) -> Iterator[Atom]:
        """Atoms that became true, of one predicate or of all."""
        return self._atoms(self.added, predicate)

    def became_false(self, predicate: str | None = None) -> Iterator[Atom]:
        """Atoms that became false, of one predicate or of all."""
        return self._atoms(self.removed, predicate)

    def why(self, atom: Atom) -> Proof:
        """The proof that an atom has since this change, or that it had until then.

        Works until the model changes again: while observers are called, say. The first question
        evaluates the rules anew, as `planner.engine.model.Model.prove` does.

        Raises:
            InputError: for an atom that did not change, and when the model has changed since.
        """
        if self._source.version != self._version:
            raise InputError("the model has changed again: ask why while a change is reported")
        row = self._row(atom)
        difference = self._seen.get(atom.predicate, Difference())
        if row in difference.added:
            proof = self._source.model().prove(atom)
        elif row in difference.removed:
            proof = self._before.prove(atom)
        else:
            raise InputError(f"this change made {atom} neither true nor false")
        assert proof is not None
        return proof

    def causes(self, atom: Atom) -> tuple[Atom | Rule, ...]:
        """The stated facts and the rules in that proof which this change brought or took away.

        Where a negation has turned, it is the proof's other parts that stayed: the result may
        then be empty.
        """
        rules = self._changed_rules()
        found: dict[Atom | Rule, None] = {}
        for part in self.why(atom).steps():
            match part.justification:
                case Given(fact) if self._was_stated(fact):
                    found[fact] = None
                case ByRule(rule) if rule in rules:
                    found[rule] = None
                case _:
                    pass
        return tuple(found)

    @cached_property
    def _before(self) -> Model:
        """What held before, evaluated again."""
        after = self._source.model().facts
        facts = Facts(self._source.symbols)
        for name in dict.fromkeys((*after.predicates(), *self._stated)):
            difference = self._stated.get(name, Difference())
            kept = [row for row in after.tuples(name) if row not in difference.added]
            for row in (*kept, *difference.removed):
                facts.add_row(name, row)
        return Program(self._plan).run(facts)

    def _changed_rules(self) -> list[Rule]:
        before, after = self._plan.rules, self._source.model().plan.rules
        if before == after:
            return []
        return [r for r in before if r not in after] + [r for r in after if r not in before]

    def _was_stated(self, fact: Atom) -> bool:
        row = self._row(fact)
        difference = self._stated.get(fact.predicate, Difference())
        return row in difference.added or row in difference.removed

    def _row(self, atom: Atom) -> tuple[int | None, ...]:
        """Codes of the arguments, ``None`` for what is no known constant."""
        find = self._source.symbols.find
        return tuple(None if isinstance(a, _OPEN) else find(a) for a in atom.arguments)

    def _atoms(self, rows: Mapping[str, tuple[Row, ...]], predicate: str | None) -> Iterator[Atom]:
        constant = self._source.symbols.constant
        for name in rows if predicate is None else (predicate,):
            for row in rows.get(name, ()):
                yield Atom(name, tuple(constant(code) for code in row))


def net(changes: Sequence[Change], source: Source, version: int) -> Change:
    """Several changes as one: what came and went again is left out."""
    if len(changes) == 1:
        return changes[0]
    seen = _merged([change._seen for change in changes])
    stated = _merged([change._stated for change in changes])
    return Change(source, version, seen, stated, changes[0]._plan)


def _merged(parts: Sequence[Mapping[str, Difference]]) -> dict[str, Difference]:
    merged: dict[str, Difference] = {}
    for part in parts:
        for name, difference in part.items():
            whole = merged.setdefault(name, Difference())
            for row in difference.removed:
                if whole.added.pop(row, row) is not None:
                    whole.removed[row] = None
            for row in difference.added:
                if whole.removed.pop(row, row) is not None:
                    whole.added[row] = None
    return {name: difference for name, difference in merged.items() if difference}
