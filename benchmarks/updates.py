"""Updates: fixpoints kept while facts come and go.

    python -m benchmarks.updates [--operations N] [--check] [--peers] [CASE ...]

CPU milliseconds of one update, the count of what is derived read after each. ``incr`` is
``incr1000`` of the benchmark folder, whose checksum is checked; the other cases are ours:
``cyclic`` the same over a random graph of one large strong component, ``nonlinear`` a closure
that joins itself, ``points-to`` Andersen's analysis, ``join`` rules without recursion, with a
negation. ``tuples`` rows keep the layers as tuples. ``--check`` compares the counts with a fresh
evaluation after every update, outside the clock; ``--peers`` runs CLIPS.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import generate_data
from benchmarks.rule_programs import RULES, rule
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.maintain.live import LiveModel
from planner.engine.maintain.thresholds import Thresholds
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKSUM = 83_093_244
TUPLES = Thresholds(bit_rows=2**60)
CLOSURE = tuple(rule(text) for text in RULES["tc"])
NONLINEAR = tuple(map(rule, ["tc(X, Y) :- edge(X, Y)", "tc(X, Y) :- tc(X, Z); tc(Z, Y)"]))
X, Y, Z = (Variable(name) for name in "xyz")
JOIN = (
    Rule(Atom("two", (X, Z)), And((Atom("edge", (X, Y)), Atom("edge", (Y, Z))))),
    Rule(Atom("open", (X, Z)), And((Atom("two", (X, Z)), Not(Atom("edge", (X, Z)))))),
)


@dataclass(frozen=True)
class Case:
    """Rules, facts to begin with, additions (True) and retractions in turn, and what to count."""

    rules: tuple[Rule, ...]
    facts: list[Atom]
    operations: list[tuple[bool, Atom]]
    counted: str
    checksum: int = 0


def edge(first: int, second: int) -> Atom:
    """An edge as a fact."""
    return Atom("edge", (first, second))


def incr(count: int) -> Case:
    """``incr1000`` of the benchmark folder."""
    with tempfile.TemporaryDirectory() as scratch:
        made = ["incr", "--size=1000", "--deg=1.5", "--span=10", "--ops=1000"]
        generate_data(made, Path(scratch))
        lines = (Path(scratch) / "ops.tsv").read_text(encoding="utf-8").splitlines()
        edges = (Path(scratch) / "edge.tsv").read_text(encoding="utf-8").splitlines()
    facts = [edge(*map(int, line.split("\t"))) for line in edges]
    operations = [
        (sign == "+", edge(*map(int, ends)))
        for sign, *ends in (line.split("\t") for line in lines[:count])
    ]
    return Case(CLOSURE, facts, operations, "tc", CHECKSUM if count == 1_000 else 0)


def changing(
    rules: tuple[Rule, ...],
    count: int,
    counted: str,
    draw: Callable[[random.Random], Atom],
    size: int,
) -> Case:
    """Random facts, then additions and retractions in turn."""
    rng = random.Random(7)
    there = list(dict.fromkeys(draw(rng) for _ in range(size)))
    facts = list(there)
    operations: list[tuple[bool, Atom]] = []
    for number in range(count):
        if number % 2:
            place = rng.randrange(len(there))
            there[place], there[-1] = there[-1], there[place]
            operations.append((False, there.pop()))
        else:
            fact = draw(rng)
            while fact in there:
                fact = draw(rng)
            there.append(fact)
            operations.append((True, fact))
    return Case(rules, facts, operations, counted)


def random_edge(nodes: int) -> Callable[[random.Random], Atom]:
    """Draws edges between so many nodes."""
    return lambda rng: edge(rng.randrange(nodes), rng.randrange(nodes))


def statement(rng: random.Random) -> Atom:
    """A statement of a small program, for a points-to analysis."""
    kind = rng.choice(("new", "assign", "assign", "assign", "load", "store"))
    variable, other = rng.randrange(200), rng.randrange(200)
    match kind:
        case "new":
            return Atom("new", (variable, f"o{rng.randrange(50)}"))
        case "assign":
            return Atom("assign", (variable, other))
        case "load":
            return Atom("load", (variable, other, f"f{rng.randrange(4)}"))
        case _:
            return Atom("store", (variable, f"f{rng.randrange(4)}", other))


def cases(count: int) -> Iterator[tuple[str, Callable[[], Case], Thresholds]]:
    """Name, case and thresholds of each row."""

    def cyclic(count: int) -> Case:
        return changing(CLOSURE, count, "tc", random_edge(1000), 1500)

    yield "incr", lambda: incr(count), Thresholds()
    yield "incr-tuples", lambda: incr(min(count, 100)), TUPLES
    yield "cyclic", lambda: cyclic(count), Thresholds()
    yield "cyclic-tuples", lambda: cyclic(100), TUPLES
    yield "nonlinear", lambda: changing(NONLINEAR, count, "tc", random_edge(100), 120), Thresholds()
    points_to = tuple(rule(text) for text in RULES["and"])
    yield "points-to", lambda: changing(points_to, count, "vpt", statement, 300), Thresholds()
    yield "join", lambda: changing(JOIN, count, "open", random_edge(1000), 5000), Thresholds()


def run(name: str, case: Case, thresholds: Thresholds, *, check: bool) -> None:
    """Run one row and print it."""
    start = time.process_time()
    live = LiveModel(case.rules, Facts.of(case.facts), thresholds=thresholds)
    first = time.process_time() - start
    times, checksum, wrong = [], 0, 0
    there = dict.fromkeys(case.facts)
    for is_added, fact in case.operations:
        start = time.process_time()
        if is_added:
            live.add(fact)
        else:
            live.retract(fact)
        count = live.count(case.counted)
        times.append((time.process_time() - start) * 1e3)
        checksum += count
        if check:
            if is_added:
                there[fact] = None
            else:
                del there[fact]
            wrong += count != evaluate(case.rules, Facts.of(there)).count(case.counted)
    verdict = "right" if checksum == case.checksum else "WRONG" if case.checksum else ""
    verdict = (f"{wrong} wrong" if wrong else "all right") if check else verdict
    print(
        f"{name:14} rows {count:7,}  first {first:6.3f} s  an update: {spread(times)}  {verdict}",
        flush=True,
    )


def spread(times: list[float]) -> str:
    """How milliseconds are distributed."""
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    mean = sum(ordered) / len(ordered)
    return f"p50 {p50:7.3f}  mean {mean:7.3f}  p99 {p99:7.3f}  most {ordered[-1]:7.3f} ms"


def run_clips(case: Case) -> None:
    """``incr`` with CLIPS and its ``logical``; counts are not read after each update."""
    import clips

    environment = clips.Environment()
    environment.build("(defrule r1 (logical (edge ?x ?y)) => (assert (tc ?x ?y)))")
    environment.build("(defrule r2 (logical (tc ?x ?z) (edge ?z ?y)) => (assert (tc ?x ?y)))")
    known = {}
    for fact in case.facts:
        known[fact] = environment.assert_string("(edge {} {})".format(*fact.arguments))
    environment.run()
    times = []
    for is_added, fact in case.operations:
        start = time.process_time()
        if is_added:
            known[fact] = environment.assert_string("(edge {} {})".format(*fact.arguments))
        else:
            known.pop(fact).retract()
        environment.run()
        times.append((time.process_time() - start) * 1e3)
    count = sum(1 for fact in environment.facts() if fact.template.name == "tc")
    print(f"{'incr CLIPS':14} rows {count:7,}  an update: {spread(times)}")


def main() -> None:
    """Run the chosen rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--operations", type=int, default=1_000)
    parser.add_argument("--check", action="store_true", help="compare with fresh evaluations")
    parser.add_argument("--peers", action="store_true", help="run CLIPS (clipspy) beside us")
    options = parser.parse_args()
    for name, make, thresholds in cases(options.operations):
        if not options.cases or name in options.cases:
            run(name, make(), thresholds, check=options.check)
    if options.peers:
        run_clips(incr(options.operations))


if __name__ == "__main__":
    main()
