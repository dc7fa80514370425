"""Final numbers: what grounding found, laid out as a `GroundTask`.

First come the atoms that states carry, in declaration order, then the complements that something
asks for, then the derived atoms that only matter when a state is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Table
from planner.spaces.ground_task import Csr, GroundAxioms, GroundTask
from planner.spaces.simplify import ALWAYS, OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Atom
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.spaces.axioms import Axioms
    from planner.spaces.operators import Operators
    from planner.spaces.simplify import Status

__all__ = ["Found", "number", "stacked_tables"]


@dataclass(frozen=True, slots=True)
class Found:
    """What grounding found, over the first numbers of atoms and the codes of literals.

    Attributes:
        atoms: all atoms; auxiliary ones have the symbol -1.
        status, derived, initial: per atom; derived atoms are never initial.
        goal: codes of literals, ``None`` when the goal cannot be reached.
        static: facts of static predicates.
    """

    atoms: Table
    status: Status
    derived: BoolArray
    initial: BoolArray
    operators: Operators
    axioms: Axioms
    goal: IntArray | None
    unreachable: Atom | None
    static: Table
    constants: tuple[Constant, ...]


def number(task: Task, found: Found) -> GroundTask:
    """Number the atoms that matter and rewrite everything with the new numbers."""
    operators, effects = found.operators, found.operators.effects
    asked = [operators.condition.value, effects.condition.value]
    asked += [] if found.goal is None else [found.goal]
    declared = found.atoms.symbol >= 0
    needed = _needed(found.axioms, np.concatenate(asked), np.zeros_like(declared))
    wanted = _needed(found.axioms, np.concatenate(asked), declared)
    axioms = found.axioms.selected(needed[found.axioms.head])
    shown = found.axioms.selected((wanted & ~needed)[found.axioms.head])
    codes = np.concatenate([*asked, axioms.body.value, shown.body.value])
    layout = _Layout(found, codes, needed)
    numbers, numbers_of_atoms = layout.numbers, layout.numbers[::2]
    starts = np.searchsorted(effects.owner, np.arange(len(operators.schema) + 1))
    search_axioms = _ground_axioms(axioms, numbers)
    return GroundTask(
        task=task,
        constants=found.constants,
        atoms=layout.atoms,
        complement=layout.complement,
        is_complement=layout.is_complement,
        is_derived=layout.is_derived,
        static=_with_always(found),
        operators=Table(operators.schema, operators.arguments),
        costs=operators.costs,
        cost_scale=operators.cost_scale,
        precondition=operators.condition.mapped(numbers).csr(),
        add=operators.add.mapped(numbers_of_atoms).csr(),
        delete=operators.delete.mapped(numbers_of_atoms).csr(),
        conditional=Csr(starts.astype(np.int32), np.arange(len(effects.owner), dtype=np.int32)),
        condition=effects.condition.mapped(numbers).csr(),
        conditional_add=effects.add.mapped(numbers_of_atoms).csr(),
        conditional_delete=effects.delete.mapped(numbers_of_atoms).csr(),
        axiom_head=search_axioms.head,
        axiom_body=search_axioms.body,
        axiom_strata=search_axioms.strata,
        initial=np.sort(numbers_of_atoms[found.initial & layout.kept]),
        goal=None if found.goal is None else np.sort(numbers[found.goal]),
        unreachable=found.unreachable,
        shown_first=layout.shown_first,
        shown_axioms=_ground_axioms(shown, numbers) if layout.shown_first >= 0 else None,
    )


def stacked_tables(tables: Sequence[Table]) -> Table:
    """Tables of several widths below one another, -1 where there is no column."""
    width = max((t.arguments.shape[1] for t in tables), default=0)
    arguments: IntArray = np.full((sum(len(t) for t in tables), width), -1, dtype=np.int32)
    start = 0
    for table in tables:
        rows = table.arguments
        arguments[start : start + len(rows), : rows.shape[1]] = rows
        start += len(rows)
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    return Table(np.concatenate([nothing, *(t.symbol for t in tables)]), arguments)


class _Layout:
    """Which atoms are kept, and where they go.

    Attributes:
        kept: per old atom.
        numbers: the new number of each code, -1 for what is not kept.
        shown_first: as in `GroundTask`.
        atoms, complement, is_complement, is_derived: per new atom.
    """

    def __init__(self, found: Found, codes: IntArray, needed: BoolArray) -> None:
        count = len(found.atoms)
        kept: BoolArray = (found.status == OPEN) & (found.atoms.symbol >= 0)
        kept[codes >> 1] = True
        negated: BoolArray = np.zeros(count, dtype=np.bool_)
        negated[codes[codes % 2 == 1] >> 1] = True
        only_shown = found.derived & ~needed
        groups = [
            2 * np.flatnonzero(kept & ~only_shown),
            2 * np.flatnonzero(negated & ~only_shown) + 1,
            2 * np.flatnonzero(kept & only_shown),
            2 * np.flatnonzero(negated & only_shown) + 1,
        ]
        order = np.concatenate(groups)
        self.kept = kept
        self.numbers: IntArray = np.full(2 * count, -1, dtype=np.int32)
        self.numbers[order] = np.arange(len(order), dtype=np.int32)
        self.shown_first = len(groups[0]) + len(groups[1]) if len(groups[2]) else -1
        self.atoms = Table(found.atoms.symbol[order >> 1], found.atoms.arguments[order >> 1])
        self.is_complement: BoolArray = order % 2 == 1
        self.is_derived: BoolArray = found.derived[order >> 1]
        self.complement: IntArray = np.where(
            self.is_complement, np.int32(-1), self.numbers[order | 1]
        )


def _needed(axioms: Axioms, codes: IntArray, needed: BoolArray) -> BoolArray:
    """The atoms that literals depend on, together with those given."""
    needed = needed.copy()
    needed[codes >> 1] = True
    while True:
        grown = needed.copy()
        grown[axioms.body.value[needed[axioms.head][axioms.body.owner]] >> 1] = True
        if np.array_equal(grown, needed):
            return needed
        needed = grown


def _ground_axioms(axioms: Axioms, numbers: IntArray) -> GroundAxioms:
    strata = np.flatnonzero(np.diff(axioms.level, prepend=np.int32(-1)))
    return GroundAxioms(
        numbers[2 * axioms.head],
        axioms.body.mapped(numbers).csr(),
        np.array([*strata, len(axioms.head)], dtype=np.int32),
    )


def _with_always(found: Found) -> Table:
    """Static facts, and the atoms that turned out to be always true."""
    always = (found.status == ALWAYS) & (found.atoms.symbol >= 0)
    table = Table(found.atoms.symbol[always], found.atoms.arguments[always])
    return stacked_tables([found.static, table])
