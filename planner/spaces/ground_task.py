"""A task with its variables replaced: atoms and operators as numbers in flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, Table
    from planner.kr.formulas import Atom
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["Csr", "GroundAxioms", "GroundTask"]


@dataclass(frozen=True, slots=True)
class Csr:
    """Lists of int32 laid end to end: list ``i`` is ``values[offsets[i]:offsets[i + 1]]``."""

    offsets: IntArray
    values: IntArray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> IntArray:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @staticmethod
    def of(lists: Iterable[Sequence[int]]) -> Csr:
        """Lay lists end to end."""
        rows = [np.asarray(row, dtype=np.int32) for row in lists]
        offsets = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        values = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)
        return Csr(offsets, values.astype(np.int32, copy=False))

    def inverted(self, size: int) -> Csr:
        """For each value below ``size``, the ascending indices of the lists that contain it."""
        counts = np.diff(self.offsets)
        owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        order = np.argsort(self.values, kind="stable")
        offsets = np.zeros(size + 1, dtype=np.int32)
        np.cumsum(np.bincount(self.values, minlength=size), out=offsets[1:])
        return Csr(offsets, owners[order])


@dataclass(frozen=True, slots=True)
class GroundAxioms:
    """Ground axioms, sorted by stratum.

    Attributes:
        head, body: the atom each derives, and the atoms that must all be true.
        strata: offsets of the strata in the axioms, first 0, last their count.
    """

    head: IntArray
    body: Csr
    strata: IntArray


@dataclass(frozen=True, slots=True)
class GroundTask:
    """Reachable atoms and operators of a task, static parts removed.

    A negative literal is the positive literal of a *complement*: an atom of its own that is true
    exactly when its partner is false. So every condition below is a list of atoms that must all
    be true. Effect lists name partners only, never complements: applying an effect that deletes
    ``p`` sets ``complement[p]``, one that adds ``p`` clears it.

    Applying an operator in state s: collect the unconditional effects and the conditional ones
    whose condition holds in s; delete, then add (adding wins); then recompute derived atoms.

    Attributes:
        task: the task it came from.
        constants: ``task.all_objects`` in order, then numbers and strings that occur.
        atoms: the F atoms; a complement repeats its partner's row.
        complement: shape (F,), the number of the atom meaning "this one is false", or -1.
        is_complement: shape (F,), which atoms are such complements.
        is_derived: shape (F,), atoms defined by axioms (their complements included).
        static: facts true in every state that are not among ``atoms``.
        operators: the O operators as schema and arguments (declared parameters, then implicit).
        costs: shape (O,), int64, ``cost_scale`` to the unit of the task's costs.
        precondition, add, delete: per operator; ``delete`` leaves out what ``add`` names.
        conditional: per operator, the numbers of its conditional effects, consecutive.
        condition, conditional_add, conditional_delete: per conditional effect (E of them).
        axiom_head, axiom_body: per ground axiom, sorted by stratum.
        axiom_strata: offsets of the strata in the axioms, first 0, last their count.
        initial: atoms true at the start, ascending, derived atoms and their complements left out.
        goal: atoms that must be true; ``None`` when the goal cannot be reached even when effects
            only add (``unreachable`` then names an atom of the goal that is to blame, if one is).
        shown_first: atoms from this number on are derived atoms, with their complements, that
            neither operators nor the goal depend on; states do not carry them (-1: there are none).
        shown_axioms: their axioms, evaluated when a state is shown; ``None`` without such atoms.
    """

    task: Task
    constants: tuple[Constant, ...]
    atoms: Table
    complement: IntArray
    is_complement: BoolArray
    is_derived: BoolArray
    static: Table
    operators: Table
    costs: npt.NDArray[np.int64]
    cost_scale: int
    precondition: Csr
    add: Csr
    delete: Csr
    conditional: Csr
    condition: Csr
    conditional_add: Csr
    conditional_delete: Csr
    axiom_head: IntArray
    axiom_body: Csr
    axiom_strata: IntArray
    initial: IntArray
    goal: IntArray | None
    unreachable: Atom | None = field(default=None)
    shown_first: int = -1
    shown_axioms: GroundAxioms | None = None

    @property
    def atom_count(self) -> int:
        """Number of atoms, F."""
        return len(self.atoms)

    @property
    def state_atom_count(self) -> int:
        """Number of atoms that states carry; the others are derived when a state is shown."""
        return self.atom_count if self.shown_first < 0 else self.shown_first

    @property
    def operator_count(self) -> int:
        """Number of operators, O."""
        return len(self.operators)
