"""Tiny programs: 10,000 small stratified programs, each with other rules, with their queries.

    python -m benchmarks.tiny [--programs N] [--passes N]

The programs come from ``rules/gen.py proofs`` of the benchmark folder, which labels the queries.
``compile and run`` is from rule values and fact values to the answers, the first time; ``run
alone`` from fact values to the answers with rules compiled before; ``proofs`` makes a proof of
every derived fact. Microseconds of CPU time; reading JSON and making rule and fact values is not
counted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.common import generate_data
from planner.engine.facts import Facts
from planner.engine.forward import Program, compile_rules
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
VARIABLES = {"X": Variable("x"), "Y": Variable("y")}


def read_atom(cells: list[str]) -> Atom:
    """An atom from its JSON list; predicates of one name may differ in arity."""
    name = f"{cells[0]}/{len(cells) - 1}"
    return Atom(name, tuple(VARIABLES.get(cell, cell) for cell in cells[1:]))


def read_rule(rule: dict) -> Rule:
    """A rule from its JSON object."""
    body = [read_atom(cells) for cells in rule["pos"]]
    return Rule(read_atom(rule["head"]), And((*body, *(Not(read_atom(c)) for c in rule["neg"]))))


@dataclass(frozen=True, slots=True)
class Line:
    """One program with its questions and their answers."""

    rules: list[Rule]
    facts: list[Atom]
    questions: list[Atom]
    labels: list[bool]


def read_line(line: dict) -> Line:
    """A program from its JSON object."""
    return Line(
        [read_rule(rule) for rule in line["rules"]],
        [read_atom(cells) for cells in line["facts"]],
        [read_atom(query["atom"]) for query in line["queries"]],
        [query["label"] for query in line["queries"]],
    )


def generate(count: int) -> list[Line]:
    """The programs, by the benchmark folder's generator."""
    with tempfile.TemporaryDirectory() as scratch:
        generate_data(["proofs", "--size", str(count)], Path(scratch))
        text = (Path(scratch) / "proofs.jsonl").read_text(encoding="utf-8")
    return [read_line(json.loads(line)) for line in text.splitlines()]


def answers(program: Program, line: Line) -> list[bool]:
    """What holds of what is asked."""
    model = program.run(Facts.of(line.facts))
    return [model.holds(atom) for atom in line.questions]


def prove_all(program: Program, line: Line) -> int:
    """Prove every fact of the model; returns how many proofs there are."""
    model = program.run(Facts.of(line.facts))
    proofs = [model.prove(atom) for name in model.predicates() for atom in model.atoms(name)]
    return sum(proof is not None for proof in proofs)


def passes(work: Callable[[Line], T], lines: list[Line], count: int) -> list[float]:
    """The mean microseconds of a program in each of some passes over all."""
    means = []
    for _ in range(count):
        start = time.process_time()
        for line in lines:
            work(line)
        means.append((time.process_time() - start) / len(lines) * 1e6)
    return means


def medians(work: Callable[[Line], T], lines: list[Line]) -> list[float]:
    """Of each program the median microseconds of five runs, in ascending order."""
    found = []
    for line in lines:
        times = []
        for _ in range(5):
            start = time.process_time()
            work(line)
            times.append(time.process_time() - start)
        found.append(sorted(times)[2] * 1e6)
    return sorted(found)


def show(name: str, work: Callable[[Line], T], lines: list[Line], count: int) -> None:
    """One row of the table."""
    means = passes(work, lines, count)
    ordered = medians(work, lines)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    print(
        f"{name:16} mean {min(means):7.1f}  worst {max(means):7.1f}  "
        f"p50 {p50:7.1f}  p99 {p99:7.1f} us"
    )


def main() -> None:
    """Run all programs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--proofs", type=int, default=500, help="Programs to prove all facts of.")
    parser.add_argument("--passes", type=int, default=5, help="Passes over all programs.")
    options = parser.parse_args()
    lines = generate(options.programs)
    programs = {id(line): compile_rules(line.rules) for line in lines}
    for program in programs.values():
        program.prepare()
    found = [answers(compile_rules(line.rules), line) for line in lines]
    again = [answers(programs[id(line)], line) for line in lines]
    count = options.passes
    show("compile and run", lambda line: answers(compile_rules(line.rules), line), lines, count)
    show("run alone", lambda line: answers(programs[id(line)], line), lines, count)
    few = lines[: options.proofs]
    show("all proofs", lambda line: prove_all(programs[id(line)], line), few, 1)
    asked = [label for line in lines for label in line.labels]
    for name, results in (("compiled", found), ("again", again)):
        given = [answer for one in results for answer in one]
        right = sum(answer == label for answer, label in zip(given, asked, strict=True))
        print(f"{name}: {right} of {len(asked)} answers right")


if __name__ == "__main__":
    main()
