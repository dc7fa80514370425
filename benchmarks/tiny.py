"""Tiny programs: 10,000 small stratified programs, each with other rules, with their queries.

    python benchmarks/tiny.py [--programs N]

The programs come from ``rules/gen.py proofs`` of the benchmark folder, which labels the queries.
``compile`` is from rule values to a program, ``run`` from a set of facts to a model and the
answers; microseconds of CPU time. Reading JSON and making rule values is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planner.engine.facts import Facts
from planner.engine.forward import compile_rules
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

BENCHMARKS = Path(
    os.environ.get("PLANNER_BENCHMARKS", Path(__file__).parents[1] / "../shared/benchmarks")
)
VARIABLES = {"X": Variable("x"), "Y": Variable("y")}


def read_atom(cells: list[str]) -> Atom:
    """An atom from its JSON list; predicates of one name may differ in arity."""
    name = f"{cells[0]}/{len(cells) - 1}"
    return Atom(name, tuple(VARIABLES.get(cell, cell) for cell in cells[1:]))


def read_rule(rule: dict) -> Rule:
    """A rule from its JSON object."""
    body = [read_atom(cells) for cells in rule["pos"]]
    return Rule(read_atom(rule["head"]), And((*body, *(Not(read_atom(c)) for c in rule["neg"]))))


def generate(count: int) -> list[dict]:
    """The programs, by the benchmark folder's generator."""
    with tempfile.TemporaryDirectory() as scratch:
        script = BENCHMARKS / "rules" / "gen.py"
        command = [sys.executable, str(script), "proofs", "--size", str(count), "--out", scratch]
        subprocess.run(command, check=True, capture_output=True)
        text = (Path(scratch) / "proofs.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def show(name: str, times: list[float]) -> None:
    """One row of percentiles."""
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    mean = sum(ordered) / len(ordered)
    print(f"{name:14} mean {mean * 1e6:7.1f}  p50 {p50 * 1e6:7.1f}  p99 {p99 * 1e6:7.1f} us")


def main() -> None:
    """Run all programs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    lines = generate(parser.parse_args().programs)
    compile_s, run_s, both_s = [], [], []
    right = asked = 0
    for line in lines:
        rules = [read_rule(rule) for rule in line["rules"]]
        facts = [read_atom(cells) for cells in line["facts"]]
        queries = [(read_atom(q["atom"]), q["label"]) for q in line["queries"]]
        start = time.process_time()
        program = compile_rules(rules)
        program.prepare()
        compiled = time.process_time()
        model = program.run(Facts.of(facts))
        answers = [model.holds(atom) for atom, _ in queries]
        end = time.process_time()
        compile_s.append(compiled - start)
        run_s.append(end - compiled)
        both_s.append(end - start)
        right += sum(answer == label for answer, (_, label) in zip(answers, queries, strict=True))
        asked += len(queries)
    show("compile", compile_s)
    show("run", run_s)
    show("compile + run", both_s)
    print(f"{right} of {asked} answers right")


if __name__ == "__main__":
    main()
