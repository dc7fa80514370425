"""What all steps of an open state change, as columns: no state is made for it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.matching import Row
    from planner.interfaces import IntArray
    from planner.spaces.open_program import EffectPattern, OpenSchema
    from planner.spaces.open_state import OpenState, Vocabulary

__all__ = ["EffectReader"]


@dataclass(frozen=True, slots=True)
class _Effects:
    """Atoms that one pattern makes true or false: which step, which predicate, arguments."""

    positive: bool
    predicate: int
    step: IntArray
    arguments: IntArray


class EffectReader:
    """Reads the effects of steps from their rows."""

    def __init__(self, schemas: Sequence[OpenSchema], vocabulary: Vocabulary) -> None:
        self._schemas = schemas
        self._vocabulary = vocabulary

    def unconditional(self, rows: Sequence[tuple[int, Row]], created: int) -> list[_Effects]:
        """What steps, each a schema and a row, change where so many objects were created."""
        by_schema: dict[int, list[int]] = {}
        for place, (schema, _) in enumerate(rows):
            by_schema.setdefault(schema, []).append(place)
        return [
            self.effect(pattern, places, [rows[place][1] for place in places], created)
            for schema, places in by_schema.items()
            for pattern in self._schemas[schema].effects
            if not pattern.head
        ]

    def effect(
        self, pattern: EffectPattern, steps: list[int], rows: Sequence[Row], created: int
    ) -> _Effects:
        """What one effect changes in each of these steps."""
        columns = np.array(rows, dtype=np.int32)
        arguments = np.empty((len(rows), len(pattern.arguments)), dtype=np.int32)
        for place, source in enumerate(pattern.arguments):
            if source >= 0:
                arguments[:, place] = columns[:, source]
            else:
                arguments[:, place] = self._vocabulary.created(created + ~source)
        number = np.array(steps, dtype=np.int32)
        if self._vocabulary.is_symmetric(pattern.predicate):
            orders = list(permutations(range(arguments.shape[1])))
            arguments = np.concatenate([arguments[:, order] for order in orders])
            number = np.tile(number, len(orders))
        predicate = self._vocabulary.predicate(pattern.predicate)
        return _Effects(pattern.positive, predicate, number, arguments)

    def changes(self, state: OpenState, steps: int, effects: Sequence[_Effects]) -> Changes:
        """Effects on a state: what is deleted goes, unless it is added as well."""
        atoms = np.array(sorted(state.atoms), dtype=np.int32)
        table = self._vocabulary.atoms.table
        symbol, arguments = table.symbol[atoms], table.arguments[atoms]
        kept = np.ones((steps, len(atoms)), dtype=np.bool_)
        made: list[_Effects] = []
        for effect in sorted(effects, key=lambda one: one.positive):
            width = effect.arguments.shape[1]
            same = (symbol == effect.predicate) & (
                effect.arguments[:, None, :] == arguments[None, :, :width]
            ).all(axis=2)
            row, atom = np.nonzero(same)
            kept[effect.step[row], atom] = effect.positive
            if effect.positive:
                new = ~same.any(axis=1)
                made.append(
                    _Effects(True, effect.predicate, effect.step[new], effect.arguments[new])
                )
        return Changes(atoms, kept, *_merged(made, arguments.shape[1]))


def _merged(made: Sequence[_Effects], width: int) -> tuple[IntArray, IntArray, IntArray]:
    """Steps, predicates and arguments of atoms, each once, by step."""
    count = sum(len(one.step) for one in made)
    columns: IntArray = np.full((count, 2 + width), -1, dtype=np.int32)
    start = 0
    for one in made:
        end = start + len(one.step)
        columns[start:end, 0] = one.step
        columns[start:end, 1] = one.predicate
        columns[start:end, 2 : 2 + one.arguments.shape[1]] = one.arguments
        start = end
    columns = columns[np.lexsort(columns.T[::-1])]
    fresh = np.append(True, (columns[1:] != columns[:-1]).any(axis=1))[:count]
    columns = columns[fresh]
    return columns[:, 0], columns[:, 1], columns[:, 2:]
