"""One form for all states that differ only in the names of interchangeable objects.

Objects get colours: first from the facts in which they stand alone, then from the colours of the
objects they share facts with, until nothing changes (colour refinement). Where each object is
alone in its facts, the sorted colours are the form and no more is needed: linear in the facts.
Otherwise objects that still look alike are told apart by trying each of them, and the least form
counts. That is exact, and exponential in the worst case; past `TRIALS` forms of one state objects
are taken in the order of their codes, so that states which are the same may count as two, which
costs time and never a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from planner.engine.matching import Row
    from planner.spaces.open_state import OpenState, Vocabulary

__all__ = ["TRIALS", "Canonizer"]

TRIALS = 200
"""Forms tried for one state."""

_SELF = _NOBODY = -1
_SEVERAL = -2

Fact: TypeAlias = "tuple[int, Row]"
_Colours: TypeAlias = "dict[int, int]"


class Canonizer:
    """Forms of states; equal forms mean that a renaming turns one state into the other.

    Args:
        vocabulary: numbers of atoms and names of created objects.
        interchangeable: declared objects whose names may change; ``None`` where no name may.
        sees_bare: whether created objects without facts make a difference.
    """

    def __init__(
        self, vocabulary: Vocabulary, interchangeable: frozenset[str] | None, *, sees_bare: bool
    ) -> None:
        self._vocabulary = vocabulary
        self._merges = interchangeable is not None
        self._sees_bare = sees_bare
        self._kinds: dict[int, Hashable] = {
            vocabulary.symbols.code(name): tuple(sorted(declared.split("|")))
            for name, declared in vocabulary.task.all_objects.items()
            if name in (interchangeable or ())
        }
        # By atom: its one interchangeable object (-1 without, -2 with several) and its mark.
        self._roles: dict[int, tuple[int, int]] = {}
        self._colours: dict[Hashable, int] = {}

    def form(self, state: OpenState) -> Hashable:
        """The form of a state."""
        if not self._merges:
            return state.atoms, state.created if self._sees_bare else len(state.created)
        bare = tuple(sorted(state.created)) if self._sees_bare else ()
        fixed: list[int] = []
        marks: dict[int, list[int]] = {}
        links: list[int] = []
        for atom in state.atoms:
            role = self._roles.get(atom)
            if role is None:
                role = self._roles[atom] = self._role(atom)
            owner, mark = role
            if owner >= 0:
                marks.setdefault(owner, []).append(mark)
            elif owner == _NOBODY:
                fixed.append(atom)
            else:
                links.append(atom)
        fixed.sort()
        if not links:
            colours = [self._first(state, owner, found) for owner, found in marks.items()]
            return bare, tuple(fixed), tuple(sorted(colours))
        facts = [self._vocabulary.atoms.row(atom) for atom in sorted(links)]
        for _, row in facts:
            for value in row:
                if self._may_change(value):
                    marks.setdefault(value, [])
        start = {owner: self._first(state, owner, marks[owner]) for owner in sorted(marks)}
        return bare, tuple(fixed), *_Refinement(self._colour, facts).form(start)

    def _may_change(self, code: int) -> bool:
        return code in self._kinds or self._vocabulary.place(code) is not None

    def _role(self, atom: int) -> tuple[int, int]:
        predicate, row = self._vocabulary.atoms.row(atom)
        owners = dict.fromkeys(value for value in row if self._may_change(value))
        if len(owners) != 1:
            return (_SEVERAL, 0) if owners else (_NOBODY, 0)
        (owner,) = owners
        masked = tuple(_SELF if value == owner else value for value in row)
        return owner, self._colour(("mark", predicate, masked))

    def _first(self, state: OpenState, owner: int, marks: list[int]) -> int:
        place = self._vocabulary.place(owner)
        kind = self._kinds[owner] if place is None else tuple(sorted(state.created[place]))
        return self._colour((kind, *sorted(marks)))

    def _colour(self, signature: Hashable) -> int:
        """Equal signatures have one number for as long as the run lasts."""
        return self._colours.setdefault(signature, len(self._colours))


class _Refinement:
    """Tells objects apart by the facts that link them."""

    def __init__(self, colour: Callable[[Hashable], int], facts: list[Fact]) -> None:
        self._colour = colour
        self._facts = facts
        self._trials = 0

    def form(self, colours: _Colours) -> tuple[Hashable, ...]:
        """The least form there is with these colours."""
        colours = self._stable(colours)
        cell = _first_cell(colours)
        if not cell:
            self._trials += 1
            return self._written(colours)
        found: list[tuple[Hashable, ...]] = []
        for member in cell:
            if found and self._trials >= TRIALS:
                break
            chosen = {**colours, member: self._colour(("chosen", colours[member]))}
            found.append(self.form(chosen))
        return min(found, key=repr)

    def _stable(self, colours: _Colours) -> _Colours:
        count = len(set(colours.values()))
        while count < len(colours):
            seen: dict[int, list[tuple[int, ...]]] = {owner: [] for owner in colours}
            for predicate, row in self._facts:
                shown = tuple(colours.get(value, ~value) for value in row)
                for place, value in enumerate(row):
                    if value in colours:
                        seen[value].append((predicate, place, *shown))
            colours = {
                owner: self._colour(("next", colours[owner], tuple(sorted(seen[owner]))))
                for owner in colours
            }
            finer = len(set(colours.values()))
            if finer == count:
                break
            count = finer
        return colours

    def _written(self, colours: _Colours) -> tuple[Hashable, ...]:
        place = {owner: n for n, owner in enumerate(sorted(colours, key=colours.__getitem__))}
        rows = sorted(
            (predicate, *(place.get(value, ~value) for value in row))
            for predicate, row in self._facts
        )
        return tuple(sorted(colours.values())), tuple(rows)


def _first_cell(colours: _Colours) -> list[int]:
    """The objects of the least colour that several have, in the order of their codes."""
    cells: dict[int, list[int]] = {}
    for owner in sorted(colours):
        cells.setdefault(colours[owner], []).append(owner)
    tied = [(colour, members) for colour, members in cells.items() if len(members) > 1]
    return min(tied)[1] if tied else []
