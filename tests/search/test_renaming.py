"""Names mean nothing: tasks that differ in names alone get the same plan by the same search."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path

import pytest

import planner
from planner.search.limits import Limits

pytestmark = pytest.mark.benchmarks

KEPT = {
    *("define", "domain", "problem", "and", "or", "not", "when", "forall", "exists", "imply"),
    *("either", "object", "increase", "total-cost", "minimize", "number", "-", "="),
}
FAMILIES = ["blocksworld", "logistics", "depots", "mystery-blocksworld"]


def renamed(text: str, names: dict[str, str], seed: int) -> str:
    """Each name of a PDDL text that is no keyword, variable or number replaced by a random one."""
    draws = random.Random(seed)

    def new(word: re.Match[str]) -> str:
        old = word[0]
        if old in KEPT or old.startswith((":", "?")) or re.fullmatch(r"[\d.]+", old):
            return old
        return names.setdefault(old, "".join(draws.choices(string.ascii_lowercase, k=9)))

    return re.sub(r"[^\s()]+", new, re.sub(r";[^\n]*", "", text).lower())


def solved(domain: Path, problem: Path) -> planner.Result:
    return planner.solve(planner.load_pddl(domain, problem)[0], limits=Limits(cpu_s=60))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_task_of_planbench_is_solved_alike_under_random_names(family, benchmarks, tmp_path):
    folder = benchmarks / "pddl" / f"planbench-{family}"
    problems = sorted(p for p in folder.glob("*.pddl") if p.name != "domain.pddl")
    problem = problems[len(problems) // 2]
    names: dict[str, str] = {}
    for seed, file in enumerate((folder / "domain.pddl", problem)):
        (tmp_path / file.name).write_text(renamed(file.read_text(), names, seed))

    plain = solved(folder / "domain.pddl", problem)
    other = solved(tmp_path / "domain.pddl", tmp_path / problem.name)

    def work(result: planner.Result) -> tuple[object, ...]:
        counts = result.statistics
        return result.status, result.cost, counts.expanded, counts.evaluated, counts.generated

    def steps(result: planner.Result) -> list[str]:
        return [str(step).lower() for step in result.plan.steps]

    assert work(other) == work(plain)
    assert steps(other) == [renamed(step, names, 9) for step in steps(plain)]
    assert not set(names) & set(names.values())
