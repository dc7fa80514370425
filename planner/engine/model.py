"""The result of forward chaining: what holds, and questions about it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast

from planner.engine.extension import Extension, TinyExtension
from planner.kr.formulas import Atom
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from planner.engine.explain import Explainer
    from planner.engine.facts import Facts
    from planner.engine.program import Plan
    from planner.engine.proofs import Proof, WhyNot
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.quick import Tables
    from planner.interfaces import IntArray
    from planner.kr.formulas import Formula
    from planner.kr.rules import Predicate
    from planner.kr.terms import Constant

    CodedTables: TypeAlias = dict[str, dict[tuple[int, ...], int]]

__all__ = ["Model"]

# Facts beyond this number are kept as columns, as in the runs tier.
_TINY_ROWS = 2_000
_NAMES = frozenset({str})
_NO_ARITIES: Mapping[str, int] = MappingProxyType({})


class Model:
    """What holds after an evaluation; it does not change.

    Attributes:
        facts: what it was evaluated from.
        partial: predicates that lack rows which a goal has nothing to do with.
    """

    def __init__(
        self,
        plan: Plan | Callable[[], Plan],
        facts: Facts,
        extensions: Mapping[str, Extension],
        rows: CodedTables | None = None,
        named: Tables | None = None,
        arities: Mapping[str, int] = _NO_ARITIES,
        partial: Iterable[str] = (),
    ) -> None:
        """Take in what an evaluation found.

        Args:
            plan: or a function that makes it, for evaluations that went without.
            facts: what it began with.
            extensions: by predicate.
            rows: further predicates, those that are not empty: each row with its round.
            named: instead of them, rows of constants that are interned when a code is asked for.
            arities: of all further predicates.
            partial: predicates of which only a part was derived.
        """
        self._plan = plan
        self.facts = facts
        self._extensions = dict(extensions)
        self._rows = rows
        self._named = named
        self._arities = arities
        self.partial = tuple(partial)
        self._explainer: Explainer | None = None

    @property
    def plan(self) -> Plan:
        """The rules it was evaluated with."""
        if callable(self._plan):
            self._plan = self._plan()
        return self._plan

    @property
    def declared(self) -> tuple[Predicate, ...]:
        """The predicates whose declarations the evaluation heeded."""
        return () if callable(self._plan) else self._plan.declared

    @property
    def symbols(self) -> SymbolTable:
        """Names for the codes."""
        if self._named is not None and self._rows is None:
            self._coded()
        return self.facts.symbols

    def _coded(self) -> CodedTables:
        """The further predicates' rows as codes."""
        if self._rows is None:
            code = cast("Callable[[object], int]", self.facts.symbols.code)
            self._rows = {
                name: {tuple(map(code, row)): number for row, number in rows.items()}
                for name, rows in (self._named or {}).items()
            }
        return self._rows

    def predicates(self) -> tuple[str, ...]:
        """Predicates of the facts, then those the rules add; the engine's own left out."""
        names = dict.fromkeys((*self.facts.predicates(), *self._arities, *self._extensions))
        return tuple(name for name in names if "#" not in name)

    def extension(self, predicate: str) -> Extension:
        """The rows of a predicate behind their interface; empty for an unknown one."""
        found = self._extensions.get(predicate)
        if found is None:
            rounds = self._coded().get(predicate)
            arity = self._arities.get(predicate, self.facts.arity(predicate))
            if arity is not None and (rounds is not None or predicate in self._arities):
                found = TinyExtension(rounds or {}, arity)
            else:
                found = self._of_facts(predicate)
            self._extensions[predicate] = found
        return found

    def _of_facts(self, predicate: str) -> Extension:
        """The rows of a predicate that no rule names."""
        if len(self.facts) <= _TINY_ROWS:
            rounds = self.facts.lend((predicate,))[predicate]
            return TinyExtension(rounds, self.facts.arity(predicate) or 0)
        rows = self.facts.array(predicate)
        if len(rows) <= _TINY_ROWS:
            rounds = dict.fromkeys(self.facts.tuples(predicate), 0)
            return TinyExtension(rounds, rows.shape[1])
        from planner.engine.runs.relation import Relation
        from planner.engine.runs.view import RunsExtension

        bits = max(1, (len(self.symbols) - 1).bit_length())
        return RunsExtension(Relation.of(predicate, rows, bits))

    def rows(self, predicate: str) -> IntArray:
        """The rows of a predicate as codes, shape (n, arity), in lexicographic order."""
        return self.extension(predicate).rows()

    def count(self, predicate: str) -> int:
        """Number of rows of a predicate."""
        return len(self.extension(predicate))

    def atoms(self, predicate: str) -> Iterator[Atom]:
        """The facts of a predicate, in the order of `rows`."""
        constant = self.symbols.constant
        for row in self.rows(predicate).tolist():
            yield Atom(predicate, tuple(constant(code) for code in row))

    def row(self, atom: Atom) -> tuple[int, ...] | None:
        """The codes of a ground atom's arguments, ``None`` when one was never seen."""
        found = self.symbols.find_row(atom.arguments)
        if found is not None:
            return found
        row: list[int] = []
        for argument in atom.arguments:
            if isinstance(argument, Variable | Arithmetic | FunctionTerm):
                raise ValueError(f"not a ground atom: {atom}")
            code = self.symbols.find(argument)
            if code is None:
                return None
            row.append(code)
        return tuple(row)

    def holds(self, atom: Atom) -> bool:
        """Whether a ground atom is true."""
        if self._named is not None:
            named = self._named.get(atom.predicate)
            if named is not None and atom.arguments in named:
                return True
            if _NAMES.issuperset(map(type, atom.arguments)):
                return False
        row = self.symbols.find_row(atom.arguments) or self.row(atom)
        if row is None:
            return False
        rows = self._coded().get(atom.predicate)
        return row in rows if rows is not None else self.extension(atom.predicate).contains(row)

    def query(self, formula: Formula) -> list[dict[str, Constant]]:
        """The distinct bindings of a formula's variables, in the order of their codes.

        Anonymous variables are not reported; a formula without variables has one empty binding
        when it is true.

        Raises:
            InputError: when the formula leaves a variable unbound, or reads a predicate with
                another arity than it has.
        """
        from planner.engine.query import answer

        return answer(self, formula)

    def prove(self, atom: Atom) -> Proof | None:
        """A proof of least height, ``None`` when the atom does not hold.

        Shallow ones are found by looking back in the model, those on bit rows along their edges;
        for others heights are worked out: of what the atom can rest on where that is little, else
        of the whole model.
        """
        return self._explain().prove(atom)

    def proofs(self, atom: Atom, count: int) -> tuple[Proof, ...]:
        """Up to ``count`` different proofs, the lowest first; none when the atom does not hold."""
        return self._explain().proofs(atom, count)

    def why_not(self, atom: Atom) -> WhyNot:
        """For each rule that could derive the atom its nearest failing instance."""
        return self._explain().why_not(atom)

    @property
    def explainer(self) -> Explainer:
        """What finds proofs and derivations; made when it is first asked for."""
        return self._explain()

    def _explain(self) -> Explainer:
        if self._explainer is None:
            # Explanations are asked for rarely, and not by what grounds or searches.
            from planner.engine.explain import Explainer
            from planner.engine.forward import run_as_planned
            from planner.engine.provenance.cone import heights_of

            self._explainer = Explainer(self, lambda: heights_of(self, run_as_planned))
        return self._explainer
