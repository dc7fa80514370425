"""One layer kept at its fixpoint while what it reads changes.

Delete and rederive (Gupta, Mumick and Subrahmanian 1993): what may have lost its last derivation
is taken away, what still has one is put back, and then what is new is derived. A layer that reads
a changed predicate under negation, in an aggregate or in a recursive ``forall`` is evaluated
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.engine.program import atoms_in
from planner.engine.tiny.run import run_layer
from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.engine.clauses import Clause
    from planner.engine.maintain.relation import ChangingRelation
    from planner.engine.program import Layer, Plan
    from planner.engine.tiny.relation import Row, TinyRelation
    from planner.engine.tiny.run import TinyProgram
    from planner.engine.tiny.steps import Environment, Step

    Rows: TypeAlias = dict[Row, None]

__all__ = ["Difference", "MaintainedLayer"]

_NO_LIMIT = 2**62


class Difference:
    """Rows that a predicate gained and lost."""

    __slots__ = ("added", "removed")

    def __init__(self) -> None:
        self.added: Rows = {}
        self.removed: Rows = {}

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class MaintainedLayer:
    """The closures of one layer and what is needed to bring it up to date."""

    def __init__(
        self,
        number: int,
        plan: Plan,
        program: TinyProgram,
        relations: Mapping[str, ChangingRelation],
        explicit: Mapping[str, Rows],
    ) -> None:
        layer = plan.layers[number]
        self.predicates = layer.predicates
        self._layer = program.layers[number]
        self._relations = relations
        self._explicit = explicit
        clauses = [plan.clauses[index] for index in layer.clauses]
        self._whole_only = _read_as_a_whole(layer, clauses)
        self._lost: dict[str, Rows] = {name: {} for name in layer.predicates}
        self._deleting: list[tuple[str, Step]] = []
        self._inserting: list[tuple[str, Step]] = []
        self._support: dict[str, list[Callable[[Environment, Row], bool]]] = {
            name: [] for name in layer.predicates
        }
        for clause in clauses:
            self._compile(clause, program)
        self.reads = frozenset(self._whole_only).union(name for name, _ in self._inserting)

    def _compile(self, clause: Clause, program: TinyProgram) -> None:
        compiler, head, body = program.compiler, clause.head, clause.body
        self._support[head.predicate].append(compiler.support(head, body))
        for position, literal in enumerate(body):
            if isinstance(literal, Atom):
                deletes = compiler.clause(head, body, position, self._emit_lost)
                self._deleting.append((literal.predicate, deletes))
                inserts = compiler.clause(head, body, position)
                self._inserting.append((literal.predicate, inserts))

    def _emit_lost(self, relation: TinyRelation, row_of: Callable[[Environment], Row]) -> Step:
        lost = self._lost.setdefault(relation.name, {})

        def step(env: Environment) -> bool:
            row = row_of(env)
            if row in relation.rows and row not in lost:
                lost[row] = relation.fresh[row] = None
            return False

        return step

    def update(self, env: Environment, changes: dict[str, Difference]) -> None:
        """Bring the layer up to date.

        Args:
            env: of the closures.
            changes: what changed below and, for the layer's own predicates, which facts were
                added or removed; extended by what changes here.
        """
        if any(changes.get(name) for name in self._whole_only):
            self._evaluate_again(env, changes)
        else:
            removed = self._delete(env, changes)
            self._insert(env, changes, removed)

    def _evaluate_again(self, env: Environment, changes: dict[str, Difference]) -> None:
        before = {name: self._relations[name].rows for name in self.predicates}
        for name in self.predicates:
            self._relations[name].reset(self._explicit.get(name, ()), _NO_LIMIT)
        run_layer(self._layer, env, 0, _NO_LIMIT, None)
        for name, old in before.items():
            now = self._relations[name].rows
            difference = changes[name] = Difference()
            difference.removed = {row: None for row in old if row not in now}
            difference.added = {row: None for row in now if row not in old}

    def _delete(self, env: Environment, changes: Mapping[str, Difference]) -> dict[str, Rows]:
        """Take away whatever had a derivation from something that is gone."""
        lower = [n for n in self.reads if n not in self._lost and n in changes]
        gone = {name: list(changes[name].removed) for name in lower if changes[name].removed}
        for name in self.predicates:
            lost = self._lost[name]
            lost.clear()
            if name in changes:
                lost.update(changes[name].removed)
        if gone or any(self._lost.values()):
            # Derivations are those of before, so what is gone has to be seen once more.
            for name, rows in gone.items():
                self._relations[name].put(rows)
            waiting = {**gone, **{n: list(rows) for n, rows in self._lost.items() if rows}}
            self._run(env, self._deleting, waiting)
            for name, rows in gone.items():
                self._relations[name].take(rows)
        removed = {name: dict(rows) for name, rows in self._lost.items() if rows}
        for name, lost in removed.items():
            self._relations[name].take(lost)
        return removed

    def _insert(
        self, env: Environment, changes: dict[str, Difference], removed: Mapping[str, Rows]
    ) -> None:
        added: dict[str, Rows] = {}
        for name in self.predicates:
            asserted = changes[name].added if name in changes else {}
            back = self._still_derived(env, name, removed.get(name, {}))
            rows = {row: None for row in (*asserted, *back)}
            fresh = [row for row in rows if row not in self._relations[name].rows]
            self._relations[name].put(fresh)
            added[name] = dict.fromkeys(fresh)
        waiting = {name: list(rows) for name, rows in added.items() if rows}
        for name in self.reads:
            if name not in self._lost and name in changes and changes[name].added:
                waiting[name] = list(changes[name].added)
        self._run(env, self._inserting, waiting, added)
        for name in self.predicates:
            difference = changes[name] = Difference()
            old = removed.get(name, {})
            difference.added = {row: None for row in added[name] if row not in old}
            difference.removed = {row: None for row in old if row not in added[name]}

    def _still_derived(self, env: Environment, name: str, rows: Rows) -> list[Row]:
        facts = self._explicit.get(name, {})
        ways = self._support[name]
        return [row for row in rows if row in facts or any(way(env, row) for way in ways)]

    def _run(
        self,
        env: Environment,
        steps: Iterable[tuple[str, Step]],
        waiting: Mapping[str, list[Row]],
        added: Mapping[str, Rows] | None = None,
    ) -> None:
        """Follow changes to the end; what is derived is put in where ``added`` is given."""
        while waiting:
            for name, rows in waiting.items():
                self._relations[name].delta = rows
            for name, step in steps:
                if name in waiting:
                    step(env)
            for name in waiting:
                self._relations[name].delta = []
            waiting = {}
            for name in self.predicates:
                relation = self._relations[name]
                if relation.fresh:
                    waiting[name] = list(relation.fresh)
                    relation.fresh = {}
                    if added is not None:
                        relation.put(waiting[name])
                        added[name].update(dict.fromkeys(waiting[name]))


def _read_as_a_whole(layer: Layer, clauses: Iterable[Clause]) -> tuple[str, ...]:
    """Predicates whose changes make the layer be evaluated again."""
    found: dict[str, None] = {}
    for clause in clauses:
        nested = [literal for literal in clause.body if not isinstance(literal, Atom)]
        found.update(dict.fromkeys(atom.predicate for atom in atoms_in(nested)))
    if layer.tallies:
        for clause in clauses:
            found.update(dict.fromkeys(atom.predicate for atom in atoms_in(clause.body)))
        found.update(dict.fromkeys(n for t in layer.tallies for n in (t.guard, t.met)))
        found.update(dict.fromkeys(layer.predicates))
    return tuple(found)
