"""Grounding of the benchmark set: against figures of Fast Downward's translator, and by walks."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest

from planner.io.pddl.load import load_pddl
from planner.plan import Plan
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.validate import validate

pytestmark = pytest.mark.benchmarks

# Operators that the translator of Fast Downward 24.06 counts (shared/anchors/planning.md, 3).
# It drops operators that contradict its invariants; these domains have none.
KNOWN = {
    "lt-transport/medium-p15": 95_640,
    "lt-sokoban/medium-p15": 47_172,
    "lt-childsnack/medium-p15": 43_704,
    "lt-spanner/hard-p15": 41_402,
    "elevators-sat11-strips/p12": 28_664,
}

# Too many operators for a test that runs often.
LARGE = {
    "htg-logistics-large-simple-goal-2",
    "htg-organic-synthesis-original",
    "htg-organic-synthesis-MIT",
    "htg-visitall-multidimensional-5-dim-visitall-FAR-g2",
}


def load(benchmarks, name):
    folder, problem = name.split("/")
    pddl = benchmarks / "pddl" / folder
    return load_pddl(pddl / "domain.pddl", pddl / f"{problem}.pddl")[0]


@pytest.mark.parametrize("name", KNOWN)
def test_operator_counts_agree_with_known_ones(benchmarks, name):
    assert ground(load(benchmarks, name)).operator_count == KNOWN[name]


def smallest(folder):
    files = [*folder.glob("*.pddl"), *folder.glob("train/*.pddl")]
    problems = sorted(f for f in files if f.name != "domain.pddl")
    return min(problems, key=lambda f: f.stat().st_size)


def test_random_walks_on_every_domain_are_valid_plans(benchmarks):
    folders = sorted(f for f in (benchmarks / "pddl").iterdir() if f.is_dir())
    walked = 0
    for folder in folders:
        if folder.name in LARGE:
            continue
        task, _ = load_pddl(folder / "domain.pddl", smallest(folder))
        space, random = GroundSpace(ground(task)), Random(folder.name)
        state, steps = space.initial(), []
        for _ in range(12):
            legal = space.legal_steps(state).tolist()
            if not legal:
                break
            step = random.choice(legal)
            steps.append(space.describe(step))
            state = space.successor(state, step)

        verdict = validate(task, Plan(tuple(steps)))

        assert verdict.failed_step is None, (folder.name, verdict.message)
        assert verdict.ok == space.is_goal(state), folder.name
        assert verdict.cost == Plan(tuple(steps)).cost, folder.name
        walked += 1
    assert walked >= 55


# Quantifiers, conditional effects, disjunctions, derived predicates; all without pruning by
# invariants, and small enough for the translator.
ADL = [
    "airport-adl/p01-airport1-p1",
    "assembly/prob02",
    "cavediving-14-adl/testing05A_easy",
    "citycar-sat14-adl/p3-2-2-0-1",
    "miconic-fulladl/f1-1",
    "openstacks-sat08-adl/p02",
    "philosophers/p02-phil3",
    "psr-middle/p02-s23-n2-l3-f70",
    "schedule/probschedule-2-1",
    "trucks/p02",
]


@pytest.mark.differential
@pytest.mark.parametrize("name", ADL)
def test_operator_counts_agree_with_fast_downward(benchmarks, name):
    operators = translator_operators(benchmarks, name)

    assert ground(load(benchmarks, name)).operator_count == operators


def translator_operators(benchmarks, name):
    package = find_spec("up_fast_downward")
    if package is None or package.origin is None:
        pytest.skip("up-fast-downward is not installed")
    path = Path(package.origin).parent / "downward" / "builds" / "release" / "bin"
    folder, problem = name.split("/")
    pddl = benchmarks / "pddl" / folder
    command = [sys.executable, "-m", "fast_downward.translate", "--keep-unimportant-variables"]
    files = [str(pddl / "domain.pddl"), str(pddl / f"{problem}.pddl"), "--sas-file", os.devnull]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [*command, *files], env=environment, capture_output=True, text=True, check=True
    )
    found = re.search(r"Translator operators: (\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])
