"""States as sets of atoms, the large ones kept by how they differ from the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LinkedStates"]

_LARGE = 512
"""Atoms from which a state is kept as a link: copying sets costs more than following links."""

_LINKS = 64
"""Links in a row, after which a state is kept as a set again."""

_MASK = (1 << 64) - 1


class LinkedStates:
    """Numbers for sets of atom numbers; equal sets have equal numbers.

    The first set that is entered has number 0.
    """

    def __init__(self) -> None:
        self._sets: list[frozenset[int] | None] = []
        self._links: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
        # Links since the last set, and the number of atoms.
        self._depths: list[int] = []
        self._sizes: list[int] = []
        self._keys: list[int] = []
        self._numbers: dict[int, list[int]] = {}
        self._mixed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sets)

    def enter(self, atoms: frozenset[int]) -> int:
        """The number of a set."""
        key = 0
        for atom in atoms:
            key ^= self._mix(atom)
        for number in self._numbers.get(key, ()):
            if self.atoms(number) == atoms:
                return number
        return self._add(key, atoms, (-1, (), ()), 0, len(atoms))

    def follow(self, before: int, gone: Iterable[int], come: Iterable[int]) -> int:
        """The number of a set that differs from another: ``gone`` were in it, ``come`` not."""
        link = (before, tuple(sorted(gone)), tuple(sorted(come)))
        key = self._keys[before]
        for atom in (*link[1], *link[2]):
            key ^= self._mix(atom)
        size = self._sizes[before] - len(link[1]) + len(link[2])
        known = self._numbers.get(key, ())
        for number in known:
            if self._links[number] == link:
                return number
        depth = self._depths[before] + 1
        if known or size < _LARGE or depth > _LINKS:
            atoms = _changed(self.atoms(before), link[1], link[2])
            for number in known:
                if self.atoms(number) == atoms:
                    return number
            return self._add(key, atoms, link, 0, size)
        return self._add(key, None, link, depth, size)

    def atoms(self, number: int) -> frozenset[int]:
        """The set behind a number."""
        links = []
        while (found := self._sets[number]) is None:
            links.append(self._links[number])
            number = links[-1][0]
        if not links:
            return found
        atoms = set(found)
        for _, gone, come in reversed(links):
            atoms.difference_update(gone)
            atoms.update(come)
        return frozenset(atoms)

    def kept(self, number: int) -> frozenset[int] | None:
        """The set behind a number where it is kept as one."""
        return self._sets[number]

    def changes(self, before: int, after: int) -> tuple[Sequence[int], Sequence[int]]:
        """Atoms that go and that come between two sets, ascending; quick between neighbours."""
        link = self._links[after]
        if link[0] == before:
            return link[1], link[2]
        link = self._links[before]
        if link[0] == after:
            return link[2], link[1]
        old, new = self.atoms(before), self.atoms(after)
        return sorted(old - new), sorted(new - old)

    def _add(
        self,
        key: int,
        atoms: frozenset[int] | None,
        link: tuple[int, tuple[int, ...], tuple[int, ...]],
        depth: int,
        size: int,
    ) -> int:
        number = len(self._sets)
        self._sets.append(atoms)
        self._links.append(link)
        self._depths.append(depth)
        self._sizes.append(size)
        self._keys.append(key)
        self._numbers.setdefault(key, []).append(number)
        return number

    def _mix(self, atom: int) -> int:
        """A number that looks random, for keys of sets (splitmix64; Steele, Lea and Flood 2014)."""
        found = self._mixed.get(atom)
        if found is None:
            z = (atom + 1) * 0x9E3779B97F4A7C15 & _MASK
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
            z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
            found = self._mixed[atom] = z ^ z >> 31
        return found


def _changed(atoms: frozenset[int], gone: tuple[int, ...], come: tuple[int, ...]) -> frozenset[int]:
    # A set that is changed in place is several times cheaper than two new ones.
    changed = set(atoms)
    changed.difference_update(gone)
    changed.update(come)
    return frozenset(changed)
