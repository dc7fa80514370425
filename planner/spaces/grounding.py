"""Grounding: from a task with variables to reachable atoms and operators.

The passes: `relaxation` lays the task out as a rule program, the engine computes its fixpoint,
`operators` and `axioms` read the tables as lists of numbers, `simplify` takes out what is decided
beforehand, and this module numbers what is left.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.errors import LimitError
from planner.interfaces import Table
from planner.spaces.axioms import read_axioms
from planner.spaces.costs import CostReader
from planner.spaces.ground_task import Csr, GroundTask
from planner.spaces.literals import Literals
from planner.spaces.operators import read_operators
from planner.spaces.relaxation import relax
from planner.spaces.simplify import (
    ALWAYS,
    NEVER,
    OPEN,
    contradictory,
    net_effects,
    settle,
    simplified,
    simplify_operators,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.forward import Watch
    from planner.engine.model import Model
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Atom
    from planner.kr.task import Task
    from planner.spaces.axioms import Axioms
    from planner.spaces.lists import Lists
    from planner.spaces.operators import Operators
    from planner.spaces.relaxation import Relaxation
    from planner.spaces.simplify import Status

__all__ = ["ground"]

_log = logging.getLogger(__name__)


def ground(task: Task, *, meter: Watch | None = None) -> GroundTask:
    """Compute the reachable atoms and operators of a task.

    Raises:
        UnsupportedError: for what the ground step space cannot do, such as created objects.
        InputError: for costs that are negative, ambiguous or too large.
        LimitError: when the meter says so, or a bound on size is met.
    """
    relaxation = relax(task)
    facts = Facts.of_task(task)
    for name, types in relaxation.unions.items():
        for part in types:
            facts.add_rows(name, facts.array(part).reshape(-1, 1))
    model = evaluate(relaxation.rules, facts, meter=meter)
    _check(meter)
    literals = Literals(relaxation, model, facts.symbols)
    constants = facts.symbols.constants()
    costs = CostReader(model, facts.symbols, constants, frozenset(relaxation.dynamic))
    operators = net_effects(
        read_operators(relaxation.operators, literals, costs, task.rules.actions)
    )
    _check(meter)
    goal, goal_false = _read_goal(relaxation, literals)
    axioms = read_axioms(relaxation, literals)
    count = literals.atoms.count + len(literals.made.level_of)
    initial = _initial(relaxation, literals, facts, task, count)
    derived = _derived(relaxation, literals, count)
    status, axioms = settle(initial, derived, operators, axioms)
    operators = simplify_operators(operators, status)
    goal, false = simplified(goal, status)
    unreachable = goal_false or bool(false.any() or contradictory(goal).any())
    _check(meter)
    return _Numbering(task, literals, model, status, derived, initial).task(
        operators,
        axioms,
        None if unreachable else goal.value,
        _culprit(relaxation, literals, status) if unreachable else None,
        constants,
    )


def _check(meter: Watch | None) -> None:
    reason = meter.exceeded() if meter is not None else ""
    if reason:
        raise LimitError(f"stopped while grounding: {reason}")


def _read_goal(relaxation: Relaxation, literals: Literals) -> tuple[Lists, bool]:
    columns, count = literals.table(relaxation.goal)
    goal, dead = literals.conditions(relaxation.goal, columns, count)
    return goal, count == 0 or bool(dead.any())


def _culprit(relaxation: Relaxation, literals: Literals, status: Status) -> Atom | None:
    """The first atom of the goal that can never become true."""
    for atom in relaxation.goal.body.positive:
        number = int(literals.atom_numbers(atom, {}, 1)[0])
        if (number < 0 or status[number] == NEVER) and atom.predicate != "goal reached":
            return atom
    return None


def _initial(
    relaxation: Relaxation, literals: Literals, facts: Facts, task: Task, count: int
) -> BoolArray:
    """Which atoms are true at the start, derived ones left out."""
    found: BoolArray = np.zeros(count, dtype=np.bool_)
    for name in relaxation.dynamic:
        rows = facts.array(name)
        declared = task.rules.predicates.get(name)
        if declared is not None and "symmetric" in declared.properties:
            rows = np.concatenate([rows, rows[:, ::-1]])
        if len(rows) and name not in relaxation.derived:
            columns = list(np.ascontiguousarray(rows.T))
            found[literals.atoms.find(name, columns, len(rows))] = True
    return found


def _derived(relaxation: Relaxation, literals: Literals, count: int) -> BoolArray:
    """Which atoms axioms define."""
    found: BoolArray = np.ones(count, dtype=np.bool_)
    atoms = literals.atoms
    for name, first, end in zip(atoms.predicates, atoms.first, atoms.first[1:], strict=False):
        found[first:end] = name in relaxation.derived
    return found


class _Numbering:
    """Final numbers: open atoms in their order, then the complements that conditions name."""

    def __init__(
        self,
        task: Task,
        literals: Literals,
        model: Model,
        status: Status,
        derived: BoolArray,
        initial: BoolArray,
    ) -> None:
        self.source = task
        self.literals = literals
        self.model = model
        self.status = status
        self.derived = derived
        self.initial = initial
        position = {name: i for i, name in enumerate(task.rules.predicates)}
        self.symbols = [position.get(name, -1) for name in literals.atoms.predicates]

    def task(
        self,
        operators: Operators,
        axioms: Axioms,
        goal: IntArray | None,
        unreachable: Atom | None,
        constants: tuple[object, ...],
    ) -> GroundTask:
        """Number everything."""
        conditions = [operators.condition.value, operators.effects.condition.value]
        conditions += [] if goal is None else [goal]
        axioms = self._needed(axioms, np.concatenate(conditions))
        codes = np.concatenate([*conditions, axioms.body.value])
        kept = (self.status == OPEN) & (self._symbol_column() >= 0)
        kept[axioms.head] = True
        kept[codes >> 1] = True
        negated = np.zeros(len(kept), dtype=np.bool_)
        negated[codes[codes % 2 == 1] >> 1] = True
        numbers = self._numbers(kept, negated)
        number = numbers[::2]
        atoms, complement, is_complement = self._atom_tables(kept, negated)
        effects = operators.effects
        starts = np.searchsorted(effects.owner, np.arange(len(operators.schema) + 1))
        strata = np.flatnonzero(np.diff(axioms.level, prepend=np.int32(-1)))
        derived = np.concatenate([self.derived[kept], self.derived[negated]])
        return GroundTask(
            task=self.source,
            constants=constants,  # type: ignore[arg-type]
            atoms=atoms,
            complement=complement,
            is_complement=is_complement,
            is_derived=derived,
            static=self._static(),
            operators=Table(operators.schema, operators.arguments),
            costs=operators.costs,
            cost_scale=operators.cost_scale,
            precondition=operators.condition.mapped(numbers).csr(),
            add=operators.add.mapped(number).csr(),
            delete=operators.delete.mapped(number).csr(),
            conditional=Csr(starts.astype(np.int32), np.arange(len(effects.owner), dtype=np.int32)),
            condition=effects.condition.mapped(numbers).csr(),
            conditional_add=effects.add.mapped(number).csr(),
            conditional_delete=effects.delete.mapped(number).csr(),
            axiom_head=number[axioms.head],
            axiom_body=axioms.body.mapped(numbers).csr(),
            axiom_strata=np.array([*strata, len(axioms.head)], dtype=np.int32),
            initial=np.sort(number[self.initial & kept]),
            goal=None if goal is None else np.sort(numbers[goal]),
            unreachable=unreachable,
        )

    def _needed(self, axioms: Axioms, codes: IntArray) -> Axioms:
        """Axioms of declared predicates, and of auxiliary atoms that something asks for."""
        needed = self._symbol_column() >= 0
        needed[codes >> 1] = True
        while True:
            wanted = needed[axioms.head]
            grown = needed.copy()
            grown[axioms.body.value[wanted[axioms.body.owner]] >> 1] = True
            if np.array_equal(grown, needed):
                return axioms.selected(wanted)
            needed = grown

    def _symbol_column(self) -> IntArray:
        """The predicate of each atom, -1 for auxiliary ones."""
        sizes = [len(rows) for rows in self.literals.atoms.rows]
        found = np.repeat(np.array(self.symbols, dtype=np.int32), sizes)
        made: IntArray = np.full(len(self.literals.made.level_of), -1, dtype=np.int32)
        return np.concatenate([found, made])

    def _numbers(self, kept: BoolArray, negated: BoolArray) -> IntArray:
        """The final number of each literal's code."""
        numbers: IntArray = np.full(2 * len(kept), -1, dtype=np.int32)
        count = int(kept.sum())
        numbers[2 * np.flatnonzero(kept)] = np.arange(count, dtype=np.int32)
        complements = np.flatnonzero(negated)
        numbers[2 * complements + 1] = np.arange(count, count + len(complements), dtype=np.int32)
        return numbers

    def _atom_tables(
        self, kept: BoolArray, negated: BoolArray
    ) -> tuple[Table, IntArray, BoolArray]:
        count, complements = int(kept.sum()), int(negated.sum())
        complement: IntArray = np.full(count + complements, -1, dtype=np.int32)
        complement[np.flatnonzero(negated[kept])] = np.arange(count, count + complements)
        is_complement = np.arange(count + complements) >= count
        symbol, arguments = self._symbol_column(), self._argument_rows()
        order = np.concatenate([np.flatnonzero(kept), np.flatnonzero(negated)])
        return Table(symbol[order], arguments[order]), complement, is_complement

    def _argument_rows(self) -> IntArray:
        """Arguments of all atoms, those of auxiliary atoms left out."""
        shown = [s >= 0 for s in self.symbols]
        tables = self.literals.atoms.rows
        blocks = [rows if show else rows[:, :0] for rows, show in zip(tables, shown, strict=True)]
        made: IntArray = np.zeros((len(self.literals.made.level_of), 0), dtype=np.int32)
        return _padded([*blocks, made])

    def _static(self) -> Table:
        """Facts of static predicates, and atoms that turned out to be always true."""
        predicates = self.source.rules.predicates
        dynamic = set(self.literals.atoms.predicates)
        names = [name for name in predicates if name not in dynamic]
        blocks = [self.model.rows(name) for name in names]
        position = {name: i for i, name in enumerate(predicates)}
        symbols = np.array([position[name] for name in names], dtype=np.int32)
        always = np.flatnonzero(self.status == ALWAYS)
        always = always[self._symbol_column()[always] >= 0]
        blocks.append(self._argument_rows()[always])
        symbol = np.repeat(symbols, [len(rows) for rows in blocks[:-1]])
        symbol = np.concatenate([symbol, self._symbol_column()[always]])
        return Table(symbol.astype(np.int32), _padded(blocks))


def _padded(blocks: Sequence[IntArray]) -> IntArray:
    """Rows of several widths in one table, -1 where there is no column."""
    width = max((rows.shape[1] for rows in blocks), default=0)
    table: IntArray = np.full((sum(len(rows) for rows in blocks), width), -1, dtype=np.int32)
    start = 0
    for rows in blocks:
        table[start : start + len(rows), : rows.shape[1]] = rows
        start += len(rows)
    return table
