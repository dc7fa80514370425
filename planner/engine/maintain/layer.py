"""One layer kept at its fixpoint, as tuples, while what it reads changes.

Delete and rederive (Gupta, Mumick and Subrahmanian 1993): what may have lost its last derivation
is taken away, what still has one is put back, and then what is new is derived. Where more is
taken away than evaluating the layer again would cost, it is evaluated again; so is a layer when
what its aggregates read changes, or its recursive ``forall``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.gather.kinds import reads_of
from planner.engine.maintain.change import Difference
from planner.engine.maintain.deltas import compile_deltas, folded_predicates, loosened
from planner.engine.program import atoms_in
from planner.engine.tiny.run import TinyProgram, run_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.clauses import Clause
    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.relation import ChangingRelation, Relations
    from planner.engine.maintain.thresholds import Thresholds
    from planner.engine.program import Plan
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.relation import Row, TinyRelation
    from planner.engine.tiny.steps import Environment, Step

__all__ = ["Journal", "MaintainedLayer"]

Journal = list["Callable[[], None]"]
"""What takes changes back, to be called from the end."""

_NO_LIMIT = 2**62


class MaintainedLayer:
    """The closures of one layer and what is needed to bring it up to date.

    Args:
        plan: of this layer alone.
        relations: shared with the other layers.
        explicit: the facts of each predicate.
        symbols: the table all codes belong to.
        thresholds: when to evaluate again.
    """

    def __init__(
        self,
        plan: Plan,
        relations: Relations,
        explicit: Mapping[str, Rows],
        symbols: SymbolTable,
        thresholds: Thresholds,
    ) -> None:
        (layer,) = plan.layers
        self.predicates = layer.predicates
        clauses = [plan.clauses[index] for index in layer.clauses]
        used = [*self.predicates, *(atom.predicate for c in clauses for atom in atoms_in(c.body))]
        used += [name for t in layer.tallies for name in (*reads_of(t), t.head.predicate)]
        arities = {name: plan.arities[name] for name in used if name in plan.arities}
        self._program = TinyProgram(replace(plan, arities=arities), relations.of)
        self._relations = relations
        self._explicit = explicit
        self._symbols = symbols
        self._thresholds = thresholds
        whole = dict.fromkeys(folded_predicates(clauses))
        if layer.tallies:
            whole = dict.fromkeys(used)
        self._whole_only = tuple(whole)
        self._lost: dict[str, Rows] = {name: {} for name in layer.predicates}
        self._room = 0
        self._steps = compile_deltas(clauses, self._program.compiler, self._emit_lost)
        self._negated = tuple(dict.fromkeys(name for name, _ in self._steps.blocking))
        read = (*whole, *self._negated, *(name for name, _ in self._steps.gaining))
        self.reads = tuple(name for name in dict.fromkeys(read) if name not in self._lost)
        self._env = self._program.compiler.begin(symbols)

    @property
    def row_count(self) -> int:
        """Rows of all predicates of the layer."""
        return sum(len(self._relations[name].rows) for name in self.predicates)

    def update(
        self,
        changes: dict[str, Difference],
        journal: Journal,
        gone: Sequence[Clause] = (),
        come: Sequence[Clause] = (),
    ) -> None:
        """Bring the layer up to date.

        Args:
            changes: what changed below and, for the layer's own predicates, which facts were
                added or removed; extended by what changes here.
            journal: receives what takes it back.
            gone: clauses that the layer had until now.
            come: clauses of the layer that are new.
        """
        # What only clauses read that are gone may not be there as tuples any more.
        was_read = {atom.predicate for clause in gone for atom in atoms_in(clause.body)}
        is_open = was_read <= {*self.reads, *self.predicates}
        if any(changes.get(name) for name in self._whole_only) or not is_open:
            self.evaluate_again(changes, journal)
            return
        if not self._find_lost(changes, gone):
            self.evaluate_again(changes, journal)
            return
        removed = {name: dict(rows) for name, rows in self._lost.items() if rows}
        for name, lost in removed.items():
            self._relations[name].take(lost)
        self._insert(changes, removed, come)
        self._note(changes, journal)

    def evaluate_again(self, changes: dict[str, Difference], journal: Journal) -> None:
        """Bring the layer up to date from nothing."""
        before = {name: self._relations[name].rows for name in self.predicates}
        for name in self.predicates:
            self._relations[name].reset(self._explicit.get(name, ()))
        run_layer(self._program.layers[0], self._env, 0, _NO_LIMIT, None)
        for name, old in before.items():
            now = self._relations[name].rows
            gained = {row: None for row in now if row not in old}
            changes[name] = Difference.of(gained, {row: None for row in old if row not in now})
        self._note(changes, journal)

    def _note(self, changes: Mapping[str, Difference], journal: Journal) -> None:
        made = [(self._relations[name], changes[name]) for name in self.predicates]
        made = [(relation, difference) for relation, difference in made if difference]

        def take_back() -> None:
            for relation, difference in made:
                relation.take(difference.added)
                relation.put(difference.removed)

        if made:
            journal.append(take_back)

    # What is lost.

    def _emit_lost(self, relation: TinyRelation, row_of: Callable[[Environment], Row]) -> Step:
        lost = self._lost[relation.name]

        def step(env: Environment) -> bool:
            row = row_of(env)
            if row in relation.rows and row not in lost:
                lost[row] = relation.fresh[row] = None
                self._room -= 1
            return self._room < 0

        return step

    def _find_lost(self, changes: Mapping[str, Difference], gone: Sequence[Clause]) -> bool:
        """Find what had a derivation from something that is gone; whether it is little enough."""
        doubtful = int(self._thresholds.in_doubt * self.row_count)
        self._room = max(self._thresholds.few, doubtful)
        for name in self.predicates:
            lost = self._lost[name]
            lost.clear()
            if name in changes:
                lost.update(changes[name].removed)
        below = {n: list(changes[n].removed) for n in self.reads if n in changes}
        below = {name: rows for name, rows in below.items() if rows}
        negated = self._touched(changes)
        if not (below or negated or gone or any(self._lost.values())):
            return True
        # Derivations are those of before, so what is gone has to be seen once more.
        for name, rows in below.items():
            self._relations[name].put(rows)
        for clause in gone:
            body = loosened(clause.body)
            self._program.compiler.clause(clause.head, body, -1, self._emit_lost)(self._widened())
        self._react(self._steps.blocking, negated)
        steps = self._steps.losing_loosely if negated else self._steps.losing
        waiting = {**below, **{n: list(rows) for n, rows in self._lost.items() if rows}}
        for name in self.predicates:
            self._relations[name].fresh = {}
        self._run(steps, waiting)
        for name, rows in below.items():
            self._relations[name].take(rows)
        return self._room >= 0

    def _touched(self, changes: Mapping[str, Difference]) -> dict[str, list[Row]]:
        """The changed rows of predicates that are negated, however they changed."""
        found = {n: [*changes[n].added, *changes[n].removed] for n in self._negated if n in changes}
        return {name: rows for name, rows in found.items() if rows}

    def _widened(self) -> Environment:
        """Slots that suffice for clauses that were compiled just now, too."""
        self._env = self._program.compiler.begin(self._symbols)
        return self._env

    def _react(self, steps: Iterable[tuple[str, Step]], negated: Mapping[str, list[Row]]) -> None:
        for name, rows in negated.items():
            self._relations[name].delta = rows
        for name, step in steps:
            if name in negated:
                step(self._env)
        for name in negated:
            self._relations[name].delta = []

    # What is gained.

    def _insert(
        self,
        changes: dict[str, Difference],
        removed: Mapping[str, Rows],
        come: Sequence[Clause],
    ) -> None:
        added: dict[str, Rows] = {}
        for name in self.predicates:
            asserted = changes[name].added if name in changes else {}
            back = self._still_derived(name, removed.get(name, {}))
            fresh = [
                row
                for row in dict.fromkeys((*asserted, *back))
                if row not in self._relations[name].rows
            ]
            self._relations[name].put(fresh)
            added[name] = dict.fromkeys(fresh)
        for clause in come:
            self._program.compiler.clause(clause.head, clause.body)(self._widened())
        self._react(self._steps.unblocking, self._touched(changes))
        waiting = {name: list(rows) for name, rows in added.items() if rows}
        for name in self.predicates:
            relation = self._relations[name]
            if relation.fresh:
                fresh = list(relation.fresh)
                relation.fresh = {}
                relation.put(fresh)
                added[name].update(dict.fromkeys(fresh))
                waiting[name] = [*waiting.get(name, ()), *fresh]
        for name in self.reads:
            if name in changes and changes[name].added:
                waiting[name] = list(changes[name].added)
        self._run(self._steps.gaining, waiting, added)
        for name in self.predicates:
            old = removed.get(name, {})
            gained = {row: None for row in added[name] if row not in old}
            lost = {row: None for row in old if row not in added[name]}
            changes[name] = Difference.of(gained, lost)

    def _still_derived(self, name: str, rows: Rows) -> list[Row]:
        facts = self._explicit.get(name, {})
        ways = self._steps.supports.get(name, ())
        return [row for row in rows if row in facts or any(way(self._env, row) for way in ways)]

    def _run(
        self,
        steps: Sequence[tuple[str, Step]],
        waiting: Mapping[str, list[Row]],
        added: Mapping[str, Rows] | None = None,
    ) -> None:
        """Follow changes to the end; what is derived is put in where ``added`` is given."""
        while waiting:
            for name, rows in waiting.items():
                self._relations[name].delta = rows
            for name, step in steps:
                if name in waiting:
                    step(self._env)
            for name in waiting:
                self._relations[name].delta = []
            waiting = {}
            for name in self.predicates:
                relation: ChangingRelation = self._relations[name]
                if relation.fresh:
                    waiting[name] = list(relation.fresh)
                    relation.fresh = {}
                    if added is not None:
                        relation.put(waiting[name])
                        added[name].update(dict.fromkeys(waiting[name]))
            if added is None and self._room < 0:
                return
