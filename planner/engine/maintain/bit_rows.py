"""A recursive layer on bit rows that follows its facts.

What the layer's clauses find without the atom that carries (`planner.engine.bits.shape`) is made
predicates of their own, which do not recurse: one for what the layer begins with, one for the
edges between two predicates' rows. These are kept as tuples, and a `LiveMatrix` follows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.matrix import listed_bits
from planner.engine.bits.shape import bit_layer
from planner.engine.clauses import Clause
from planner.engine.jit import compile_from_now_on
from planner.engine.maintain.change import Difference
from planner.engine.maintain.matrix import LiveMatrix, row_counts
from planner.engine.maintain.matrix_view import MatrixExtension
from planner.engine.program import Layer, Plan
from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from planner.engine.bits.shape import BitLayer
    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.relation import ChangingRelation
    from planner.engine.tiny.relation import Row
    from planner.interfaces import IntArray

    Words = npt.NDArray[np.uint64]

__all__ = ["BitRows", "Split", "split"]

_INTERPRETED_ROWS = 100
"""Matrix rows up to which an update may run as plain Python. With more, Numba is loaded now and
not in the middle of an update."""


class Split:
    """A layer as a matrix and the predicates it is made of.

    Attributes:
        carried: for each predicate of the layer the column that is bits.
        bases: for each predicate that has clauses to begin with what they derive.
        edges: predicates of edges, with the two predicates whose rows they connect.
        layers: plans of one layer each that derive these.
    """

    def __init__(self, plan: Plan, shape: BitLayer) -> None:
        self.carried = shape.carried
        self.bases: dict[str, str] = {}
        self.edges: dict[str, tuple[str, str]] = {}
        clauses: dict[str, list[Clause]] = {}
        for index in shape.base:
            clause = plan.clauses[index]
            name = clause.head.predicate + "#base"
            self.bases[clause.head.predicate] = name
            head = Atom(name, clause.head.arguments)
            clauses.setdefault(name, []).append(Clause(head, clause.body, clause.rule))
        for row in shape.clauses:
            ends = (row.source.predicate, row.target.predicate)
            name = "#edge#".join(ends)
            self.edges[name] = ends
            head = Atom(name, (*row.source.arguments, *row.target.arguments))
            rule = plan.clauses[row.index].rule
            clauses.setdefault(name, []).append(Clause(head, row.rest, rule))
        self.layers = [_plain_plan(plan, name, made) for name, made in clauses.items()]


def split(plan: Plan, layer: Layer) -> Split | None:
    """The layer as a matrix, ``None`` where its edges depend on itself or it has another shape."""
    shape = bit_layer(plan, layer)
    return None if shape is None or shape.enumerated else Split(plan, shape)


def _plain_plan(plan: Plan, name: str, clauses: Sequence[Clause]) -> Plan:
    arities = {**plan.arities, name: len(clauses[0].head.arguments)}
    layer = Layer((name,), tuple(range(len(clauses))), ((),) * len(clauses), ())
    return Plan(plan.rules, tuple(clauses), (layer,), arities, plan.makes_values, plan.constants)


class BitRows:
    """The rows of a layer's predicates in a matrix.

    Args:
        parts: how the layer is split; its predicates are complete.
        relations: of all predicates.
        explicit: the facts of each predicate.

    Raises:
        MatrixFullError: where the matrix takes too much memory.
    """

    def __init__(
        self,
        parts: Split,
        relations: Mapping[str, ChangingRelation],
        explicit: Mapping[str, Rows],
    ) -> None:
        self._parts = parts
        self._relations = relations
        self._explicit = explicit
        self._rows: dict[tuple[str, Row], int] = {}
        self._keys: list[tuple[str, Row]] = []
        self._bits: dict[int, int] = {}
        self._values: list[int] = []
        self._sizes = dict.fromkeys(parts.carried, 0)
        self._matrix = LiveMatrix()
        for name in parts.carried:
            base = parts.bases.get(name)
            derived = relations[base].rows if base is not None else {}
            self._flip_bases(name, dict.fromkeys((*explicit.get(name, ()), *derived)))
        for name, ends in parts.edges.items():
            self._connect(ends, [(row, True) for row in relations[name].rows])
        if len(self._keys) > _INTERPRETED_ROWS:
            compile_from_now_on()
            self._matrix.load_kernels()
        refreshed = self._matrix.refresh()
        self._count(refreshed.rows, refreshed.old, refreshed.new)

    # Changing.

    def update(self, changes: dict[str, Difference]) -> Callable[[], None]:
        """Follow the parts, whose changes are there; returns what takes the update back.

        Raises:
            MatrixFullError: where the matrix would take too much memory; nothing is changed then.
        """
        self._reserve(changes)
        flipped: list[tuple[int, int]] = []
        connected: list[tuple[int, int, bool]] = []
        for name in self._parts.carried:
            touched = [changes.get(name), changes.get(self._parts.bases.get(name, ""))]
            rows = [row for d in touched if d for row in (*d.added, *d.removed)]
            flipped += self._flip_bases(name, dict.fromkeys(rows))
            changes.pop(name, None)
        for name, ends in self._parts.edges.items():
            difference = changes.get(name)
            if difference:
                there = [(row, True) for row in difference.added]
                connected += self._connect(
                    ends, [*((r, False) for r in difference.removed), *there]
                )
        refreshed = self._matrix.refresh()
        self._count(refreshed.rows, refreshed.old, refreshed.new)
        self._report(refreshed.rows, refreshed.old, refreshed.new, changes)

        def take_back() -> None:
            for row, bit in flipped:
                self._matrix.flip_base(row, bit)
            for source, target, there in connected:
                (self._matrix.disconnect if there else self._matrix.connect)(source, target)
            self._matrix.restore(refreshed)
            self._count(refreshed.rows, refreshed.new, refreshed.old)

        return take_back

    def _reserve(self, changes: Mapping[str, Difference]) -> None:
        """Number what is new, before anything is changed."""
        for name in self._parts.carried:
            for part in (name, self._parts.bases.get(name, "")):
                for row in changes[part].added if part in changes else ():
                    self._place(name, row)
        for name, ends in self._parts.edges.items():
            for row in changes[name].added if name in changes else ():
                self._ends(ends, row)
        self._matrix.reserve(len(self._keys), len(self._values))

    def _flip_bases(self, name: str, rows: Iterable[Row]) -> list[tuple[int, int]]:
        """Have the bases of these rows be as facts and clauses say; returns what was flipped."""
        facts = self._explicit.get(name, {})
        base = self._parts.bases.get(name)
        derived = self._relations[base].rows if base is not None else {}
        places = [(self._place(name, row), row in facts or row in derived) for row in rows]
        self._matrix.reserve(len(self._keys), len(self._values))
        flipped = [place for place, there in places if self._matrix.in_base(*place) != there]
        for row, bit in flipped:
            self._matrix.flip_base(row, bit)
        return flipped

    def _connect(
        self, ends: tuple[str, str], rows: Iterable[tuple[Row, bool]]
    ) -> list[tuple[int, int, bool]]:
        connected = [(*self._ends(ends, row), there) for row, there in rows]
        self._matrix.reserve(len(self._keys), len(self._values))
        for source, target, there in connected:
            (self._matrix.connect if there else self._matrix.disconnect)(source, target)
        return connected

    # Numbering.

    def _number(self, key: tuple[str, Row]) -> int:
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = len(self._keys)
            self._keys.append(key)
        return found

    def _place(self, name: str, row: Row) -> tuple[int, int]:
        """The matrix row and the bit of a tuple."""
        column = self._parts.carried[name]
        value = row[column]
        bit = self._bits.get(value)
        if bit is None:
            bit = self._bits[value] = len(self._values)
            self._values.append(value)
        return self._number((name, (*row[:column], *row[column + 1 :]))), bit

    def _ends(self, ends: tuple[str, str], row: Row) -> tuple[int, int]:
        width = self._relations[ends[0]].arity - 1
        return self._number((ends[0], row[:width])), self._number((ends[1], row[width:]))

    # Reading.

    def contains(self, name: str, row: Row) -> bool:
        """Whether a row is there."""
        column = self._parts.carried[name]
        bit = self._bits.get(row[column])
        number = self._rows.get((name, (*row[:column], *row[column + 1 :])))
        return bit is not None and number is not None and self._matrix.has(number, bit)

    def count(self, name: str) -> int:
        """Number of rows of a predicate."""
        return self._sizes[name]

    def rows(self, name: str) -> Rows:
        """All rows of a predicate."""
        numbers = self._of(name)
        return self._listed(numbers, self._matrix.words[numbers])

    def extension(self, name: str, code_bits: int) -> MatrixExtension:
        """The rows of a predicate, to stay as they are."""
        numbers = self._of(name)
        keys = [self._keys[number][1] for number in numbers.tolist()]
        words = self._matrix.words[numbers]
        column, arity = self._parts.carried[name], self._relations[name].arity
        return MatrixExtension(name, arity, column, keys, list(self._values), words, code_bits)

    def _of(self, name: str) -> IntArray:
        return np.array([i for i, key in enumerate(self._keys) if key[0] == name], dtype=np.int32)

    def _listed(self, numbers: IntArray, words: Words) -> Rows:
        """The tuples of the bits that are set in these rows."""
        places, bits = listed_bits(words)
        keys = [self._keys[number] for number in numbers.tolist()]
        found: Rows = {}
        for place, bit in zip(places.tolist(), bits.tolist(), strict=True):
            name, key = keys[place]
            column = self._parts.carried[name]
            found[*key[:column], self._values[bit], *key[column:]] = None
        return found

    def _by_predicate(self, rows: IntArray) -> dict[str, IntArray]:
        """Positions in an array of row numbers, by predicate."""
        if len(self._sizes) == 1:
            return {name: np.arange(len(rows), dtype=np.int32) for name in self._sizes}
        found: dict[str, list[int]] = {name: [] for name in self._sizes}
        for position, number in enumerate(rows.tolist()):
            found[self._keys[number][0]].append(position)
        return {name: np.array(places, dtype=np.int32) for name, places in found.items()}

    def _count(self, rows: IntArray, old: Words, new: Words) -> None:
        gained = row_counts(new) - row_counts(old)
        for name, places in self._by_predicate(rows).items():
            self._sizes[name] += int(gained[places].sum())

    def _report(
        self, rows: IntArray, old: Words, new: Words, changes: dict[str, Difference]
    ) -> None:
        for name, places in self._by_predicate(rows).items():
            if len(places):
                changes[name] = self._difference(rows[places], old[places], new[places])

    def _difference(self, rows: IntArray, old: Words, new: Words) -> Difference:
        return Difference(lambda: (self._listed(rows, new & ~old), self._listed(rows, old & ~new)))
