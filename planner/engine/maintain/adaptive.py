"""One layer that follows its facts, as tuples or on bit rows, whichever its sizes call for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.bits.matrix import MatrixFullError
from planner.engine.maintain.layer import MaintainedLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.clauses import Clause
    from planner.engine.extension import Extension
    from planner.engine.maintain.bit_rows import BitRows
    from planner.engine.maintain.change import Difference, Rows
    from planner.engine.maintain.layer import Journal
    from planner.engine.maintain.relation import Relations
    from planner.engine.maintain.thresholds import Thresholds
    from planner.engine.model import Model
    from planner.engine.program import Layer, Plan
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.relation import Row

__all__ = ["AdaptiveLayer", "signature_of"]

_NEVER = 2**62
# Ranks are made at once up to here, which takes 4 us a row; beyond, when a row is first lost.
_RANKED_ROWS = 20_000


class AdaptiveLayer:
    """A layer, kept as tuples until it is large and its rules allow bit rows.

    Args:
        plan: of the whole program.
        layer: one of its layers.
        relations: shared with the other layers. Those of a layer on bit rows are empty unless
            another layer reads them.
        explicit: the facts of each predicate.
        symbols: the table all codes belong to.
        thresholds: what is large.
    """

    def __init__(
        self,
        plan: Plan,
        layer: Layer,
        relations: Relations,
        explicit: Mapping[str, Rows],
        symbols: SymbolTable,
        thresholds: Thresholds,
    ) -> None:
        self.predicates = layer.predicates
        self.clauses = tuple(plan.clauses[index] for index in layer.clauses)
        self.tallies = layer.tallies
        self.signature = signature_of(plan, layer)
        self._plan, self._layer = plan, layer
        self._relations, self._explicit, self._symbols = relations, explicit, symbols
        self._thresholds = thresholds
        self._tuples = self._maintained(replace(plan, layers=(layer,)))
        self.reads = self._tuples.reads
        self.touches = (*self.predicates, *self.reads)
        self._parts: list[MaintainedLayer] = []
        self._bits: BitRows | None = None
        self._mirrored: dict[str, None] = {}
        is_possible = layer.is_recursive and not layer.tallies
        self._next_try = thresholds.bit_rows if is_possible else _NEVER

    def _maintained(self, plan: Plan) -> MaintainedLayer:
        return MaintainedLayer(
            plan, self._relations, self._explicit, self._symbols, self._thresholds
        )

    def begin(self, model: Model) -> None:
        """Start from what has been evaluated; what the layer reads is in place."""
        count = sum(model.count(name) for name in self.predicates)
        if count >= self._next_try:
            self._try_bits([])
        if self._bits is not None:
            names = [name for name in self.predicates if name in self._mirrored]
        elif self._layer.is_recursive and count <= _RANKED_ROWS:
            self._tuples.evaluate_again({}, [])
            return
        else:
            names = list(self.predicates)
        for name in names:
            self._take_rows(name, model)

    def _take_rows(self, name: str, model: Model) -> None:
        """Begin with the rows of a predicate, and with their ranks where rounds are known."""
        # Arrays are not needed by small programs.
        from planner.engine.maintain.rounds import rounds_of

        relation = self._relations[name]
        ranks = rounds_of(model.extension(name))
        if ranks is None:
            relation.reset([tuple(row) for row in model.rows(name).tolist()])
            return
        relation.resume(ranks, is_ranked=True)
        self._relations.clock = max(self._relations.clock, *ranks.values(), 0)

    def mirror(self, name: str, journal: Journal) -> None:
        """Keep a predicate as tuples, too, from now on: another layer reads it."""
        if name in self._mirrored:
            return
        self._mirrored[name] = None
        if self._bits is not None:
            self._relations[name].reset(self._bits.rows(name))

        def take_back() -> None:
            del self._mirrored[name]
            if self._bits is not None:
                self._relations[name].reset(())

        journal.append(take_back)

    # Changing.

    def update(self, changes: dict[str, Difference], journal: Journal) -> None:
        """Bring the layer up to date, as `MaintainedLayer.update` does."""
        if self._bits is None:
            self._tuples.update(changes, journal)
            self._after(journal)
            return
        for part in self._parts:
            if any(changes.get(name) for name in part.reads):
                part.update(changes, journal)
        try:
            journal.append(self._bits.update(changes))
        except MatrixFullError:
            self._leave_bits(journal)
            self._tuples.evaluate_again(changes, journal)
            return
        for name in self._mirrored:
            if changes.get(name):
                self._relations[name].take(changes[name].removed)
                self._relations[name].put(changes[name].added)
                journal.append(self._relations[name].way_back(changes[name]))

    def take_over(
        self, older: AdaptiveLayer, changes: dict[str, Difference], journal: Journal
    ) -> None:
        """Go on in place of a layer of the same predicates with other rules."""
        gone = _without(older.clauses, self.clauses)
        come = _without(self.clauses, older.clauses)
        older.become_tuples(journal)
        if self.tallies or older.tallies:
            self._tuples.evaluate_again(changes, journal)
        else:
            self._tuples.update(changes, journal, gone, come)
        self._after(journal)

    def evaluate_again(self, changes: dict[str, Difference], journal: Journal) -> None:
        """Bring the layer up to date from nothing."""
        self._tuples.evaluate_again(changes, journal)
        self._after(journal)

    def become_tuples(self, journal: Journal) -> None:
        """Leave bit rows."""
        if self._bits is not None:
            self._leave_bits(journal)

    def _after(self, journal: Journal) -> None:
        if self._tuples.row_count >= self._next_try:
            self._try_bits(journal)

    def _try_bits(self, journal: Journal) -> None:
        # Arrays are not needed by small programs.
        from planner.engine.maintain.bit_rows import BitRows, split

        parts = split(self._plan, self._layer)
        if parts is None:
            self._next_try = _NEVER
            return
        self._next_try = max(2 * self._tuples.row_count, self._next_try)
        self._parts = [self._maintained(plan) for plan in parts.layers]
        for part in self._parts:
            part.evaluate_again({}, journal)
        try:
            self._bits = BitRows(parts, self._relations, self._explicit)
        except MatrixFullError:
            return
        names = [name for name in self.predicates if name not in self._mirrored]
        before = {name: self._relations[name].rows for name in names}
        for name in names:
            self._relations[name].reset(())

        def take_back() -> None:
            self._bits = None
            for name, rows in before.items():
                self._relations[name].reset(rows)

        journal.append(take_back)

    def _leave_bits(self, journal: Journal) -> None:
        bits = self._bits
        assert bits is not None
        names = [name for name in self.predicates if name not in self._mirrored]
        for name in names:
            self._relations[name].reset(bits.rows(name))
        for name in self.predicates:
            self._relations[name].is_ranked = False
        self._bits = None

        def take_back() -> None:
            self._bits = bits
            for name in names:
                self._relations[name].reset(())

        journal.append(take_back)

    # Asking.

    def contains(self, name: str, row: Row) -> bool:
        """Whether a row is there."""
        if self._bits is not None:
            return self._bits.contains(name, row)
        return row in self._relations[name].rows

    def count(self, name: str) -> int:
        """Number of rows of a predicate."""
        return len(self._relations[name].rows) if self._bits is None else self._bits.count(name)

    def extension(self, name: str) -> Extension | None:
        """The rows of a predicate on bit rows, to stay as they are; else ``None``."""
        if self._bits is None:
            return None
        return self._bits.extension(name, max(1, (len(self._symbols) - 1).bit_length()))


def signature_of(plan: Plan, layer: Layer) -> object:
    """What layers of two plans have in common when they derive the same in the same way."""
    clauses = tuple((plan.clauses[i].head, plan.clauses[i].body) for i in layer.clauses)
    return layer.predicates, clauses, layer.tallies


def _without(clauses: Sequence[Clause], others: Sequence[Clause]) -> list[Clause]:
    known = {(clause.head, clause.body) for clause in others}
    return [clause for clause in clauses if (clause.head, clause.body) not in known]
