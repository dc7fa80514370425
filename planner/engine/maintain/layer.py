"""One layer kept at its fixpoint, as tuples, while what it reads changes.

What has lost its derivations from older rows is taken away (`planner.engine.maintain.losing`),
what has others is put back, and then what is new is derived. Where more is taken away than
evaluating the layer again would cost, it is evaluated again; so is a layer when what its
aggregates read changes, or its recursive ``forall``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.gather.kinds import reads_of
from planner.engine.maintain.change import Difference
from planner.engine.maintain.deltas import compile_deltas, folded_predicates, loosened
from planner.engine.maintain.losing import Losing
from planner.engine.program import atoms_in
from planner.engine.tiny.run import TinyProgram, run_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.clauses import Clause
    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.relation import Relations
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
        self._program = TinyProgram(replace(plan, arities=arities), relations.of, self._emit)
        self._derivations = 0
        self._effort = 0.0
        self._relations = relations
        self._explicit = explicit
        self._symbols = symbols
        self._thresholds = thresholds
        whole = dict.fromkeys(folded_predicates(clauses))
        if layer.tallies:
            whole = dict.fromkeys(used)
        self._whole_only = tuple(whole)
        self._is_recursive = layer.is_recursive
        self._losing = Losing(layer.predicates, relations, explicit)
        self._steps = compile_deltas(
            clauses, self._program.compiler, self._losing.emit, self._losing.elders
        )
        self._negated = tuple(dict.fromkeys(name for name, _ in self._steps.blocking))
        read = (*whole, *self._negated, *(name for name, _ in self._steps.gaining))
        self.reads = tuple(name for name in dict.fromkeys(read) if name not in self.predicates)
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
        lost = {name: ranks for name, ranks in self._losing.lost.items() if ranks}
        self._insert(changes, lost, come)
        self._note(changes, lost, journal)

    def evaluate_again(self, changes: dict[str, Difference], journal: Journal) -> None:
        """Bring the layer up to date from nothing."""
        relations = [self._relations[name] for name in self.predicates]
        before = [(relation, relation.rows, relation.is_ranked) for relation in relations]

        def take_back() -> None:
            for relation, ranks, is_ranked in before:
                relation.resume(ranks, is_ranked=is_ranked)

        journal.append(take_back)
        for relation in relations:
            relation.reset(self._explicit.get(relation.name, ()))
        self._derivations = 0
        last = run_layer(self._program.layers[0], self._env, 0, _NO_LIMIT, None)
        self._relations.clock = max(self._relations.clock, last)
        self._effort = self._derivations / max(1, self.row_count)
        for relation, old, _ in before:
            relation.is_ranked = True
            now = relation.rows
            gained = {row: None for row in now if row not in old}
            lost = {row: None for row in old if row not in now}
            changes[relation.name] = Difference.of(gained, lost)

    def _emit(self, relation: TinyRelation, row_of: Callable[[Environment], Row]) -> Step:
        """A last step that adds rows, and counts derivations."""

        def step(env: Environment) -> bool:
            self._derivations += 1
            row = row_of(env)
            if row not in relation.rows:
                relation.fresh[row] = None
            return False

        return step

    def _note(
        self,
        changes: Mapping[str, Difference],
        lost: Mapping[str, dict[Row, int]],
        journal: Journal,
    ) -> None:
        made = [(self._relations[n], changes[n].added, lost.get(n, {})) for n in self.predicates]
        made = [(relation, added, ranks) for relation, added, ranks in made if added or ranks]

        def take_back() -> None:
            for relation, added, ranks in made:
                relation.take(added)
                relation.restore(ranks)

        if made:
            journal.append(take_back)

    # What is lost.

    def _find_lost(self, changes: Mapping[str, Difference], gone: Sequence[Clause]) -> bool:
        """Take out what is lost; ``False`` when it is too much, and all is as it was."""
        self._losing.begin()
        below = {n: list(changes[n].removed) for n in self.reads if n in changes}
        below = {name: rows for name, rows in below.items() if rows}
        own = {n: changes[n].removed for n in self.predicates if n in changes}
        negated = self._touched(changes)
        if not (below or negated or gone or any(own.values())):
            return True
        if self._is_recursive and not all(self._relations[n].is_ranked for n in self.predicates):
            return False
        for name, rows in own.items():
            self._losing.doubt(name, rows)
        self._doubt_heads(below, negated, gone)
        whole = self._effort * self.row_count
        room = max(self._thresholds.few, int(self._thresholds.effort * whole))
        return self._losing.follow(self._steps.losing, self._steps.old_supports, self._env, room)

    def _doubt_heads(
        self,
        below: Mapping[str, list[Row]],
        negated: Mapping[str, list[Row]],
        gone: Sequence[Clause],
    ) -> None:
        """Put in doubt what is derived from something that is gone below the layer."""
        # Derivations are those of before, so what is gone has to be seen once more.
        for name, rows in below.items():
            self._relations[name].put(rows)
        for clause in gone:
            body = loosened(clause.body)
            self._program.compiler.clause(clause.head, body, -1, self._losing.emit)(self._widened())
        self._react(self._steps.blocking, negated)
        self._react(self._steps.losing_loosely if negated else self._steps.losing, below)
        for name, rows in below.items():
            self._relations[name].take(rows)

    def _touched(self, changes: Mapping[str, Difference]) -> dict[str, list[Row]]:
        """The changed rows of predicates that are negated, however they changed."""
        found = {n: [*changes[n].added, *changes[n].removed] for n in self._negated if n in changes}
        return {name: rows for name, rows in found.items() if rows}

    def _widened(self) -> Environment:
        """Slots that suffice for clauses that were compiled just now, too."""
        self._env = self._program.compiler.begin(self._symbols)
        return self._env

    def _react(self, steps: Iterable[tuple[str, Step]], changed: Mapping[str, list[Row]]) -> None:
        """Take the steps of predicates over their changed rows."""
        for name, rows in changed.items():
            self._relations[name].delta = rows
        for name, step in steps:
            if name in changed:
                step(self._env)
        for name in changed:
            self._relations[name].delta = []

    # What is gained.

    def _insert(
        self,
        changes: dict[str, Difference],
        lost: Mapping[str, dict[Row, int]],
        come: Sequence[Clause],
    ) -> None:
        added: dict[str, Rows] = {}
        for name in self.predicates:
            asserted = changes[name].added if name in changes else {}
            back = self._still_derived(name) if name in lost else []
            fresh = [
                row
                for row in dict.fromkeys((*asserted, *back))
                if row not in self._relations[name].rows
            ]
            self._put(name, fresh)
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
                self._put(name, fresh)
                added[name].update(dict.fromkeys(fresh))
                waiting[name] = [*waiting.get(name, ()), *fresh]
        for name in self.reads:
            if name in changes and changes[name].added:
                waiting[name] = list(changes[name].added)
        self._follow_gains(waiting, added)
        for name in self.predicates:
            old = lost.get(name, {})
            gained = {row: None for row in added[name] if row not in old}
            taken = {row: None for row in old if row not in added[name]}
            changes[name] = Difference.of(gained, taken)

    def _put(self, name: str, rows: Sequence[Row]) -> None:
        """Add rows that are younger than all there are."""
        self._relations.clock += 1
        self._relations[name].put(rows, self._relations.clock)

    def _still_derived(self, name: str) -> list[Row]:
        facts = self._explicit.get(name, {})
        ways = self._steps.supports.get(name, ())
        rows = self._losing.recoverable[name]
        return [row for row in rows if row in facts or any(way(self._env, row) for way in ways)]

    def _follow_gains(self, waiting: dict[str, list[Row]], added: Mapping[str, Rows]) -> None:
        """Derive from what is new, to the end."""
        while waiting:
            self._react(self._steps.gaining, waiting)
            waiting = {}
            for name in self.predicates:
                relation = self._relations[name]
                if relation.fresh:
                    waiting[name] = list(relation.fresh)
                    relation.fresh = {}
                    self._put(name, waiting[name])
                    added[name].update(dict.fromkeys(waiting[name]))
