"""What declarations cost: classes by union-find, distances by recursion, tables in and out.

    python -m benchmarks.declarations

CPU seconds of this process. Every answer is compared with networkx; where the same can be written
as plain rules, these are run on the same facts.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

import networkx as nx
import numpy as np

import planner
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.modal import property_rules
from planner.kr.formulas import Atom
from planner.kr.rules import Predicate

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
SAME = Predicate("same", (("object",), ("object",)), properties=frozenset({"equivalence"}))


def main() -> None:
    """Print the table."""
    print("| what | planner | networkx | plain rules |\n|---|---|---|---|")
    for count in (300, 100_000):
        show_classes(count)
    show_distances(20_000, 80_000)
    show_tables(1_000_000)


def show_classes(count: int) -> None:
    """Random pairs over as many constants."""
    rng = random.Random(count)
    pairs = [(f"n{rng.randrange(count)}", f"n{rng.randrange(count)}") for _ in range(count)]
    facts = Facts.of(Atom("same", pair) for pair in pairs)
    model, ours = timed(lambda: evaluate([], facts.copy(), declared=[SAME]))
    components, theirs = timed(lambda: list(nx.connected_components(nx.Graph(pairs))))
    pair_count = sum(len(one) ** 2 for one in components)
    assert model.count("same") == pair_count
    as_rules = "-"
    if count <= 1000:
        rules = property_rules([SAME])
        other, seconds = timed(lambda: evaluate(rules, facts.copy(), tier="runs"))
        assert other.count("same") == pair_count
        as_rules = f"{seconds:.3f}"
    rows = model.count("same#gathered")
    what = f"{count:,} pairs: {pair_count:,} equal pairs in {rows:,} rows"
    print(f"| {what} | {ours:.3f} | {theirs:.3f} | {as_rules} |")


def show_distances(nodes: int, edges: int) -> None:
    """Shortest ways from one place."""
    rng = np.random.default_rng(1)
    start, end = rng.integers(0, nodes, (2, edges))
    weight = rng.integers(1, 100, edges)
    db = planner.Database()
    db.declare("dist(place, int)", keep="min")
    db.add("road", [start, end, weight])
    db.rule("dist(0, 0)")
    db.rule("dist(?y, ?d + ?e)", if_="dist(?x, ?d) and road(?x, ?y, ?e)")
    model, ours = timed(db.model)
    graph = nx.MultiDiGraph()
    graph.add_weighted_edges_from(zip(start.tolist(), end.tolist(), weight.tolist(), strict=True))
    lengths, theirs = timed(lambda: nx.single_source_dijkstra_path_length(graph, 0))
    assert dict(db.rows("dist")) == lengths
    what = f"shortest ways to {model.count('dist'):,} places over {edges:,} roads"
    print(f"| {what} | {ours:.3f} | {theirs:.3f} | do not end |")


def show_tables(rows: int) -> None:
    """A frame of texts and numbers in, and out again."""
    import pandas as pd
    import pyarrow as pa

    rng = np.random.default_rng(1)
    names = np.array([f"n{i}" for i in range(10_000)], dtype=object)
    columns = {"a": names[rng.integers(0, 10_000, rows)], "n": rng.integers(0, 1_000_000, rows)}
    frame = pd.DataFrame(columns)
    for label, source in (("pandas frame", frame), ("Arrow table", pa.Table.from_pandas(frame))):
        db = planner.Database()
        _, into = timed(lambda db=db, source=source: db.add("p", source))
        found = db.rows("p")
        back, out = timed(found.to_pandas)
        assert len(back) == len(frame.drop_duplicates())
        print(f"| {label} of {rows:,} rows to facts; back to pandas | {into:.3f}; {out:.3f} | | |")


def timed(run: Callable[[], Result]) -> tuple[Result, float]:
    """What a function gives, and its CPU seconds."""
    before = time.process_time()
    result = run()
    return result, time.process_time() - before


if __name__ == "__main__":
    main()
