"""The shortest plans that others found."""

import csv

import pytest

from benchmarks.peer_lengths import COLUMNS, PEERS, best_lengths


def test_each_length_is_a_number_or_absent():
    with PEERS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len({row["task"] for row in rows}) == len(rows) == 94
    assert all(row[name] == "" or int(row[name]) > 0 for row in rows for name in COLUMNS)


@pytest.mark.benchmarks
def test_the_shortest_counts_and_references_of_satellite_do_not():
    best = best_lengths()
    # Given a task whose reference of 586 steps LAMA undercuts, and one that only it names.
    assert best["lt-satellite/easy-p25.pddl"] == (28, "fd-lama-first")
    assert "lt-satellite/hard-p25.pddl" not in best
    # Then elsewhere references count like any, where nobody found less.
    assert best["lt-miconic/easy-p30.pddl"] == (32, "reference")
    assert best["lt-spanner/medium-p15.pddl"] == (92, "prototypes")
