"""Estimates of joins, and joins that find what tells matches apart."""

from __future__ import annotations

import pytest

from planner.engine.batch_matching import all_matches
from planner.engine.join_estimates import expected_matches, most_combinations
from planner.engine.matching import FactIndex, Pattern, matches
from tests.engine.conjunctions import EDGE, random_index, random_patterns


@pytest.mark.parametrize("seed", range(60))
def test_combinations_are_no_more_than_the_most(seed):
    index, patterns = random_index(seed), random_patterns(seed)
    used = sorted({~a for p in patterns for a in p.arguments if a < 0})
    for wanted in (used[:1], used[:2], used[1:], used):
        found = {tuple(m[s] for s in wanted) for m in matches(index, patterns, 5)}

        assert len(found) <= most_combinations(index, patterns, wanted)


@pytest.mark.parametrize("seed", range(60))
def test_matches_found_at_once_tell_the_same_apart(seed):
    index, patterns = random_index(seed), random_patterns(seed)
    for told_apart in ([0], [0, 1], [2, 4]):
        expected = {tuple(m[s] for s in told_apart) for m in matches(index, patterns, 5)}

        found = all_matches(index, patterns, 5, 10_000, told_apart)

        assert {tuple(match[s] for s in told_apart) for match in found} == expected


def test_partial_matches_are_expected_to_multiply_along_chains():
    # Every value has an edge to every value: a chain of three has ten to the fourth matches.
    index = FactIndex((EDGE, (a, b)) for a in range(10) for b in range(10))
    chain = [Pattern(EDGE, (~n, ~(n + 1))) for n in range(3)]

    assert expected_matches(index, chain) == pytest.approx(10**4)
    assert most_combinations(index, chain, [0, 3]) == 100
