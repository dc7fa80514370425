"""Semi-naive evaluation in the runs tier."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.run import run_bit_layer
from planner.engine.bits.shape import bit_layer
from planner.engine.bits.view import BitExtension
from planner.engine.clauses import Tally, open_variables
from planner.engine.located import in_rule
from planner.engine.program import atoms_in, plan_clauses, reads_of
from planner.engine.runs.joins import Joiner, MoreBitsNeededError
from planner.engine.runs.order import PlannedLiteral, order_body
from planner.engine.runs.relation import Relation
from planner.engine.runs.split import split_layer
from planner.engine.runs.view import RunsExtension
from planner.errors import InputError, LimitError
from planner.kr.formulas import Atom
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.engine.bits.shape import BitLayer
    from planner.engine.bits.view import BitRelation
    from planner.engine.clauses import Clause
    from planner.engine.extension import Extension
    from planner.engine.facts import Facts
    from planner.engine.forward import Tier
    from planner.engine.gather.kinds import Gathering
    from planner.engine.gather.on_columns import ColumnGatherer
    from planner.engine.profile import Profile
    from planner.engine.program import Layer, Plan
    from planner.engine.runs.relation import DistinctBy
    from planner.engine.runs.table import Table
    from planner.interfaces import IntArray
    from planner.kr.terms import Expression

__all__ = ["run_plan"]

_CODE_BITS = 31
_DISTINCT_BY: dict[str, DistinctBy] = {"sorted": "runs", "hash": "hash"}


def run_plan(
    plan: Plan,
    facts: Facts,
    check: Callable[[], None],
    *,
    tier: Tier = "auto",
    profile: Profile | None = None,
) -> Mapping[str, Extension]:
    """Evaluate to the fixpoint.

    Args:
        plan: the rules.
        facts: what to begin with.
        check: called between rounds and between pieces of large joins; raises to stop.
        tier: which representations to choose from.
        profile: receives what each clause costs.

    Raises:
        InputError: when a number leaves the 64-bit range.
    """
    for constant in plan.constants:
        facts.symbols.code(constant)
    bits = max(1, (len(facts.symbols) - 1).bit_length())
    if plan.makes_values:
        bits = min(_CODE_BITS, max(16, bits + 2))
    while True:
        try:
            return _Run(plan, facts, bits, check, tier, profile).run()
        except MoreBitsNeededError:
            bits = min(_CODE_BITS, max(bits + 4, len(facts.symbols).bit_length() + 1))


class _Run:
    def __init__(
        self,
        plan: Plan,
        facts: Facts,
        bits: int,
        check: Callable[[], None],
        tier: Tier,
        profile: Profile | None,
    ) -> None:
        self.profile = profile
        self.use_bits = tier in ("auto", "tiny", "bits", "lists") and not plan.exact_rounds
        self.on_bits: dict[str, BitRelation] = {}
        self.plan = plan
        self.facts = facts
        self.check = check
        self.round = 0
        self.tier = tier
        self.distinct_by: DistinctBy = _DISTINCT_BY.get(tier, "auto")
        self.relations = {
            name: self._relation(name, arity, bits) for name, arity in plan.arities.items()
        }
        for tally in (tally for layer in plan.layers for tally in layer.tallies):
            arity = len(tally.head.arguments)
            self.relations.setdefault(
                tally.head.predicate, self._relation(tally.head.predicate, arity, bits)
            )
            for name in reads_of(tally):
                # A body without alternatives derives nothing, so no clause names the predicate.
                self.relations.setdefault(name, self._relation(name, 1, bits))
        self.joiner = Joiner(self.relations, facts.symbols, bits, check)
        self.orders: dict[tuple[int, int, tuple[int, ...]], tuple[PlannedLiteral, ...]] = {}

    def _relation(self, name: str, arity: int, bits: int) -> Relation:
        return Relation(name, arity, bits, self.distinct_by)

    def run(self) -> dict[str, Extension]:
        for name, relation in self.relations.items():
            if self.facts.arity(name) is None:
                continue
            rows = self.facts.array(name)
            self.relations[name] = Relation.of(name, rows, relation.bits, self.distinct_by)
        last_reader = _last_readers(self.plan)
        for number, layer in enumerate(self.plan.layers):
            for name in [n for n in self.on_bits if last_reader.get(n, -1) >= number]:
                self.relations[name] = self.on_bits[name].relation()
            shape = bit_layer(self.plan, layer, mapped=True) if self.use_bits else None
            if shape is not None and self._run_on_bits(shape):
                continue
            if self._run_split(layer):
                continue
            self._mark_unique(layer)
            self._run_layer(layer)
        return {
            name: BitExtension(self.on_bits[name])
            if name in self.on_bits
            else RunsExtension(relation)
            for name, relation in self.relations.items()
        }

    def _run_on_bits(self, shape: BitLayer) -> bool:
        """Evaluate a layer on bit rows; whether that was possible."""
        if any((self.relations[n].arity - 1) * self.relations[n].bits > 62 for n in shape.carried):
            return False
        for index in shape.base:
            self._derive(index, -1, ())
        for name in shape.carried:
            self.relations[name].settle()
        started = time.process_time()
        found = run_bit_layer(shape, self.joiner, self.check, self.tier)
        self.on_bits.update(found or {})
        if found is not None and self.profile is not None:
            before = sum(self.relations[name].size for name in found)
            rows = sum(relation.size for relation in found.values()) - before
            clauses = tuple(clause.index for clause in shape.clauses)
            self.profile.add_together(clauses, rows, time.process_time() - started)
        return found is not None

    def _run_split(self, layer: Layer) -> bool:
        """Evaluate a layer by the values of a column; whether that was worth it."""
        if self.tier != "auto" or self.plan.exact_rounds or self.profile is not None:
            return False
        split = split_layer(self.plan, layer, self.relations, self.facts.symbols)
        if split is None:
            return False
        plan = plan_clauses(self.plan.rules, split.clauses)
        relation = self.relations[split.predicate]
        split.fill(relation, run_plan(plan, split.facts, self.check))
        relation.settle()
        return True

    def _mark_unique(self, layer: Layer) -> None:
        """A lone clause whose head tells all its bindings apart derives no row twice."""
        heads = [self.plan.clauses[index].head.predicate for index in layer.clauses]
        tallied = {tally.head.predicate for tally in layer.tallies}
        counts = Counter(heads)
        for index, name in zip(layer.clauses, heads, strict=True):
            relation = self.relations[name]
            if counts[name] == 1 and name not in tallied and not relation.size:
                relation.is_unique = _tells_apart(self.plan.clauses[index])

    def _run_layer(self, layer: Layer) -> None:
        """Evaluate a layer; a round costs what it wakes, however many clauses the layer has."""
        relations = [self.relations[name] for name in layer.predicates]
        tallies = [self._gatherer(kind) for kind in layer.tallies]
        for index in layer.clauses:
            self._derive(index, -1, ())
        readers = self._readers(layer)
        changing = relations
        while self._advance(changing, tallies) and layer.is_recursive:
            live = [relation for relation in changing if relation.visible > relation.settled]
            woken = sorted({reader for r in live for reader in readers.get(r.name, ())})
            for place, number in woken:
                positions = layer.recursive[place]
                self._derive(layer.clauses[place], positions[number], positions[:number])
            if not tallies:  # Those may add to any relation.
                heads = [self.plan.clauses[layer.clauses[place]].head for place, _ in woken]
                names = dict.fromkeys([*(r.name for r in live), *(a.predicate for a in heads)])
                changing = [self.relations[name] for name in names]
        for relation in relations:
            relation.settle()
        for tally in tallies:
            tally.finish()

    def _readers(self, layer: Layer) -> dict[str, list[tuple[int, int]]]:
        """By predicate of the layer the recursive literals: place of the clause, number in it."""
        readers: dict[str, list[tuple[int, int]]] = {}
        for place, positions in enumerate(layer.recursive):
            body = self.plan.clauses[layer.clauses[place]].body
            for number, position in enumerate(positions):
                atom = body[position]
                assert isinstance(atom, Atom)
                readers.setdefault(atom.predicate, []).append((place, number))
        return readers

    def _gatherer(self, kind: Gathering) -> ColumnGatherer:
        if isinstance(kind, Tally):
            return _TallyRun(kind, self.relations)
        # Most programs declare nothing of the kind.
        from planner.engine.gather.on_columns import gatherer_of

        return gatherer_of(kind, self.relations, self.facts.symbols)

    def _advance(self, relations: list[Relation], tallies: list[ColumnGatherer]) -> bool:
        self.check()
        self.round += 1
        added = sum([relation.advance(self.round) for relation in relations])
        for tally in tallies:
            tally.update()
        return added > 0 or any(relation.size > relation.visible for relation in relations)

    def _derive(self, index: int, first: int, old: tuple[int, ...]) -> None:
        """Add what a clause derives, reading only new rows for literal ``first`` (-1: none)."""
        clause = self.plan.clauses[index]
        if first >= 0:
            atom = clause.body[first]
            assert isinstance(atom, Atom)
            read = self.relations[atom.predicate]
            if read.settled == read.visible:
                return
        planned = self._order(index, clause, first)
        relation = self.relations[clause.head.predicate]
        before = relation.size
        started = time.process_time() if self.profile is not None else 0.0
        try:
            for table in self.joiner.solve(planned, delta_first=first >= 0, old=old):
                self.check()
                columns = [self._head_column(a, table) for a in clause.head.arguments]
                relation.insert(columns, table.count)
        except InputError as error:
            raise self._located(error, clause) from error
        except LimitError as error:
            raise LimitError(f"{error} ({self._largest()})") from error
        if self.profile is not None:
            self.profile.add(index, relation.size - before, time.process_time() - started)

    def _order(self, index: int, clause: Clause, first: int) -> tuple[PlannedLiteral, ...]:
        """The join order, chosen again when relations have grown to another power of two."""
        sizes = tuple(
            self.relations[literal.predicate].size.bit_length()
            for literal in clause.body
            if isinstance(literal, Atom)
        )
        key = (index, first, sizes)
        planned = self.orders.get(key)
        if planned is None:
            wanted = tuple(open_variables(clause.head))
            planned = self.orders[key] = order_body(
                clause.body, (), wanted, self.relations.__getitem__, first
            )
        return planned

    def _head_column(self, term: Expression, table: Table) -> IntArray:
        if isinstance(term, Variable):
            return table.columns[term.name]
        assert not isinstance(term, Arithmetic | FunctionTerm)
        return np.full(table.count, self.facts.symbols.code(term), dtype=np.int32)

    def _largest(self) -> str:
        """The predicate that takes most memory, in words."""
        sizes = {name: relation.size_bytes for name, relation in self.relations.items()}
        name = max(sizes, key=sizes.__getitem__)
        return f"`{name}`, {self.relations[name].size:,} rows, takes {sizes[name] >> 20:,} MB"

    def _located(self, error: InputError, clause: Clause) -> InputError:
        if clause.rule < 0:
            return error
        return in_rule(error, self.plan.rules[clause.rule])


class _TallyRun:
    """Counts, for a recursive ``forall``, the members of its guard that are met."""

    def __init__(self, tally: Tally, relations: Mapping[str, Relation]) -> None:
        self._head = relations[tally.head.predicate]
        self._met = relations[tally.met]
        self._guard = relations[tally.guard]
        self._columns = tally.guard_columns
        self._done = 0

    def update(self) -> None:
        """Add the heads that the rows met since the last call complete."""
        start, end = self._done, self._met.visible
        self._done = end
        if start == end:
            return
        width = self._head.arity
        groups = [self._met.column(c, start, end) for c in range(width)]
        if width:
            met = self._met.index(tuple(range(width))).counts(groups, end)
        else:
            met = np.full(end - start, end, dtype=np.int64)
        guard_end = self._guard.visible
        if self._columns:
            given = [groups[c] for c in self._columns]
            index = self._guard.index(tuple(range(len(self._columns))))
            asked = index.counts(given, guard_end)
        else:
            asked = np.full(end - start, guard_end, dtype=np.int64)
        done = met == asked
        self._head.insert([group[done] for group in groups], int(np.count_nonzero(done)))

    def finish(self) -> None:
        """Nothing is left to do."""


def _last_readers(plan: Plan) -> dict[str, int]:
    """For each predicate the last layer whose clauses read it."""
    last: dict[str, int] = {}
    for number, layer in enumerate(plan.layers):
        for index in layer.clauses:
            last.update((a.predicate, number) for a in atoms_in(plan.clauses[index].body))
        last.update((name, number) for t in layer.tallies for name in reads_of(t))
    return last


def _tells_apart(clause: Clause) -> bool:
    head = set(open_variables(clause.head))
    return all(
        v in head
        for literal in clause.body
        if isinstance(literal, Atom)
        for v in open_variables(literal)
    )
