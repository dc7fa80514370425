"""Matching against an index gives what nested loops give."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from planner.engine.batch_matching import all_matches
from planner.engine.matching import FactIndex, Pattern, matches

CODES = st.integers(0, 3)
FACTS = st.lists(
    st.one_of(
        st.tuples(st.just(0), st.tuples(CODES)), st.tuples(st.just(1), st.tuples(CODES, CODES))
    ),
    max_size=12,
)
ARGUMENT = st.integers(-3, 3)  # -1, -2, -3 are slots 0, 1, 2
PATTERNS = st.lists(
    st.one_of(
        st.builds(Pattern, st.just(0), st.tuples(ARGUMENT)),
        st.builds(Pattern, st.just(1), st.tuples(ARGUMENT, ARGUMENT)),
    ),
    max_size=4,
)


def naive(facts: set[tuple[int, tuple[int, ...]]], patterns: list[Pattern]) -> set[tuple[int, ...]]:
    used = sorted({~a for p in patterns for a in p.arguments if a < 0})
    found = set()
    for values in itertools.product(range(4), repeat=len(used)):
        binding = dict(zip(used, values, strict=True))
        rows = [
            (p.predicate, tuple(a if a >= 0 else binding[~a] for a in p.arguments))
            for p in patterns
        ]
        if all(row in facts for row in rows):
            found.add(tuple(binding.get(slot, -1) for slot in range(3)))
    return found


@given(FACTS, PATTERNS)
def test_matches_are_those_of_nested_loops(facts, patterns) -> None:
    index = FactIndex(facts)

    found = [tuple(m) for m in matches(index, patterns, 3)]

    assert set(found) == naive(set(facts), patterns)
    assert len(found) == len(set(found))


@given(FACTS, PATTERNS)
def test_matches_found_many_at_a_time_are_the_same(facts, patterns) -> None:
    index = FactIndex(facts)

    found = [tuple(m) for m in all_matches(index, patterns, 3, 1000)]

    assert set(found) == naive(set(facts), patterns)
    assert len(found) == len(set(found))


@given(FACTS, PATTERNS, st.sets(st.integers(0, 2)))
def test_merged_matches_differ_where_they_are_told_apart(facts, patterns, slots) -> None:
    index = FactIndex(facts)

    found = [tuple(m) for m in all_matches(index, patterns, 3, 1000, sorted(slots))]

    every = naive(set(facts), patterns)
    assert set(found) <= every
    assert {tuple(m[s] for s in slots) for m in found} == {
        tuple(m[s] for s in slots) for m in every
    }
    assert len(all_matches(index, patterns, 3, 1)) == min(1, len(every))


@given(FACTS, FACTS, PATTERNS)
def test_facts_that_were_discarded_match_no_more(facts, gone, patterns) -> None:
    index = FactIndex(facts + gone)
    for predicate, row in gone:
        index.discard(predicate, row)

    found = {tuple(m) for m in matches(index, patterns, 3)}

    assert found == naive(set(facts) - set(gone), patterns)


def test_closure_from_either_end_and_both() -> None:
    index = FactIndex([(1, (0, 1)), (1, (1, 2)), (1, (2, 3)), (0, (0,)), (0, (3,))])
    chain = Pattern(1, (-1, -2), closure=True)

    down = {tuple(m) for m in matches(index, [Pattern(0, (-1,)), chain], 2)}
    up = {tuple(m) for m in matches(index, [chain], 2, bound=[(1, 3)])}
    both = list(matches(index, [Pattern(1, (0, 3), closure=True)], 0))

    assert down == {(0, 1), (0, 2), (0, 3)}
    assert up == {(0, 3), (1, 3), (2, 3)}
    assert len(both) == 1
