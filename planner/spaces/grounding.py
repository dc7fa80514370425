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
from planner.engine.forward import compile_rules
from planner.errors import LimitError
from planner.interfaces import Table
from planner.spaces.axioms import read_axioms
from planner.spaces.costs import CostReader
from planner.spaces.counters import reachable_results
from planner.spaces.estimate import estimate_operators
from planner.spaces.literals import Literals
from planner.spaces.numbering import Found, number, stacked_tables
from planner.spaces.operators import read_operators
from planner.spaces.relaxation import relax
from planner.spaces.simplify import (
    NEVER,
    contradictory,
    net_effects,
    settle,
    simplified,
    simplify_operators,
)

if TYPE_CHECKING:
    from planner.engine.forward import Tier, Watch
    from planner.engine.model import Model
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Atom
    from planner.kr.task import Task
    from planner.spaces.ground_task import GroundTask
    from planner.spaces.lists import Lists
    from planner.spaces.simplify import Status
    from planner.spaces.tables import Relaxation

__all__ = ["ground"]

_log = logging.getLogger(__name__)

_FEW = 4_000
"""Operators, by the estimate, up to which atoms and operators may be few."""


def ground(task: Task, *, meter: Watch | None = None) -> GroundTask:
    """Compute the reachable atoms and operators of a task.

    Raises:
        UnsupportedError: for what the ground step space cannot do, such as created objects.
        InputError: for costs that are negative, ambiguous or too large.
        LimitError: when the meter says so, or a bound on size is met.
    """
    try:
        return _ground(task, meter)
    except MemoryError as error:
        raise LimitError("out of memory while grounding") from error


def _ground(task: Task, meter: Watch | None) -> GroundTask:
    relaxation = relax(task)
    facts = Facts.of_task(task)
    for name, types in relaxation.unions.items():
        for part in types:
            facts.add_rows(name, facts.array(part).reshape(-1, 1))
    model = _reachable(task, relaxation, facts, meter)
    _check(meter)
    literals = Literals(relaxation, model, facts.symbols)
    constants = facts.symbols.constants()
    costs = CostReader(model, facts.symbols, constants, frozenset(relaxation.dynamic))
    actions = task.rules.actions
    operators = read_operators(
        relaxation.operators, literals, costs, actions, lambda: _check(meter)
    )
    operators = net_effects(operators)
    _check(meter)
    goal, goal_false = _read_goal(relaxation, literals)
    axioms = read_axioms(relaxation, literals, facts.symbols)
    count = literals.atoms.count + len(literals.made.level_of)
    initial = _initial(relaxation, literals, facts, task, count)
    derived = _derived(relaxation, literals, count)
    status, axioms = settle(initial, derived, operators, axioms)
    _check(meter)
    operators = simplify_operators(operators, status)
    goal, false = simplified(goal, status)
    unreachable = goal_false or bool(false.any() or contradictory(goal).any())
    _check(meter)
    return number(
        task,
        Found(
            atoms=_atom_rows(task, literals),
            status=status,
            derived=derived,
            initial=initial,
            operators=operators,
            axioms=axioms,
            goal=None if unreachable else goal.value,
            unreachable=_culprit(relaxation, literals, status) if unreachable else None,
            static=_static(task, relaxation, model),
            constants=constants,
        ),
    )


def _reachable(task: Task, relaxation: Relaxation, facts: Facts, meter: Watch | None) -> Model:
    """The fixpoint of the program; counts grow with what they count, until nothing is new."""
    program = compile_rules(relaxation.rules)
    tier = _tier(estimate_operators(task), len(relaxation.rules))
    model = program.run(facts, tier=tier, meter=meter)
    known: dict[str, set[tuple[int, ...]]] = {t.result: set() for t in relaxation.aggregates}
    grown = bool(known)
    while grown:
        grown = False
        for table in relaxation.aggregates:
            found = reachable_results(table, model.rows(table.instances), facts.symbols)
            new = found - known[table.result]
            if new:
                known[table.result] |= new
                facts.add_rows(table.result, np.array(sorted(new), dtype=np.int32))
                grown = True
        if grown:
            model = program.run(facts, tier=tier, meter=meter)
    return model


def _tier(operators: float, rules: int) -> Tier:
    """Where to derive: columns cost per rule and round, dictionaries per row."""
    if operators <= rules:
        return "tiny"
    # More than a few rows in dictionaries would be derived twice, the second time in columns.
    return "auto" if operators <= _FEW else "large"


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


def _atom_rows(task: Task, literals: Literals) -> Table:
    """All atoms by their first numbers; auxiliary ones without predicate and arguments."""
    position = {name: i for i, name in enumerate(task.rules.predicates)}
    tables = []
    for name, rows in zip(literals.atoms.predicates, literals.atoms.rows, strict=True):
        symbol = position.get(name, -1)
        shown = rows if symbol >= 0 else rows[:, :0]
        tables.append(Table(np.full(len(rows), symbol, dtype=np.int32), shown))
    made = len(literals.made.level_of)
    nothing: IntArray = np.zeros((made, 0), dtype=np.int32)
    tables.append(Table(np.full(made, -1, dtype=np.int32), nothing))
    return stacked_tables(tables)


def _static(task: Task, relaxation: Relaxation, model: Model) -> Table:
    """The facts of the predicates that no action changes."""
    dynamic = set(relaxation.dynamic)
    tables = []
    for position, name in enumerate(task.rules.predicates):
        if name not in dynamic:
            rows = model.rows(name)
            tables.append(Table(np.full(len(rows), position, dtype=np.int32), rows))
    return stacked_tables(tables)
