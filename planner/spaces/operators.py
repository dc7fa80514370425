"""Operators and conditional effects, read from the tables of the relaxed program."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.spaces.costs import scaled
from planner.spaces.lists import Lists
from planner.spaces.rows import RowIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.kr.actions import ActionSchema
    from planner.kr.formulas import Atom
    from planner.spaces.costs import CostReader, Values
    from planner.spaces.literals import Literals
    from planner.spaces.tables import EffectTable, OperatorTable

__all__ = ["Effects", "Operators", "read_operators"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Effects:
    """Conditional effects, sorted by operator.

    Attributes:
        owner: the operator of each.
        condition: codes of literals.
        add, delete: atoms.
    """

    owner: IntArray
    condition: Lists
    add: Lists
    delete: Lists

    def selected(self, keep: BoolArray) -> Effects:
        """Those where ``keep`` is true."""
        return Effects(
            self.owner[keep],
            self.condition.selected(keep),
            self.add.selected(keep),
            self.delete.selected(keep),
        )


@dataclass(frozen=True, slots=True)
class Operators:
    """Operators in order of schema, alternative, row.

    Attributes:
        schema: index of the action.
        arguments: codes of the printed parameters, padded with -1.
        costs: integers, ``cost_scale`` to the unit.
        condition: codes of the literals of the precondition.
        add, delete: atoms of the unconditional effects.
    """

    schema: IntArray
    arguments: IntArray
    costs: npt.NDArray[np.int64]
    cost_scale: int
    condition: Lists
    add: Lists
    delete: Lists
    effects: Effects

    def selected(self, keep: BoolArray) -> Operators:
        """Those where ``keep`` is true, with their effects."""
        if keep.all():
            return self
        effects = self.effects.selected(keep[self.effects.owner])
        number = np.cumsum(keep, dtype=np.int32) - np.int32(1)
        return Operators(
            self.schema[keep],
            self.arguments[keep],
            self.costs[keep],
            self.cost_scale,
            self.condition.selected(keep),
            self.add.selected(keep),
            self.delete.selected(keep),
            Effects(number[effects.owner], effects.condition, effects.add, effects.delete),
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one table gives."""

    table: OperatorTable
    arguments: IntArray
    condition: Lists
    dead: BoolArray
    add: Lists
    delete: Lists
    effects: Effects
    cost: Values


def read_operators(
    tables: Sequence[OperatorTable],
    literals: Literals,
    costs: CostReader,
    actions: Sequence[ActionSchema],
    check: Callable[[], None] = lambda: None,
) -> Operators:
    """All operators whose precondition is not known to be false and whose cost is defined.

    Args:
        tables: one an action schema, or several.
        literals: numbers of the atoms.
        costs: costs of the rows of a table.
        actions: by number.
        check: called between passes over all operators, to raise where that is to end.
    """
    parts = [_read(table, literals, costs, check) for table in tables]
    numbers, scale = scaled([p.cost for p in parts], [actions[p.table.action].name for p in parts])
    sizes = [len(p.arguments) for p in parts]
    width = max((p.arguments.shape[1] for p in parts), default=0)
    starts = np.cumsum([0, *sizes])
    arguments: IntArray = np.full((int(starts[-1]), width), -1, dtype=np.int32)
    for part, start in zip(parts, starts.tolist(), strict=False):
        block = part.arguments
        arguments[start : start + len(block), : block.shape[1]] = block
    schemas = np.array([p.table.action for p in parts], dtype=np.int32)
    all_costs = np.concatenate([np.zeros(0, dtype=np.int64), *numbers])
    dead = np.concatenate([np.zeros(0, dtype=np.bool_), *(p.dead for p in parts)])
    _warn_undefined(parts, numbers, actions)
    check()
    condition = Lists.stacked([p.condition for p in parts])
    check()
    add = Lists.stacked([p.add for p in parts])
    check()
    delete = Lists.stacked([p.delete for p in parts])
    check()
    effects = _stacked_effects([p.effects for p in parts], starts.tolist())
    operators = Operators(
        np.repeat(schemas, sizes), arguments, all_costs, scale, condition, add, delete, effects
    )
    check()
    return operators.selected(~dead & (all_costs >= 0))


def _read(
    table: OperatorTable, literals: Literals, costs: CostReader, check: Callable[[], None]
) -> _Part:
    columns, count = literals.table(table.context)
    check()
    condition, dead = literals.conditions(table.context, columns, count)
    check()
    rows: IntArray = np.zeros((count, table.printed), dtype=np.int32)
    for place, name in enumerate(table.context.columns[: table.printed]):
        rows[:, place] = columns[name]
    add = _atoms(table.adds, literals, columns, count)
    check()
    delete = _atoms(table.deletes, literals, columns, count)
    check()
    effects = _read_effects(table, columns, count, literals)
    check()
    cost = costs.values(table.cost, columns, count)
    return _Part(table, rows, condition, dead, add, delete, effects, cost)


def _atoms(
    atoms: Sequence[Atom], literals: Literals, columns: Mapping[str, IntArray], count: int
) -> Lists:
    numbers = [literals.atom_numbers(atom, columns, count) for atom in atoms]
    return Lists.of_columns(numbers, count)


def _read_effects(
    table: OperatorTable, columns: Mapping[str, IntArray], count: int, literals: Literals
) -> Effects:
    """The conditional effects of one table's operators, those that never happen left out."""
    if not table.effects:
        nothing = Lists.empty(0)
        return Effects(np.zeros(0, dtype=np.int32), nothing, nothing, nothing)
    names = table.context.columns
    index = RowIndex(np.stack([columns[n] for n in names], axis=1)) if names else None
    parts = [_read_effect(effect, names, index, literals) for effect in table.effects]
    return _stacked_effects(parts, [0] * len(parts))


def _read_effect(
    effect: EffectTable, names: Sequence[str], index: RowIndex | None, literals: Literals
) -> Effects:
    columns, count = literals.table(effect.context)
    condition, dead = literals.conditions(effect.context, columns, count)
    owner: IntArray = np.zeros(count, dtype=np.int32)
    if index is not None:
        owner = index.find([columns[n] for n in names], count)
    found = Effects(
        owner,
        condition,
        _atoms(effect.adds, literals, columns, count),
        _atoms(effect.deletes, literals, columns, count),
    )
    return found.selected(~dead)


def _stacked_effects(parts: Sequence[Effects], starts: Sequence[int]) -> Effects:
    """Effects of several tables; operators of each are numbered from its start."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    owners = [p.owner + np.int32(s) for p, s in zip(parts, starts, strict=False)]
    owner = np.concatenate([nothing, *owners])
    together = Effects(
        owner,
        Lists.stacked([p.condition for p in parts]),
        Lists.stacked([p.add for p in parts]),
        Lists.stacked([p.delete for p in parts]),
    )
    if bool(np.all(owner[1:] >= owner[:-1])):
        return together
    order = np.argsort(owner, kind="stable").astype(np.int32)
    return Effects(
        owner[order],
        together.condition.reordered(order),
        together.add.reordered(order),
        together.delete.reordered(order),
    )


def _warn_undefined(
    parts: Sequence[_Part],
    numbers: Sequence[npt.NDArray[np.int64]],
    actions: Sequence[ActionSchema],
) -> None:
    for part, costs in zip(parts, numbers, strict=True):
        undefined = int(np.count_nonzero((costs < 0) & ~part.dead))
        if undefined:
            name = actions[part.table.action].name
            _log.warning("%d steps of `%s` have no cost and are left out", undefined, name)
