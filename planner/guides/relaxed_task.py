"""The delete relaxation of a ground task: operators that only add, in flat arrays.

A relaxed operator is an operator, one of its conditional effects (with the operator's
precondition joined to the condition), or an axiom (at no cost). Deleting an atom adds its
complement. Where a negated derived atom is asked for, the axioms are negated too, so that whatever
real plans reach, relaxed ones reach as well: an infinite estimate proves a dead end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from planner.guides.among import is_among
from planner.guides.cycles import on_cycles
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.spaces.ground_task import GroundTask

    Unsigned = npt.NDArray[np.uint32]

__all__ = ["CostKind", "Relaxation", "RelaxedTask", "Workspace", "relax", "workspace"]

CostKind = Literal["real", "unit"]

UNIFORM, GOAL_COUNT, H_MAX, H_ADD, H_FF, LANDMARKS, NOVELTY, LM_CUT = 0, 1, 2, 3, 4, 5, 6, 7
"""Kinds of estimates that kernels know; those from `LANDMARKS` on have tables of their own."""

APPLICABLE, PREFERRED, FACTS, WORK, STAMP, PLAN = 0, 1, 2, 3, 4, 5
"""Places in `Workspace.counts`."""

DEAD_END = 1 << 30
"""The kernels' estimate of a state from which not even the relaxed task can be solved."""

BUCKETS = 4096
"""Costs below this go to buckets, one a cost; dearer ones to a heap."""

_COUNT_BITS = 32


class Relaxation(NamedTuple):
    """The arrays a kernel reads: R relaxed operators over N atoms.

    The last atom is no atom of the task: it is true always, and relaxed operators without
    preconditions need it, so that every one of them waits for something. What indexes other arrays
    is unsigned where kernels are in a hurry.

    Attributes:
        start: shape (R,), base cost in the upper 32 bits and number of preconditions in the
            lower, so that reaching a precondition is one addition.
        first, waiting: CSR, the relaxed operators that wait for each atom.
        add_first, added: CSR, what each relaxed operator adds.
        needs_first, needs: CSR, what each relaxed operator needs.
        plain: shape (R,), the operator whose unconditional part it is, or -1.
        origin: shape (R,), the operator it stands for, -1 for axioms.
        goal: atoms of the goal.
        is_goal: shape (N,).
    """

    start: npt.NDArray[np.int64]
    first: Unsigned
    waiting: Unsigned
    add_first: Unsigned
    added: Unsigned
    needs_first: Unsigned
    needs: Unsigned
    plain: IntArray
    origin: IntArray
    goal: Unsigned
    is_goal: npt.NDArray[np.uint8]


class Workspace(NamedTuple):
    """What a kernel writes while it estimates one state; reused for the next.

    Attributes:
        value: shape (R,), cost so far and preconditions still to reach, packed as ``start``.
        cost: shape (N,), cheapest cost of each atom found so far.
        supporter: shape (N,), the relaxed operator that reaches it, -1 for atoms of the state.
        entry_atom, entry_next: queue entries, linked from ``bucket``.
        bucket: shape (BUCKETS,), newest entry of each cost, -1 when empty (as between uses).
        heap: entries dearer than the buckets, as cost << 32 | atom.
        relaxed_mark, operator_mark, preferred_mark: equal to the stamp where already in the
            relaxed plan, already paid for, already among the preferred operators.
        stack: atoms whose supporters are still to be traced.
        applicable: operators whose preconditions hold in the state.
        preferred: operators of the relaxed plan that are applicable.
        plan: operators of the relaxed plan, as cost << 32 | operator.
        facts: atoms of the state.
        counts: number of applicable, preferred and state atoms; work done; the current stamp;
            number of operators in the relaxed plan.
    """

    value: npt.NDArray[np.int64]
    cost: IntArray
    supporter: IntArray
    entry_atom: Unsigned
    entry_next: IntArray
    bucket: IntArray
    heap: npt.NDArray[np.int64]
    relaxed_mark: IntArray
    operator_mark: IntArray
    preferred_mark: IntArray
    stack: Unsigned
    applicable: IntArray
    preferred: IntArray
    plan: npt.NDArray[np.int64]
    facts: IntArray
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RelaxedTask:
    """A relaxation with the unit of its costs.

    Attributes:
        unit: what one unit of the kernel's costs is in the task's integer costs.
        operator_count: number of operators of the task, O.
    """

    arrays: Relaxation
    unit: int
    operator_count: int


def relax(task: GroundTask, costs: CostKind = "real") -> RelaxedTask:
    """Build the relaxation; ``unit`` counts every operator as one step."""
    assert task.goal is not None
    operators = _operators(task)
    extra = _axioms(task)
    atom_count = extra.atom_count
    base, unit = _base_costs(task, costs)
    plain = np.arange(task.operator_count, dtype=np.int32)
    effect_owner = np.repeat(plain, np.diff(task.conditional.offsets))
    others = len(effect_owner) + len(extra.needs)
    origin = np.concatenate([plain, effect_owner, np.full(len(extra.needs), -1, dtype=np.int32)])
    cost = np.where(origin >= 0, base[origin], 0) if len(base) else np.zeros(len(origin), np.int64)
    needs = _stack([operators.needs, extra.needs], atom_count)
    adds = _stack([operators.adds, extra.adds], atom_count, without=needs)
    needs = _fill_empty(needs, atom_count)
    waiting = needs.inverted(atom_count + 1)
    goal = np.flatnonzero(np.bincount(task.goal)).astype(np.int32)
    is_goal = np.zeros(atom_count + 1, dtype=np.uint8)
    is_goal[goal] = 1
    arrays = Relaxation(
        start=(cost.astype(np.int64) << _COUNT_BITS) | np.diff(needs.offsets),
        first=waiting.offsets.view(np.uint32),
        waiting=waiting.values.view(np.uint32),
        add_first=adds.offsets.view(np.uint32),
        added=adds.values.view(np.uint32),
        needs_first=needs.offsets.view(np.uint32),
        needs=needs.values.view(np.uint32),
        plain=np.concatenate([plain, np.full(others, -1, dtype=np.int32)]),
        origin=origin,
        goal=goal.astype(np.uint32),
        is_goal=is_goal,
    )
    return RelaxedTask(arrays, unit, task.operator_count)


def workspace(relaxed: RelaxedTask) -> Workspace:
    """Room for estimating states of one relaxed task."""
    arrays, operators = relaxed.arrays, relaxed.operator_count
    atoms, size = len(arrays.is_goal), len(arrays.start)
    # An atom enters the queue at most once for each relaxed operator that adds it.
    entries = len(arrays.added) + 1
    return Workspace(
        value=np.empty(size, dtype=np.int64),
        cost=np.empty(atoms, dtype=np.int32),
        supporter=np.empty(atoms, dtype=np.int32),
        entry_atom=np.empty(entries, dtype=np.uint32),
        entry_next=np.empty(entries, dtype=np.int32),
        bucket=np.full(BUCKETS, -1, dtype=np.int32),
        heap=np.empty(entries, dtype=np.int64),
        relaxed_mark=np.zeros(size, dtype=np.int32),
        operator_mark=np.zeros(operators, dtype=np.int32),
        preferred_mark=np.zeros(operators, dtype=np.int32),
        stack=np.empty(len(arrays.goal) + len(arrays.needs) + 1, dtype=np.uint32),
        applicable=np.empty(operators, dtype=np.int32),
        preferred=np.empty(operators, dtype=np.int32),
        plan=np.empty(operators, dtype=np.int64),
        facts=np.empty(atoms, dtype=np.int32),
        counts=np.zeros(8, dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Some relaxed operators: what they need and add, over ``atom_count`` atoms."""

    needs: Csr
    adds: Csr
    atom_count: int


def _operators(task: GroundTask) -> _Part:
    """Operators, then conditional effects joined with their operators' preconditions."""
    count, effects = task.operator_count, len(task.condition)
    owner = np.repeat(np.arange(count, dtype=np.int64), np.diff(task.conditional.offsets))
    rows, values = _pairs(task.precondition)
    inherited = _select(task.precondition, owner)
    own = _pairs(task.condition)
    needs = _from_pairs(
        np.concatenate([rows, inherited[0] + count, own[0] + count]),
        np.concatenate([values, inherited[1], own[1]]),
        count + effects,
        task.atom_count,
    )
    parts = [
        _pairs(task.add),
        _complements(task, task.delete),
        _shift(_pairs(task.conditional_add), count),
        _shift(_complements(task, task.conditional_delete), count),
    ]
    adds = _from_pairs(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        count + effects,
        task.atom_count,
    )
    return _Part(needs, adds, task.state_atom_count)


def _axioms(task: GroundTask) -> _Part:
    """Axioms as they are, and their negations where a negated derived atom occurs."""
    needs = [[int(a) for a in task.axiom_body[i]] for i in range(len(task.axiom_head))]
    adds = [[int(head)] for head in task.axiom_head]
    atom_count = task.state_atom_count
    negated = [int(a) for a in _negated_derived(task)]
    if not negated:
        return _Part(Csr.of(needs), Csr.of(adds), atom_count)
    opposite = _opposites(task)
    recursive = _recursive(task)
    bodies: dict[int, list[int]] = {atom: [] for atom in negated}
    for index, head in enumerate(task.axiom_head.tolist()):
        if head in bodies:
            bodies[head].append(index)
    for atom, axioms in bodies.items():
        broken: list[int] = []
        # A least fixpoint of negated rules reaches too little through a cycle, so there the
        # negation is granted at once.
        for index in [] if atom in recursive else axioms:
            opposites = opposite[task.axiom_body[index]].tolist()
            if min(opposites, default=0) < 0:
                continue
            broken.append(atom_count)
            needs += [[a] for a in opposites]
            adds += [[atom_count] for _ in opposites]
            atom_count += 1
        needs.append(broken)
        adds.append([int(task.complement[atom])])
    return _Part(Csr.of(needs), Csr.of(adds), atom_count)


def _negated_derived(task: GroundTask) -> IntArray:
    """Derived atoms of the state that have a complement."""
    count = task.state_atom_count
    derived = task.is_derived[:count] & ~task.is_complement[:count]
    found: IntArray = np.flatnonzero(derived & (task.complement[:count] >= 0)).astype(np.int32)
    return found


def _opposites(task: GroundTask) -> IntArray:
    """For each atom the one that is true exactly when it is false, or -1."""
    opposite = task.complement.copy()
    partnered = np.flatnonzero((task.complement >= 0) & ~task.is_complement)
    opposite[task.complement[partnered]] = partnered
    return opposite


def _recursive(task: GroundTask) -> frozenset[int]:
    """Derived atoms that depend on themselves, complements read as their partners."""
    opposite = _opposites(task)
    uses: dict[int, list[int]] = {}
    for index, head in enumerate(task.axiom_head.tolist()):
        body = task.axiom_body[index]
        body = body[task.is_derived[body]]
        read = np.where(task.is_complement[body], opposite[body], body)
        uses.setdefault(head, []).extend(read.tolist())
    return on_cycles(uses)


def _base_costs(task: GroundTask, costs: CostKind) -> tuple[npt.NDArray[np.int64], int]:
    if costs == "unit":
        return np.ones(task.operator_count, dtype=np.int64), 1
    unit = int(np.gcd.reduce(task.costs)) if task.operator_count else 1
    unit = max(unit, 1)
    return task.costs // unit, unit


_Pairs = tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]"]


def _pairs(csr: Csr) -> _Pairs:
    rows = np.repeat(np.arange(len(csr), dtype=np.int64), np.diff(csr.offsets))
    return rows, csr.values.astype(np.int64)


def _shift(pairs: _Pairs, rows: int) -> _Pairs:
    return pairs[0] + rows, pairs[1]


def _select(csr: Csr, rows: npt.NDArray[np.int64]) -> _Pairs:
    """The pairs of a CSR whose row ``i`` is row ``rows[i]`` of the given one."""
    lengths = np.diff(csr.offsets).astype(np.int64)[rows]
    new_rows = np.repeat(np.arange(len(rows), dtype=np.int64), lengths)
    ends = np.cumsum(lengths)
    within = np.arange(len(new_rows), dtype=np.int64) - np.repeat(ends - lengths, lengths)
    return new_rows, csr.values[csr.offsets[rows][new_rows] + within].astype(np.int64)


def _complements(task: GroundTask, deletes: Csr) -> _Pairs:
    rows, values = _pairs(deletes)
    opposite = task.complement[values].astype(np.int64)
    return rows[opposite >= 0], opposite[opposite >= 0]


def _from_pairs(
    rows: npt.NDArray[np.int64], values: npt.NDArray[np.int64], size: int, width: int
) -> Csr:
    """A CSR of distinct ascending values from pairs in any order."""
    width = max(width, 1)
    keys = np.sort(rows * width + values)
    if len(keys):
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    offsets = np.zeros(size + 1, dtype=np.int32)
    np.cumsum(np.bincount(keys // width, minlength=size), out=offsets[1:])
    return Csr(offsets, (keys % width).astype(np.int32))


def _stack(parts: list[Csr], width: int, without: Csr | None = None) -> Csr:
    """CSRs one below the other, duplicates dropped, less the values ``without`` has in a row."""
    shifted, size = [], 0
    for part in parts:
        shifted.append(_shift(_pairs(part), size))
        size += len(part)
    rows = np.concatenate([pairs[0] for pairs in shifted])
    values = np.concatenate([pairs[1] for pairs in shifted])
    if without is not None:
        other = _pairs(without)
        present = other[0] * max(width, 1) + other[1]
        keep = ~is_among(rows * max(width, 1) + values, present)
        rows, values = rows[keep], values[keep]
    return _from_pairs(rows, values, size, width)


def _fill_empty(csr: Csr, value: int) -> Csr:
    """Give empty rows the one value."""
    rows, values = _pairs(csr)
    empty = np.flatnonzero(np.diff(csr.offsets) == 0)
    values = np.concatenate([values, np.full(len(empty), value)])
    return _from_pairs(np.concatenate([rows, empty]), values, len(csr), value + 1)
