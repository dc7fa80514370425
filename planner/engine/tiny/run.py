"""Semi-naive evaluation in the tiny tier."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import Tally
from planner.engine.located import in_rule
from planner.engine.program import reads_of
from planner.engine.tiny.relation import TinyRelation
from planner.engine.tiny.steps import Compiler, TooLargeError
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.engine.gather.kinds import Gathering
    from planner.engine.gather.on_rows import RowGatherer
    from planner.engine.program import Layer, Plan
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.steps import Emit, Environment, Step
    from planner.kr.rules import Rule

    Row: TypeAlias = tuple[int, ...]

__all__ = ["CompiledLayer", "TinyProgram", "run_layer"]


@dataclass(slots=True)
class CompiledLayer:
    """Closures of one layer: for its first round, for later rounds, and what it counts."""

    relations: list[TinyRelation]
    whole: list[Step]
    partial: list[Step]
    tallies: list[RowGatherer] = field(default_factory=list)


class TinyProgram:
    """Closures for one plan. One run at a time: the closures share their relations."""

    def __init__(
        self,
        plan: Plan,
        make: Callable[[str, int], TinyRelation] = TinyRelation,
        emit: Emit | None = None,
    ) -> None:
        self._make = make
        self.relations = {name: make(name, arity) for name, arity in plan.arities.items()}
        self.compiler = Compiler(self._relation, emit)
        self.layers = [self._compile(layer, plan) for layer in plan.layers]

    def _relation(self, name: str, arity: int) -> TinyRelation:
        relation = self.relations.get(name)
        if relation is None:
            relation = self.relations[name] = self._make(name, arity)
        return relation

    def _compile(self, layer: Layer, plan: Plan) -> CompiledLayer:
        whole: list[Step] = []
        partial: list[Step] = []
        for index, positions in zip(layer.clauses, layer.recursive, strict=True):
            clause = plan.clauses[index]
            steps = [self.compiler.clause(clause.head, clause.body, p) for p in (-1, *positions)]
            if clause.rule >= 0 and plan.makes_values:
                steps = [_located(step, plan.rules[clause.rule]) for step in steps]
            whole.append(steps[0])
            partial += steps[1:]
        tallies = [self._gatherer(kind, layer) for kind in layer.tallies]
        relations = [self.relations[name] for name in layer.predicates]
        return CompiledLayer(relations, whole, partial, tallies)

    def _gatherer(self, kind: Gathering, layer: Layer) -> RowGatherer:
        grows = any(name in layer.predicates for name in reads_of(kind))
        if isinstance(kind, Tally):
            return _TallyCount(kind, self._relation, grows=kind.met in layer.predicates)
        # Most programs declare nothing of the kind.
        from planner.engine.gather.on_rows import Run, gatherer_of

        return gatherer_of(kind, Run(self._relation, self._symbols), grows=grows)

    def _symbols(self) -> SymbolTable:
        assert self.compiler.symbols is not None
        return self.compiler.symbols

    def run(
        self,
        rows_of: Callable[[str], Iterable[Row]],
        symbols: SymbolTable,
        room: int,
        check: Callable[[], None] | None = None,
    ) -> Mapping[str, dict[Row, int]]:
        """Evaluate to the fixpoint.

        Args:
            rows_of: the facts of a predicate.
            symbols: the table the codes belong to; new values are interned there.
            room: how many rows may be derived.
            check: called between rounds; raises to stop.

        Returns:
            For each predicate of the plan its rows, each with the round it was derived in.

        Raises:
            TooLargeError: when ``room`` is used up.
        """
        env = self.compiler.begin(symbols)
        for name, relation in self.relations.items():
            relation.reset(rows_of(name), room)
        round_number = 0
        for layer in self.layers:
            round_number = run_layer(layer, env, round_number, room, check)
        return {name: relation.rows for name, relation in self.relations.items()}


def run_layer(
    layer: CompiledLayer,
    env: Environment,
    round_number: int,
    room: int,
    check: Callable[[], None] | None,
) -> int:
    """Evaluate one layer to its fixpoint; returns the number of the last round."""
    for tally in layer.tallies:
        tally.begin()
    round_number = _run_rounds(layer, env, round_number, room, check)
    for tally in layer.tallies:
        tally.finish()
    return round_number


def _run_rounds(
    layer: CompiledLayer,
    env: Environment,
    round_number: int,
    room: int,
    check: Callable[[], None] | None,
) -> int:
    steps = layer.whole
    while True:
        for step in steps:
            step(env)
        round_number += 1
        added = 0
        for relation in layer.relations:
            added += relation.flush(round_number)
        for tally in layer.tallies:
            tally.update()
        room -= added
        if room < 0:
            raise TooLargeError("too many rows for the tiny tier")
        if not layer.partial and not layer.tallies:
            return round_number
        if not added and not any(relation.fresh for relation in layer.relations):
            return round_number
        if check is not None:
            check()
        steps = layer.partial


def _located(step: Step, rule: Rule) -> Step:
    """The step, with its rule in the errors of arithmetic."""

    def located(env: Environment) -> bool:
        try:
            return step(env)
        except InputError as error:
            raise in_rule(error, rule) from error

    return located


class _TallyCount:
    """Counts, for a recursive ``forall``, the members of its guard that are met."""

    def __init__(
        self, tally: Tally, relation_of: Callable[[str, int], TinyRelation], *, grows: bool
    ) -> None:
        arity = len(tally.head.arguments)
        self._head = relation_of(tally.head.predicate, arity)
        self._met = relation_of(tally.met, 0)
        self._guard = relation_of(tally.guard, 0)
        self._columns = tally.guard_columns
        self._arity = arity
        self._grows = grows
        self._wanted: dict[Row, int] = {}
        self._counts: dict[Row, int] = {}

    def begin(self) -> None:
        """Count what each guard asks for; the guard is complete by now."""
        width = len(self._columns)
        self._wanted = {}
        self._counts = {}
        for row in self._guard.rows:
            self._wanted[row[:width]] = self._wanted.get(row[:width], 0) + 1
        self._count(self._met.rows)

    def update(self) -> None:
        """Take in the rows met in the last round; rows of the head become fresh."""
        if self._grows:
            self._count(self._met.delta)

    def finish(self) -> None:
        """Counts are made anew by the next run."""

    def _count(self, rows: Iterable[Row]) -> None:
        for row in rows:
            group = row[: self._arity]
            count = self._counts[group] = self._counts.get(group, 0) + 1
            if count == self._wanted[tuple(group[c] for c in self._columns)]:
                self._head.fresh[group] = None
