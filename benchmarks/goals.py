"""Goals with a bound argument: by demand, and from the whole closure.

    python -m benchmarks.goals [--sets chain2000,sparse200k]

Data sets of ``rules/gen.py`` in the benchmark folder, closure written with the recursion on the
left. CPU seconds from atoms to answers; ``loading`` is the part of it that interns the objects and
facts, timed by itself before, so the rest is what deriving costs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.common import generate_data
from planner.engine.facts import Facts
from planner.engine.magic.ask import answer_task
from planner.kr.formulas import And, Atom
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Variable

SETS = {
    "chain2000": ["chain", "--size", "2000"],
    "g2000": ["graph", "--size", "2000", "--deg", "1.5"],
    "sparse200k": ["graph", "--size", "200000", "--deg", "0.9"],
}
X, Y, Z = Variable("x"), Variable("y"), Variable("z")


def read_task(name: str) -> Task:
    """The closure over a data set, without a goal."""
    with tempfile.TemporaryDirectory() as scratch:
        generate_data(SETS[name], Path(scratch))
        text = (Path(scratch) / "edge.tsv").read_text(encoding="utf-8")
    edges = tuple(Atom("edge", (f"n{a}", f"n{b}")) for a, b in map(str.split, text.splitlines()))
    rules = (
        Rule(Atom("tc", (X, Y)), Atom("edge", (X, Y))),
        Rule(Atom("tc", (X, Y)), And((Atom("tc", (X, Z)), Atom("edge", (Z, Y))))),
    )
    names = {"edge": Predicate.of_arity("edge", 2), "tc": Predicate.of_arity("tc", 2)}
    objects = {name: "object" for edge in edges for name in edge.arguments}
    return Task(RuleBase(predicates=names, rules=rules), objects=objects, init=edges)


def main() -> None:
    """Print a row for each set and goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="chain2000,sparse200k")
    for name in parser.parse_args().sets.split(","):
        task = read_task(name)
        start = time.process_time()
        count = len(Facts.of_task(task))
        loading = time.process_time() - start
        print(f"{name:12} loading {count} facts {loading:.3f} s")
        first = task.init[len(task.init) // 2].arguments[0]
        for goal in (Atom("tc", (first, Y)), Atom("tc", (X, first))):
            asked = Task(task.rules, objects=task.objects, init=task.init, goal=goal)
            for way in ("auto", "whole"):
                start = time.process_time()
                found = answer_task(asked, way=way)
                spent = time.process_time() - start
                by = "by demand" if found.by_demand else "whole model"
                print(
                    f"{name:12} {goal!s:16} {len(found.bindings):7} answers  {by:12} "
                    f"{spent:.3f} s, without loading {max(0.0, spent - loading):.3f}"
                )


if __name__ == "__main__":
    main()
