"""Heights of the facts that can take part in proofs of the facts asked about.

Three ways, the cheapest that applies. Where all rules are one layer that was evaluated on
columns, the rounds of the evaluation are the heights. Else the rules are rewritten for the fact
asked about (magic sets, Beeri and Ramakrishnan 1991): a first evaluation finds what is asked for,
a second one, which is given that, derives each row in the round that is its height. Where that
is too much of the model, where the model is small or has been derived for a goal alone, or where
declarations gather rows, all rules are evaluated once more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from planner.engine.clauses import Clause
from planner.engine.extension import TinyExtension
from planner.engine.heights import FINAL, with_known_negation
from planner.engine.magic.rewrite import demand
from planner.engine.program import Layer, atoms_in, plan_clauses
from planner.engine.tiny.run import TinyProgram
from planner.engine.tiny.steps import TooLargeError
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.engine.extension import Extension
    from planner.engine.facts import Facts
    from planner.engine.magic.rewrite import Demanded
    from planner.engine.model import Model
    from planner.engine.program import Plan
    from planner.engine.symbols import SymbolTable

    Row: TypeAlias = tuple[int, ...]
    Rows: TypeAlias = dict[Row, int]
    # Evaluates a plan as it stands.
    Run: TypeAlias = Callable[[Plan, Facts], Model]

__all__ = ["ConeHeights", "Heights", "WholeHeights", "heights_of"]

_ASKED = "#asked"
_GOAL = "#answer"
# Beyond this share of the model, and this number of rows, all of it on columns is as fast.
_SHARE = 10
_ROWS = 5_000
# So few rows are evaluated again in less time than rules take to be rewritten.
_FEW = 500


class Heights(Protocol):
    """A model of which each row's round is the height of its least proof."""

    @property
    def plan(self) -> Plan:
        """One layer of rules; what they negate reads complete predicates."""
        ...

    @property
    def symbols(self) -> SymbolTable:
        """Names for the codes."""
        ...

    def include(self, predicate: str, row: Row) -> None:
        """See to the heights of a row that is there, and of all that it can rest on."""
        ...

    def extension(self, predicate: str) -> Extension:
        """The rows of a predicate; those that were not asked about may be missing."""
        ...

    def complete(self, predicate: str) -> Extension:
        """All rows of a predicate, whatever their rounds."""
        ...


def heights_of(model: Model, run: Run) -> Heights:
    """The heights of a model's rows, found when asked for; ``run`` evaluates a plan."""
    if model.partial or any(layer.tallies for layer in model.plan.layers):
        return WholeHeights(run(*with_known_negation(model)))
    if _rounds_are_heights(model):
        return WholeHeights(model)
    if any("split" in model.extension(c.head.predicate).representation for c in model.plan.clauses):
        # Such rules ask for every value, so demand would ask for everything.
        return WholeHeights(run(*with_known_negation(model)))
    if sum(model.count(c.head.predicate) for c in model.plan.clauses) <= _FEW:
        return WholeHeights(run(*with_known_negation(model)))
    return ConeHeights(model, run)


def _rounds_are_heights(model: Model) -> bool:
    """Whether the rules are one layer and were evaluated on columns."""
    layers = [layer for layer in model.plan.layers if layer.clauses]
    derived = [name for layer in layers for name in layer.predicates]
    return len(layers) == 1 and all(
        model.extension(name).representation.startswith("columns") for name in derived
    )


class WholeHeights:
    """The heights of all rows, from one evaluation."""

    def __init__(self, model: Model) -> None:
        self.plan = model.plan
        self.symbols = model.symbols
        self.extension = model.extension
        self.complete = model.extension

    def include(self, predicate: str, row: Row) -> None:
        """Nothing is missing."""


class ConeHeights:
    """The heights of what facts rest on, found by demand."""

    def __init__(self, model: Model, run: Run) -> None:
        self.plan, self._facts = with_known_negation(model)
        self.symbols = model.symbols
        self._model = model
        self._run = run
        self._derived = frozenset(clause.head.predicate for clause in self.plan.clauses)
        stated = _Stated(self._facts)
        self._stated = stated
        self._programs: dict[str, _ByDemand] = {}
        self._rows: dict[str, Rows] = {}
        self._extensions: dict[str, Extension] = {}
        self._whole: Model | None = None

    def include(self, predicate: str, row: Row) -> None:
        """See to the heights of a row that is there, and of all that it can rest on."""
        if self._whole is not None or predicate not in self._derived:
            return
        if row in self._rows.get(predicate, ()):
            return
        program = self._programs.get(predicate)
        if program is None:
            program = self._programs[predicate] = _ByDemand(self.plan, predicate, len(row))
        try:
            found = program.run(row, self._stated, self.symbols, self._room())
        except TooLargeError:
            self._whole = self._run(self.plan, self._facts)
            return
        for name, rows in found:
            self._rows.setdefault(name, {}).update(rows)
            self._extensions.pop(name, None)

    def _room(self) -> int:
        size = sum(self._model.count(name) for name in self._derived)
        return max(_ROWS, size // _SHARE)

    def extension(self, predicate: str) -> Extension:
        """The rows of a predicate; those that were not asked about may be missing."""
        if self._whole is not None:
            return self._whole.extension(predicate)
        found = self._extensions.get(predicate)
        if found is None:
            if predicate in self._derived:
                rows = self._rows.get(predicate, {})
            else:
                rows = dict.fromkeys(self._stated.rows(predicate), 0)
            found = TinyExtension(rows, self.plan.arities.get(predicate, 0))
            self._extensions[predicate] = found
        return found

    def complete(self, predicate: str) -> Extension:
        """All rows of a predicate, whatever their rounds."""
        if predicate.endswith(FINAL):
            return self.extension(predicate)
        return self._model.extension(predicate)


class _Stated:
    """Facts as tuples, made once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rows: dict[str, list[Row]] = {}

    def rows(self, predicate: str) -> list[Row]:
        """The facts of a predicate."""
        found = self._rows.get(predicate)
        if found is None:
            found = self._rows[predicate] = self._facts.tuples(predicate)
        return found


class _ByDemand:
    """The rules rewritten for one row of a predicate."""

    def __init__(self, plan: Plan, predicate: str, arity: int) -> None:
        row = tuple(Variable(f"v{column}") for column in range(arity))
        goal = Clause(Atom(_GOAL, row), (Atom(_ASKED, row), Atom(predicate, row)), -1)
        demanded = demand((*plan.clauses, goal), (), _GOAL)
        self._asked = demanded.asked
        self._origins = {name[:-1]: name.rpartition("#")[0] for name in demanded.asked}
        self._demands = TinyProgram(plan_clauses(plan.rules, _demand_clauses(demanded)))
        self._heights = TinyProgram(_one_layer(plan, self._height_clauses(demanded)))
        derived = {clause.head.predicate for clause in plan.clauses}
        self._found = [
            (name, self._origins.get(name, name))
            for name in self._heights.relations
            if self._origins.get(name, name) in derived
        ]

    def _height_clauses(self, demanded: Demanded) -> tuple[Clause, ...]:
        """All but those that ask, and those that hand on what is stated."""
        return tuple(
            clause
            for clause in demanded.clauses
            if clause.head.predicate not in self._asked and not self._is_handed_on(clause)
        )

    def _is_handed_on(self, clause: Clause) -> bool:
        origin = self._origins.get(clause.head.predicate)
        row = clause.head.arguments
        return origin is not None and Atom(origin, row) in clause.body[1:]

    def run(
        self, row: Row, stated: _Stated, symbols: SymbolTable, room: int
    ) -> list[tuple[str, Rows]]:
        """For each predicate rows with their heights, those of the row's cone among them.

        Raises:
            TooLargeError: when more than ``room`` rows are derived.
        """

        def given(name: str) -> Sequence[Row]:
            return (row,) if name == _ASKED else stated.rows(self._origins.get(name, name))

        demands = self._demands.run(given, symbols, room)
        asked = {name: list(demands[name]) for name in self._asked}

        def settled(name: str) -> Sequence[Row]:
            return asked[name] if name in asked else given(name)

        heights = self._heights.run(settled, symbols, room)
        return [(origin, heights[name]) for name, origin in self._found]


def _demand_clauses(demanded: Demanded) -> list[Clause]:
    """The clauses that demands depend on, which may be demands alone."""
    needed = dict.fromkeys(demanded.asked)
    size = -1
    while size < len(needed):
        size = len(needed)
        for clause in demanded.clauses:
            if clause.head.predicate in needed:
                needed.update(dict.fromkeys(atom.predicate for atom in atoms_in(clause.body)))
    return [clause for clause in demanded.clauses if clause.head.predicate in needed]


def _one_layer(plan: Plan, clauses: Sequence[Clause]) -> Plan:
    """All clauses in one layer, so that rounds are heights."""
    planned = plan_clauses(plan.rules, clauses)
    heads = tuple(dict.fromkeys(clause.head.predicate for clause in clauses))
    recursive = tuple(
        tuple(i for i, p in enumerate(c.body) if isinstance(p, Atom) and p.predicate in heads)
        for c in clauses
    )
    layer = Layer(heads, tuple(range(len(clauses))), recursive, ())
    return replace(planned, layers=(layer,), exact_rounds=True)
