"""States as differences are the same sets, with the same numbers."""

from __future__ import annotations

import random

import pytest

from planner.spaces.linked_states import LinkedStates


@pytest.mark.parametrize("size", [5, 600])
def test_a_walk_through_sets_gives_each_its_number(size: int) -> None:
    rng = random.Random(size)
    states = LinkedStates()
    known: dict[frozenset[int], int] = {}
    first = frozenset(range(size))
    here = known[first] = states.enter(first)
    for _ in range(400):
        atoms = states.atoms(here)
        gone = rng.sample(sorted(atoms), min(len(atoms), rng.randint(0, 2)))
        come = [n for n in rng.sample(range(size + 9), 3) if n not in atoms]
        expected = atoms.difference(gone).union(come)

        after = states.follow(here, gone, come)

        assert states.atoms(after) == expected
        assert known.setdefault(expected, after) == after
        lost, gained = states.changes(here, after)
        assert (list(lost), list(gained)) == (sorted(atoms - expected), sorted(expected - atoms))
        here = rng.choice((after, after, here, rng.choice(list(known.values()))))
    assert states.enter(first) == 0
    assert len(states) == len(known)


def test_large_sets_are_kept_as_links_between_sets() -> None:
    states = LinkedStates()
    here = states.enter(frozenset(range(1000)))

    path = [here := states.follow(here, [], [1000 + n]) for n in range(200)]

    kept = [number for number in path if states.kept(number) is not None]
    assert 1 <= len(kept) <= 4
    assert states.atoms(here) == frozenset(range(1200))
