"""Steps as what they need and make, those alike but for the place of their mover taken together.

Deletions, negative conditions and derived atoms are left out: this is what the relaxation of a task
without deletions (Bonet and Geffner 2001) needs, with walking as a distance instead of steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kr.strips import strips_form
from planner.kr.terms import Variable
from planner.models.terrain import shortest_ways

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.kr.formulas import Atom
    from planner.models.terrain import MovementMap

    Long = npt.NDArray[np.int64]

__all__ = ["Deeds", "Mover", "read_deeds", "read_movers"]

_Row = tuple[int, ...]


class Mover:
    """What moves on the same maps by the same atoms, and its ways.

    Attributes:
        name: the objects that are the mover.
        maps: of its movements.
        positions: shape (n, 2), each place it can be said to be at and the number of that atom.
    """

    def __init__(self, name: _Row, maps: Sequence[MovementMap], size: int) -> None:
        self.name = name
        self.positions: IntArray = np.zeros((0, 2), dtype=np.int32)
        self.maps = tuple(maps)
        self._size = size
        self._sources: dict[int, list[int]] = {}
        self._targets: dict[int, list[int]] = {}
        for one in maps:
            for there, before in one.sources(name).items():
                self._sources.setdefault(there, []).extend(before)
                for here in before:
                    self._targets.setdefault(here, []).append(there)
        self._from: dict[int, IntArray] = {}
        self._to: dict[int, IntArray] = {}

    def ways_from(self, place: int) -> IntArray:
        """Steps from a place to every object, -1 where there is no way."""
        if place not in self._from:
            self._from[place] = shortest_ways(self._targets, place, self._size)
        return self._from[place]

    def ways_to(self, place: int) -> IntArray:
        """Steps to a place from every object, -1 where there is no way."""
        if place not in self._to:
            self._to[place] = shortest_ways(self._sources, place, self._size)
        return self._to[place]


@dataclass(frozen=True, slots=True)
class Deeds:
    """Classes of steps that need and make the same but for where their mover must be.

    Atoms that need not be looked at are the number of atoms, a place of their own behind the last.

    Attributes:
        schema: shape (classes,), their action.
        mover: shape (classes,), who must be at one of their places, -1 for nobody.
        needs: shape (classes, k), the other atoms needed.
        makes: shape (classes, k), the atoms made true.
        of_step: shape (steps,), the class of each step, -1 for movements and steps not read.
        entries: shape (n, 2), classes with their places, ascending.
    """

    schema: IntArray
    mover: IntArray
    needs: Long
    makes: Long
    of_step: IntArray
    entries: IntArray


def read_movers(
    space: StepSpace, maps: Sequence[MovementMap]
) -> tuple[list[Mover], IntArray, IntArray]:
    """The movers, and for each atom of a space the mover whose place it says (-1) and the place."""
    steps, atoms = space.steps, space.atoms
    groups: dict[tuple[int, int], dict[_Row, list[MovementMap]]] = {}
    for one in maps:
        rows = steps.arguments[steps.symbol == one.schema][:, one.movers]
        names = groups.setdefault((one.predicate, one.place), {})
        for name in sorted(set(map(tuple, rows.tolist()))):
            names.setdefault(name, []).append(one)
    movers: list[Mover] = []
    who = np.full(len(atoms) + 1, -1, dtype=np.int32)
    where = np.full(len(atoms) + 1, -1, dtype=np.int32)
    for (predicate, place), names in groups.items():
        own = {name: len(movers) + n for n, name in enumerate(names)}
        movers += [Mover(name, found, len(space.constants)) for name, found in names.items()]
        numbers = np.flatnonzero(atoms.symbol == predicate)
        for atom, row in zip(numbers.tolist(), atoms.arguments[numbers].tolist(), strict=True):
            objects = [a for a in row if a >= 0]
            at = objects.pop(place)
            if tuple(objects) in own:
                who[atom], where[atom] = own[tuple(objects)], at
    for number, mover in enumerate(movers):
        own_atoms = np.flatnonzero(who == number)
        mover.positions = np.stack([where[own_atoms], own_atoms], axis=1).astype(np.int32)
    return movers, who, where


def read_deeds(
    space: StepSpace, maps: Sequence[MovementMap], who: IntArray, where: IntArray
) -> Deeds:
    """The deeds of a space, read from the conditions and effects of its actions.

    The movements of ``maps`` are no deeds; ``who`` and ``where`` are as `read_movers` gives them.
    """
    parts = _read_rows(space, {one.schema for one in maps})
    nothing = len(space.atoms)
    width = max([p[2].shape[1] for p in parts], default=0)
    height = max([p[3].shape[1] for p in parts], default=0)
    rows = np.concatenate([p[0] for p in parts] or [np.zeros(0, dtype=np.int64)])
    schema = np.concatenate([p[1] for p in parts] or [np.zeros(0, dtype=np.int64)])
    needs = _stacked([p[2] for p in parts], width, nothing)
    makes = _stacked([p[3] for p in parts], height, nothing)
    mover, place = _taken_out(needs, who, where, nothing)
    keys = np.concatenate([schema[:, None], mover[:, None], needs, makes], axis=1)
    classes, of_row = _distinct(keys)
    of_step = np.full(len(space.steps), -1, dtype=np.int32)
    of_step[rows] = of_row
    there = place >= 0
    entries = np.unique(np.stack([of_row[there], place[there]], axis=1), axis=0)
    return Deeds(
        schema=classes[:, 0].astype(np.int32),
        mover=classes[:, 1].astype(np.int32),
        needs=classes[:, 2 : 2 + width],
        makes=classes[:, 2 + width :],
        of_step=of_step,
        entries=entries.astype(np.int32),
    )


def _read_rows(space: StepSpace, moves: set[int]) -> list[tuple[Long, Long, Long, Long]]:
    """By action the steps, the action, and the numbers of the atoms that each needs and makes."""
    lookup, steps = _Lookup(space), space.steps
    parts: list[tuple[Long, Long, Long, Long]] = []
    for number, action in enumerate(space.task.rules.actions):
        form, rows = strips_form(action), np.flatnonzero(steps.symbol == number)
        names = {p.name: n for n, p in enumerate(action.parameters)}
        if form is None or number in moves or not len(rows):
            continue
        if any(v not in names for atom in (*form.positive, *form.add) for v in _variables(atom)):
            continue
        rows = rows[lookup.holding(form.positive, names, steps.arguments[rows])]
        arguments = steps.arguments[rows]
        needs = lookup.columns(form.positive, names, arguments)
        makes = lookup.columns(form.add, names, arguments)
        parts.append((rows, np.full(len(rows), number, dtype=np.int64), needs, makes))
    return parts


class _Lookup:
    """The number of an atom by its predicate and objects."""

    def __init__(self, space: StepSpace) -> None:
        table = space.atoms
        self._static = space.static
        self._base = len(space.constants) + 1
        self._predicates = {name: n for n, name in enumerate(space.task.rules.predicates)}
        self._constants = {constant: n for n, constant in enumerate(space.constants)}
        self._nothing = len(table)
        self._width = max(table.arguments.shape[1], space.static.arguments.shape[1])
        self._by_predicate: dict[int, tuple[Long, Long]] = {}
        for predicate in dict.fromkeys(table.symbol.tolist()):
            numbers = np.flatnonzero(table.symbol == predicate)
            rows = list(table.arguments[numbers].T)
            keys = self._keys(self._filled(rows, len(numbers)), len(numbers))
            order = np.argsort(keys, kind="stable")
            self._by_predicate[predicate] = keys[order], numbers[order]

    def holding(
        self, atoms: Sequence[Atom], names: dict[str, int], arguments: IntArray
    ) -> BoolArray:
        """Shape (steps,): whether all the atoms hold or may hold at some time.

        Spaces made by hand may list steps that are never legal.
        """
        fine = np.ones(len(arguments), dtype=np.bool_)
        for atom in atoms:
            predicate = self._predicates.get(atom.predicate, -1)
            rows = self._static.arguments[self._static.symbol == predicate]
            facts = self._keys(self._filled(list(rows.T), len(rows)), len(rows))
            changing = self._column(atom, names, arguments) != self._nothing
            fine &= changing | np.isin(self._wanted(atom, names, arguments), facts)
        return fine

    def columns(self, atoms: Sequence[Atom], names: dict[str, int], arguments: IntArray) -> Long:
        """Shape (steps, k): the number of each atom in each step; those without one left out."""
        found = [self._column(atom, names, arguments) for atom in atoms]
        kept = [column for column in found if (column != self._nothing).any()]
        return np.stack(kept, axis=1) if kept else np.zeros((len(arguments), 0), dtype=np.int64)

    def _column(self, atom: Atom, names: dict[str, int], arguments: IntArray) -> Long:
        number = np.full(len(arguments), self._nothing, dtype=np.int64)
        known = self._by_predicate.get(self._predicates.get(atom.predicate, -1))
        if known is None:
            return number
        keys, numbers = known
        wanted = self._wanted(atom, names, arguments)
        place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        same = keys[place] == wanted
        number[same] = numbers[place[same]]
        return number

    def _wanted(self, atom: Atom, names: dict[str, int], arguments: IntArray) -> Long:
        """The key of an atom in each step."""
        columns = []
        for argument in atom.arguments:
            if isinstance(argument, Variable):
                columns.append(arguments[:, names[argument.name]])
            else:
                constant = self._constants.get(argument, -1) if isinstance(argument, str) else -1
                columns.append(np.full(len(arguments), constant, dtype=np.int32))
        return self._keys(self._filled(columns, len(arguments)), len(arguments))

    def _filled(self, columns: list[IntArray], count: int) -> list[IntArray]:
        missing = max(0, self._width - len(columns))
        return columns + [np.full(count, -1, dtype=np.int32)] * missing

    def _keys(self, columns: Sequence[IntArray], count: int) -> Long:
        keys = np.zeros(count, dtype=np.int64)
        for column in columns:
            keys = keys * self._base + column + 1
        return keys


def _variables(atom: Atom) -> list[str]:
    return [a.name for a in atom.arguments if isinstance(a, Variable)]


def _stacked(parts: Sequence[Long], width: int, filler: int) -> Long:
    """Rows under one another, each filled up to ``width``."""
    rows = np.full((sum(len(p) for p in parts), width), filler, dtype=np.int64)
    begin = 0
    for part in parts:
        rows[begin : begin + len(part), : part.shape[1]] = part
        begin += len(part)
    return rows


def _taken_out(needs: Long, who: IntArray, where: IntArray, nothing: int) -> tuple[Long, Long]:
    """The first mover each row needs somewhere, and where; it is taken out of the needs."""
    mover = np.full(len(needs), -1, dtype=np.int64)
    place = np.full(len(needs), -1, dtype=np.int64)
    for column in needs.T:
        found = (who[column] >= 0) & (mover < 0)
        mover[found] = who[column[found]]
        place[found] = where[column[found]]
        column[found] = nothing
    return mover, place


def _distinct(rows: Long) -> tuple[Long, Long]:
    """Distinct rows, and for each row which of these it is."""
    number = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        span = int(column.max(initial=0)) + 2
        _, number = np.unique(number * span + column + 1, return_inverse=True)
    first = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    first[number[::-1]] = np.arange(len(rows) - 1, -1, -1)
    return rows[first], number
