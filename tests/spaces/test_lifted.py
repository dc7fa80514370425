"""The lifted space and the ground space are two views of the same state space."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import UnsupportedError
from planner.interfaces import StepSpace
from planner.io.load import load_task
from planner.io.pddl.load import load_pddl
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.lifted import LiftedSpace

STATES = 150


def facts(space: StepSpace, state: int) -> frozenset[tuple[object, ...]]:
    rows = []
    for number in space.true_atoms(state).tolist():
        arguments = space.atoms.arguments[number].tolist()
        names = [space.constants[code] for code in arguments if code >= 0]
        rows.append((int(space.atoms.symbol[number]), *names))
    return frozenset(rows)


def explore(space: StepSpace) -> list[tuple[frozenset[object], bool, frozenset[str]]]:
    """States breadth first, with whether they are goals and the names of their steps."""
    queue, seen, found = [space.initial()], {space.initial()}, []
    while queue and len(found) < STATES:
        state = queue.pop(0)
        steps = sorted(space.legal_steps(state).tolist(), key=lambda s: str(space.describe(s)))
        names = frozenset(str(space.describe(step)) for step in steps)
        found.append((facts(space, state), space.is_goal(state), names))
        for step in steps:
            successor = space.successor(state, step)
            if successor not in seen:
                seen.add(successor)
                queue.append(successor)
    return found


def assert_same(task) -> None:
    lifted, ground_space = LiftedSpace(task), GroundSpace(ground(task))
    static = {name for name in task.rules.predicates} - task.rules.fluents
    changing = facts(ground_space, ground_space.initial())
    always = {
        (list(task.rules.predicates).index(a.predicate), *a.arguments)
        for a in task.facts
        if a.predicate not in static
    } - changing
    # The ground space leaves out what never turns false; the lifted one knows no such thing.

    one, two = explore(lifted), explore(ground_space)

    assert len(one) == len(two)
    for (atoms, goal, names), (other, other_goal, other_names) in zip(one, two, strict=True):
        assert (goal, names) == (other_goal, other_names)
        assert other <= atoms <= other | always


@pytest.mark.parametrize(
    "task",
    [
        "gripper/tasks/swap",
        "gripper/tasks/balls-2",
        "logistics/tasks/one-package",
        "logistics/tasks/same-town",
    ],
)
def test_shipped_tasks(root: Path, task: str) -> None:
    assert_same(load_task(root / "rules" / f"{task}.yaml"))


@pytest.mark.benchmarks
@pytest.mark.parametrize(
    "name",
    ["lt-ferry/train/p05", "lt-spanner/train/p03", "lt-childsnack/train/p02"],
)  # fmt: skip
def test_benchmark_tasks(benchmarks: Path, name: str) -> None:
    problem = benchmarks / "pddl" / f"{name}.pddl"
    domain = benchmarks / "pddl" / name.split("/")[0] / "domain.pddl"
    assert_same(load_pddl(domain, problem)[0])


def test_derived_predicates_are_refused(root: Path) -> None:
    task = load_task(root / "rules" / "blocksworld" / "tasks" / "somewhere-above.yaml")

    with pytest.raises(UnsupportedError, match="derived"):
        LiftedSpace(task)
