"""Mutex groups: never two atoms of one true, in any state that can be reached."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from planner.guides.mutex_groups import find_mutex_groups
from planner.io.load import load_task_text
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.search.ground_worlds import random_task

BLOCKS = """
task: blocks
rules:
  types: {block: object}
  predicates:
    on(block, block):
    ontable(block):
    clear(block):
    holding(block):
    handempty:
  actions:
    pick-up(?x - block):
      if: clear(?x) and ontable(?x) and handempty
      then: holding(?x) and not ontable(?x) and not clear(?x) and not handempty
    put-down(?x - block):
      if: holding(?x)
      then: ontable(?x) and clear(?x) and handempty and not holding(?x)
    stack(?x - block, ?y - block):
      if: holding(?x) and clear(?y)
      then: on(?x, ?y) and clear(?x) and handempty and not holding(?x) and not clear(?y)
    unstack(?x - block, ?y - block):
      if: on(?x, ?y) and clear(?x) and handempty
      then: holding(?x) and clear(?y) and not on(?x, ?y) and not clear(?x) and not handempty
objects: {block: [a, b, c]}
init:
  - ontable(a) and ontable(b) and on(c, a)
  - clear(b) and clear(c) and handempty
goal: on(a, b) and on(b, c)
"""


def blocks():
    return ground(load_task_text(BLOCKS, name="<test>", folder=Path.cwd()))


def holds_along_walks(task, seed):
    groups = find_mutex_groups(task).groups
    space, draw = GroundSpace(task), random.Random(seed)
    for _ in range(10):
        state = space.initial()
        for _ in range(20):
            true = np.zeros(task.atom_count, dtype=np.bool_)
            true[space.true_atoms(state)] = True
            shown = ~task.is_complement
            for group in (groups[i] for i in range(len(groups))):
                assert true[group[shown[group]]].sum() <= 1
            steps = space.legal_steps(state)
            if len(steps) == 0:
                break
            state = space.successor(state, draw.choice(steps.tolist()))


def test_a_block_is_in_one_place_and_holds_one_block():
    # Given three blocks, when groups are found
    task = blocks()
    found = find_mutex_groups(task)

    # Then each block is somewhere, each carries something or is clear, and the hand has one state
    sizes = sorted(len(found.groups[i]) for i in range(len(found.groups)))
    assert sizes == [4, 5, 5, 5, 5, 5, 5]
    assert not found.excludes(0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_no_walk_makes_two_atoms_of_a_group_true(seed):
    holds_along_walks(blocks(), seed)


@pytest.mark.parametrize("seed", range(40))
def test_nor_in_random_tasks(seed):
    holds_along_walks(random_task(seed), seed)
