"""Sets of atoms of which at most one is ever true, found by a count that no operator raises.

A candidate is a list of parts, each a predicate with some arguments left free: for a fixed block,
``holding(b)``, ``ontable(b)`` and ``on(b, ?)``. A group of it is safe when it starts with at
most one true atom and each operator that adds one of its atoms takes away another that was true.
Where an operator does not, the candidate grows by a predicate that it does take away (Helmert
2009). The test is made on the ground operators, group by group, so one unsafe group leaves the
others standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.among import is_among
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.interfaces import BoolArray
    from planner.spaces.ground_task import GroundTask

    Keys = npt.NDArray[np.int64]

__all__ = ["MutexGroups", "find_mutex_groups", "unwatched"]

_MOST_CANDIDATES = 120
_MOST_PARTS = 5
_MOST_FREE = 2
_EXAMPLES = 3
_WORK = 10_000_000
"""Added and deleted atoms looked at over all candidates: about a second."""

"""Unbalanced operators, of different schemas, from which a candidate is refined."""


@dataclass(frozen=True, slots=True)
class MutexGroups:
    """Groups of atoms that exclude each other.

    Attributes:
        groups: the atoms of each group, two at least.
        of_atom: the groups of each atom.
    """

    groups: Csr
    of_atom: Csr

    def excludes(self, first: int, second: int) -> bool:
        """Whether two atoms are never true together."""
        shared = set(self.of_atom[first].tolist())
        return first != second and not shared.isdisjoint(self.of_atom[second].tolist())


_Part = tuple[int, tuple[int, ...]]
"""Predicate, and the argument position of each parameter of the group; the others are free."""


def unwatched() -> None:
    """Nothing to heed: what is called between parts of the work where no limit is given."""


def find_mutex_groups(
    task: GroundTask, sample: int | None = None, *, check: Callable[[], None] = unwatched
) -> MutexGroups:
    """The groups that the count above proves, and pairs of an atom and its complement.

    With a ``sample`` the count is made on about so many of the operators: in large tasks that is
    much sooner done, and groups are likely, not proved. ``check`` is called between candidates,
    and may raise.
    """
    found = {atoms for atoms in _Synthesis(task, sample).run(check) if len(atoms) > 1}
    for atom in np.flatnonzero((task.complement >= 0) & ~task.is_complement).tolist():
        found.add((atom, int(task.complement[atom])))
    groups = Csr.of(sorted(found))
    return MutexGroups(groups, groups.inverted(task.atom_count))


class _Synthesis:
    """Tests candidates on the operators of one task, refining those that fail."""

    def __init__(self, task: GroundTask, sample: int | None) -> None:
        self._symbol = np.where(task.is_complement | task.is_derived, -1, task.atoms.symbol)
        self._arguments = task.atoms.arguments.astype(np.int64)
        self._base = int(self._arguments.max(initial=0)) + 2
        self._schema = task.operators.symbol
        self._true: BoolArray = np.zeros(task.atom_count, dtype=np.bool_)
        self._true[task.initial] = True
        self._adds, self._takes = _changes(task)
        if sample is not None and sample < task.operator_count:
            chosen = _spread(task.operator_count, sample)
            self._adds, self._takes = (
                (operators[chosen[operators]], atoms[chosen[operators]])
                for operators, atoms in (self._adds, self._takes)
            )

    def run(self, check: Callable[[], None]) -> list[tuple[int, ...]]:
        """The groups of all candidates."""
        waiting = self._first_candidates()
        seen, groups = set(waiting), list[tuple[int, ...]]()
        size = len(self._adds[0]) + len(self._takes[0]) + len(self._symbol)
        for number, candidate in enumerate(waiting):
            check()
            if number * size > _WORK:
                break
            key = self._keys(candidate)
            bad, examples = self._test(key)
            groups += _sets(key, bad)
            if len(candidate) >= _MOST_PARTS:
                continue
            for operator, atom in examples:
                for part in self._refinements(candidate, operator, atom):
                    refined = (*candidate, part)
                    if refined not in seen and len(seen) < _MOST_CANDIDATES:
                        seen.add(refined)
                        waiting.append(refined)
        return groups

    def _first_candidates(self) -> list[tuple[_Part, ...]]:
        """Each predicate that changes, with all its arguments or all but one or two."""
        changing = self._symbol[self._adds[1]]
        candidates: list[tuple[_Part, ...]] = []
        for symbol in np.flatnonzero(np.bincount(changing[changing >= 0])).tolist():
            places = range(self._arity(symbol))
            for free in range(min(_MOST_FREE, len(places)) + 1):
                kept = combinations(places, len(places) - free)
                candidates += [((symbol, order),) for order in kept]
        return candidates

    def _arity(self, symbol: int) -> int:
        row = self._arguments[int(np.argmax(self._symbol == symbol))]
        return int((row >= 0).sum())

    def _keys(self, candidate: tuple[_Part, ...]) -> Keys:
        """For each atom the number of its group, -1 for atoms in none."""
        codes = np.full(len(self._symbol), -1, dtype=np.int64)
        for symbol, order in candidate:
            own = np.flatnonzero(self._symbol == symbol)
            code = np.zeros(len(own), dtype=np.int64)
            for position in order:
                code = code * self._base + self._arguments[own, position] + 1
            codes[own] = code
        values = np.sort(codes[codes >= 0])
        values = values[np.diff(values, prepend=-1) != 0]
        return np.where(codes >= 0, np.searchsorted(values, codes), -1)

    def _test(self, key: Keys) -> tuple[BoolArray, list[tuple[int, int]]]:
        """Which groups fail, and operators with the atom they add unbalanced."""
        count = int(key.max(initial=-1)) + 1
        bad = np.bincount(key[self._true & (key >= 0)], minlength=count) > 1
        operators, atoms = self._adds
        own = np.flatnonzero(key[atoms] >= 0)
        codes = operators[own] * count + key[atoms[own]]
        ordered = np.sort(codes)
        heavy = ordered[1:][ordered[1:] == ordered[:-1]] % max(count, 1)
        taken = self._takes[1]
        given = self._takes[0] * count + key[taken]
        unbalanced = own[~is_among(codes, given[key[taken] >= 0])]
        fresh = unbalanced[~bad[key[atoms[unbalanced]]]]
        bad[heavy] = True
        bad[key[atoms[unbalanced]]] = True
        examples: dict[int, tuple[int, int]] = {}
        for place in fresh[: 50 * _EXAMPLES].tolist():
            operator = int(operators[place])
            if len(examples) < _EXAMPLES:
                examples.setdefault(int(self._schema[operator]), (operator, int(atoms[place])))
        return bad, list(examples.values())

    def _refinements(self, candidate: tuple[_Part, ...], operator: int, atom: int) -> list[_Part]:
        """Parts that hold what the operator takes away when it adds the atom."""
        symbol = int(self._symbol[atom])
        order = next(part[1] for part in candidate if part[0] == symbol)
        values = [int(self._arguments[atom, position]) for position in order]
        taken = self._takes[1][self._takes[0] == operator].tolist()
        parts = list[_Part]()
        for other in taken:
            predicate = int(self._symbol[other])
            if predicate < 0 or any(part[0] == predicate for part in candidate):
                continue
            part = self._matching(predicate, self._arguments[other], values)
            if part is not None and part not in parts:
                parts.append(part)
        return parts

    def _matching(self, predicate: int, row: Keys, values: list[int]) -> _Part | None:
        """The part whose parameters have these values in an atom."""
        left, order = list(range(self._arity(predicate))), list[int]()
        for value in values:
            place = next((i for i in left if row[i] == value), -1)
            if place < 0:
                return None
            left.remove(place)
            order.append(place)
        return None if len(left) > _MOST_FREE else (predicate, tuple(order))


def _changes(task: GroundTask) -> tuple[tuple[Keys, Keys], tuple[Keys, Keys]]:
    """Pairs of operator and atom: what it may make true, what it surely makes false.

    The first are distinct pairs less preconditions; the second are preconditions that the operator
    deletes whatever its conditional effects do.
    """
    width = max(1, task.atom_count)
    owner = np.repeat(
        np.arange(task.operator_count, dtype=np.int64), np.diff(task.conditional.offsets)
    )
    plain = _coded(task.add, width)
    effects = task.conditional_add
    rows = np.repeat(np.arange(len(effects)), np.diff(effects.offsets))
    some = owner[rows] * width + effects.values
    before, gone = _coded(task.precondition, width), _coded(task.delete, width)
    added = np.sort(np.concatenate([plain, some]))
    added = added[np.diff(added, prepend=-1) != 0]
    added = added[~is_among(added, before)]
    taken = gone[is_among(gone, before)]
    taken = taken[~is_among(taken, some)]
    return (added // width, added % width), (taken // width, taken % width)


def _spread(count: int, sample: int) -> BoolArray:
    """About so many of the numbers below ``count``, scattered so that no pattern is missed."""
    mixed = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    chosen: BoolArray = mixed >> np.uint64(32) < np.uint64((sample << 32) // count)
    return chosen


def _coded(lists: Csr, width: int) -> Keys:
    rows = np.repeat(np.arange(len(lists), dtype=np.int64), np.diff(lists.offsets))
    coded: Keys = rows * width + lists.values
    return coded


def _sets(key: Keys, bad: BoolArray) -> list[tuple[int, ...]]:
    """The atoms of each good group."""
    own = np.flatnonzero(key >= 0)
    own = own[~bad[key[own]]]
    order = own[np.argsort(key[own], kind="stable")]
    ends = np.flatnonzero(np.diff(key[order])) + 1
    return [tuple(part.tolist()) for part in np.split(order, ends)] if len(order) else []
