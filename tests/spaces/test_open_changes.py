"""What steps of an open state change, said without making the states they lead to."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from planner.interfaces import ForesightSpace
from planner.io.load import load_task
from planner.spaces.open import OpenSpace
from tests.conftest import ROOT
from tests.spaces.random_tasks import random_task
from tests.spaces.test_open import KITCHEN

MOVES = """
task: moves
types: {place: object}
predicates:
  beside(place, place): {meaning: "{0} and {1} are side by side", symmetric: true}
  count(int): {meaning: "{0} moves were made", functional: true}
actions:
  swap(?a - place, ?b - place, ?c - place):
    if: beside(?a, ?b) and not beside(?a, ?c) and ?a != ?c and count(?n)
    then: beside(?a, ?c) and not beside(?a, ?b) and count(?n + 1) and not count(?n)
objects: {place: [one, two, three]}
init:
  - beside(one, two)
  - count(0)
goal: beside(one, three)
"""


def counted(space, symbols, arguments):
    """How often each predicate has which numbers: the same whatever objects are called."""
    values = [
        tuple(v for a in row if a >= 0 and not isinstance(v := space.constants[a], str))
        for row in arguments.tolist()
    ]
    return Counter(zip(symbols.tolist(), map(str, values), strict=True))


def check(space, states=12):
    fluents = {
        number
        for number, name in enumerate(space.task.rules.predicates)
        if name not in space.task.rules.derived
    }
    queue = [space.initial()]
    for state in queue[:states]:
        steps = space.legal_steps(state)
        changes = space.foresee(state, steps)
        for place, step in enumerate(steps.tolist()):
            there = space.successor(state, step)
            if there not in queue and len(queue) < states:
                queue.append(there)
            kept = changes.atoms[changes.kept[place]]
            made = changes.step == place
            table = space.atoms
            found = counted(space, table.symbol[kept], table.arguments[kept])
            found += counted(space, changes.symbol[made], changes.arguments[made])
            atoms = space.true_atoms(there)
            atoms = atoms[[int(s) in fluents for s in space.atoms.symbol[atoms]]]
            table = space.atoms
            assert found == counted(space, table.symbol[atoms], table.arguments[atoms])
    return len(queue)


@pytest.mark.parametrize("path", ["countdown/tasks/four-1.yaml", "game24/tasks/easy.yaml"])
def test_numbers_made_and_taken_are_those_of_the_successors(path):
    space = OpenSpace(load_task(ROOT / "rules" / path))

    assert isinstance(space, ForesightSpace)
    assert check(space) == 12


@pytest.mark.parametrize("seed", range(12))
def test_effects_of_random_tasks_are_those_of_the_successors(seed):
    check(OpenSpace(random_task(Random(f"changes {seed}"))))


@pytest.mark.parametrize("text", [KITCHEN % "heat(2)", MOVES])
def test_conditions_created_objects_and_symmetric_facts_count(tmp_path, text):
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")

    assert check(OpenSpace(load_task(path))) > 1
