"""A plan as errands: its steps without the walks between them, and in what order they must come.

Walks are filled in again as they are needed, so that errands that do not depend on one another
can be run in an order that needs fewer of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, Not, conjuncts
from planner.kr.terms import Arithmetic, FunctionTerm, Variable
from planner.spaces.lifted_schema import ground

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.engine.matching import Pattern, Row
    from planner.guides.walks import Walks
    from planner.kr.terms import Constant, Expression
    from planner.spaces.lifted import LiftedSpace

__all__ = ["Errands", "Footprint", "Mover", "dependencies"]


@dataclass(frozen=True, slots=True)
class Mover:
    """What a walk moves: a predicate, the place that changes, and the other arguments in order."""

    predicate: int
    place: int
    others: Row


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a step reads and writes, as numbers of fluent atoms.

    Attributes:
        walked: those of ``needs`` that say where a mover is, with the mover.
        moved: movers that the step itself puts somewhere.
    """

    needs: frozenset[int]
    absent: frozenset[int]
    add: frozenset[int]
    delete: frozenset[int]
    walked: tuple[tuple[int, Mover], ...]
    moved: tuple[Mover, ...]


class Errands:
    """The steps of one task as errands.

    Attributes:
        initial, goal, unwanted: numbers of fluent atoms.
    """

    def __init__(self, space: LiftedSpace, walks: Walks) -> None:
        self.space = space
        self._walks = walks
        names = list(space.predicates)
        self._places = {space.predicates[n]: p for n, p in walks.fixed_places().items()}
        self._names = {code: names[code] for code in self._places}
        self._walking = _walking_schemas(space, walks)
        self._footprints: dict[int, Footprint] = {}
        self._movers: dict[int, Mover | None] = {}
        self._ways: dict[tuple[int, int], tuple[int, ...] | None] = {}
        self.initial = space.facts(space.initial())
        self.goal = space.goal_atoms
        self.unwanted = frozenset(self._unwanted())

    def real(self, steps: Iterable[int]) -> tuple[int, ...]:
        """The steps that are no walks."""
        return tuple(s for s in steps if self.space.step_row(s)[0] not in self._walking)

    def mover_of(self, atom: int) -> Mover | None:
        """The mover that an atom speaks of, ``None`` where it speaks of none."""
        if atom not in self._movers:
            self._movers[atom] = self._read_mover(atom)
        return self._movers[atom]

    def footprint(self, step: int) -> Footprint:
        """What a step reads and writes."""
        found = self._footprints.get(step)
        if found is None:
            found = self._footprints[step] = self._read(step)
        return found

    def way(self, here: int, there: int) -> tuple[int, ...] | None:
        """The steps of a walk between two atoms of one mover, ``None`` without a way."""
        key = (here, there)
        if key not in self._ways:
            self._ways[key] = self._find_way(here, there)
        return self._ways[key]

    def _find_way(self, here: int, there: int) -> tuple[int, ...] | None:
        space = self.space
        predicate, row = space.atom_row(here)
        place = self._places[predicate]
        end = space.atom_row(there)[1][place]
        actions = self._walks.route(self._names[predicate], place, row, end)
        if actions is None or any(code < 0 for _, arguments in actions for code in arguments):
            return None
        return tuple(space.step_number(schema, arguments) for schema, arguments in actions)

    def renamed(self, step: int, old: int, new: int) -> int | None:
        """A step with one object in the place of another, ``None`` where it could never be."""
        schema, row = self.space.step_row(step)
        if old not in row:
            return step
        arguments = tuple(new if code == old else code for code in row)
        lifted = self.space.schemas[schema]
        index = self.space.index_at(self.space.initial())
        for pattern in lifted.patterns:
            fluent = pattern.predicate in self.space.fluents
            if not fluent and not index.holds(pattern.predicate, ground(pattern, arguments)):
                return None
        if not all(test.holds(arguments) for test in lifted.tests):
            return None
        return self.space.step_number(schema, arguments)

    def _unwanted(self) -> Iterator[int]:
        space = self.space
        for part in conjuncts(space.task.goal):
            if isinstance(part, Not) and isinstance(part.body, Atom):
                row = tuple(space.code(_constant(a)) for a in part.body.arguments)
                if space.predicates[part.body.predicate] in space.fluents:
                    yield space.atom_number(space.predicates[part.body.predicate], row)

    def _read_mover(self, atom: int) -> Mover | None:
        predicate, row = self.space.atom_row(atom)
        place = self._places.get(predicate)
        if place is None or not self._walks.is_mover(self._names[predicate], place, row):
            return None
        return Mover(predicate, place, row[:place] + row[place + 1 :])

    def _read(self, step: int) -> Footprint:
        space = self.space
        schema, arguments = space.step_row(step)
        lifted = space.schemas[schema]

        def numbers(patterns: Iterable[Pattern]) -> frozenset[int]:
            return frozenset(
                space.atom_number(p.predicate, ground(p, arguments))
                for p in patterns
                if p.predicate in space.fluents
            )

        needs, add = numbers(lifted.patterns), numbers(lifted.add)
        delete = numbers(lifted.delete) - add
        walked = [(atom, self.mover_of(atom)) for atom in sorted(needs)]
        moved = {self.mover_of(atom): None for atom in sorted(add | delete)}
        return Footprint(
            needs,
            numbers(lifted.absent),
            add,
            delete,
            tuple((atom, mover) for atom, mover in walked if mover is not None),
            tuple(mover for mover in moved if mover is not None),
        )


def _constant(term: Expression) -> Constant:
    assert not isinstance(term, Variable | Arithmetic | FunctionTerm), "goals here are ground"
    return term


def _walking_schemas(space: LiftedSpace, walks: Walks) -> frozenset[int]:
    from planner.kr.walks import movements

    fixed = walks.fixed_places()
    names = {
        m.schema.name for m in movements(space.task.rules) if fixed.get(m.predicate) == m.place
    }
    return frozenset(i for i, a in enumerate(space.task.rules.actions) if a.name in names)


def dependencies(errands: Errands, steps: Sequence[int]) -> list[list[int]]:
    """For each step of a sequence the earlier ones that it must stay behind.

    Steps that read one atom keep no order; a step that writes it keeps its place among them. Where
    a mover is does not count, as walks see to it, unless a step puts the mover somewhere itself.
    """
    writer: dict[object, int] = {}
    readers: dict[object, list[int]] = {}
    behind = []
    for place, step in enumerate(steps):
        print_of = errands.footprint(step)
        walked = {atom for atom, _ in print_of.walked}
        reads = [*sorted((print_of.needs - walked) | print_of.absent)]
        writes = [*sorted(print_of.add | print_of.delete)]
        before: dict[int, None] = {}
        for key in (*reads, *(mover for _, mover in print_of.walked)):
            if key in writer:
                before[writer[key]] = None
            readers.setdefault(key, []).append(place)
        for key in (*writes, *print_of.moved):
            if key in writer:
                before[writer[key]] = None
            before.update(dict.fromkeys(readers.pop(key, ())))
            writer[key] = place
        before.pop(place, None)
        behind.append(list(before))
    return behind
