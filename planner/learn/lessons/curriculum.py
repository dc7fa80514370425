"""Data for one rule base: tasks small to large, each labelled as well as its size allows."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.learn.lessons.deorder import Deordering
from planner.learn.lessons.label import explore, sample_states
from planner.learn.lessons.plans import best_known_plan
from planner.learn.tasks.walk import wander
from planner.models.closures import redundant_pairs
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.kr.task import Task
    from planner.learn.lessons.label import LabelledState
    from planner.learn.lessons.teacher import Teacher
    from planner.learn.tasks.generate import Generator

__all__ = ["Collection", "collect", "reducible", "step_width"]

_LOG = logging.getLogger(__name__)
_EXHAUSTIVE = 10_000  # states of a task labelled exactly
_REST = 2_000  # the same in an open space, where a state costs many times as much
_SAMPLED = 80  # states taken from each such task
_DETOURS = 2  # plans of a teacher from beside its plan of a task
_ASTRAY = 6  # steps of such a detour at most


@dataclass
class Collection:
    """Labelled states by the space they belong to.

    Attributes:
        tasks: number of tasks by number of objects.
        exact: how many tasks were labelled with all their best steps.
        followed: spaces of the others, which were labelled with plans.
    """

    labelled: list[tuple[StepSpace, list[LabelledState]]] = field(default_factory=list)
    tasks: Counter[int] = field(default_factory=Counter)
    exact: int = 0
    followed: list[StepSpace] = field(default_factory=list)

    @property
    def state_count(self) -> int:
        """Labelled states."""
        return sum(len(states) for _, states in self.labelled)

    def add(self, task: Task, space: StepSpace, states: list[LabelledState], exact: bool) -> None:
        """Take in a task's labels, if there are any."""
        if states:
            self.labelled.append((space, states))
            self.tasks[len(task.objects)] += 1
            self.exact += exact
            if not exact:
                self.followed.append(space)


def collect(
    generator: Generator,
    sizes: Sequence[int],
    per_size: int,
    rng: random.Random,
    given: Sequence[Task] = (),
    teacher: Teacher | None = None,
) -> Collection:
    """Generate tasks of each size and label them, and label those given.

    With a teacher tasks too large to explore are labelled by its plans where these are cheaper than
    those of search, and some states beside them by its plans from there; in small tasks, whose
    states are explored, it chooses among best steps.

    Counts alone decide what is made, never the clock, so that a seed gives the same data on
    every machine.
    """
    found = Collection()
    too_large: int | None = None
    for size in sizes:
        failures = 0
        for task in generator.tasks(size, per_size):
            exhaustive = too_large is None or size < too_large
            if not _label(found, task, generator.space_of(task), rng, exhaustive, teacher):
                failures += 1
                if failures == 2:
                    too_large = size
        _LOG.info("%d objects: %d tasks, %d states", size, found.tasks[size], found.state_count)
    for task in given:
        exhaustive = too_large is None or len(task.objects) < too_large
        _label(found, task, generator.space_of(task), rng, exhaustive, teacher)
    if given:
        _LOG.info("%d tasks given: %d states in all", len(given), found.state_count)
    return found


def _label(
    found: Collection,
    task: Task,
    space: StepSpace,
    rng: random.Random,
    exhaustive: bool,
    teacher: Teacher | None,
) -> bool:
    """Label a task as well as it can be; whether all its states were explored."""
    limit = _REST if is_open(task) else _EXHAUSTIVE
    graph = explore(space, limit) if exhaustive else None
    if graph is not None:
        states = sample_states(graph, _SAMPLED, rng)
        if teacher is not None:
            states = _as_taught(Deordering(space), space, states, teacher)
        found.add(task, space, states, True)
        return True
    plan = best_known_plan(space, teacher=teacher)
    if plan:
        orders = Deordering(space)
        states = orders.label(plan, space.initial())
        if is_open(task):
            states = _exact_at_the_end(space, states, rng)
        if teacher is not None:
            path = [s.state for s in states]
            shuffled = orders.shuffled(plan, space.initial(), rng)
            if shuffled != plan:
                states += orders.label(shuffled, space.initial())
            states += _detours(orders, space, path, teacher, rng)
        found.add(task, space, states, False)
    return False


def _as_taught(
    orders: Deordering, space: StepSpace, states: list[LabelledState], teacher: Teacher
) -> list[LabelledState]:
    """Of equally good steps those that the teacher takes in some order, where it takes one.

    Exact labels call it even whether to pick something up here or further on. A model that takes
    them at their word has to count, at each place, what lies ahead; one that always picks it up
    need not, and goes on doing so in tasks of any size.
    """
    ways: dict[int, LabelledState] = {}
    told = []
    for exact in states:
        if exact.best.sum() > 1 and exact.state not in ways:
            plan = teacher.plan(space, exact.state)
            way = orders.label(plan, exact.state) if plan else ()
            ways |= {label.state: label for label in way}
        taught = ways.get(exact.state, exact)
        both = exact.best & taught.best
        told.append(replace(exact, best=both) if both.any() else exact)
    return told


def _exact_at_the_end(
    space: StepSpace, states: list[LabelledState], rng: random.Random
) -> list[LabelledState]:
    """States of a plan, and with the last of them all that can be reached from there.

    A plan shows one way where many lead to the goal: of numbers left, most pairs may go first.
    """
    known = len(states)
    rest: list[LabelledState] = []
    while known:
        graph = explore(space, _REST, states[known - 1].state)
        if graph is None:
            break
        known, rest = known - 1, sample_states(graph, _SAMPLED, rng)
    return states[:known] + rest


def _detours(
    orders: Deordering,
    space: StepSpace,
    path: Sequence[int],
    teacher: Teacher,
    rng: random.Random,
) -> list[LabelledState]:
    """States that a solver may stray to, and the way on from there: how mistakes are repaired."""
    found: list[LabelledState] = []
    for _ in range(_DETOURS):
        state = wander(space, rng.choice(path), rng.randint(1, _ASTRAY), rng)[-1]
        plan = teacher.plan(space, state)
        if plan:
            found += orders.label(plan, state)
    return found


def reducible(spaces: Sequence[StepSpace]) -> tuple[str, ...]:
    """Static binary predicates that are strict orders in every space and redundant in one."""
    verdicts: dict[str, bool] = {}
    telling: dict[str, None] = {}
    for space in spaces:
        predicates = list(space.task.rules.predicates.values())
        for number, predicate in enumerate(predicates):
            rows = np.flatnonzero(space.static.symbol == number)
            if predicate.arity != 2 or not len(rows):
                continue
            pairs = space.static.arguments[rows, :2]
            redundant = redundant_pairs(pairs, len(space.constants))
            if redundant.any():
                telling.setdefault(predicate.name)
            # Chains of one link are orders too, and say nothing against.
            chained = bool(np.isin(pairs[:, 1], pairs[:, 0]).any())
            fine = bool(redundant.any()) or not chained
            verdicts[predicate.name] = verdicts.get(predicate.name, True) and fine
    return tuple(name for name in telling if verdicts[name])


def step_width(spaces: Sequence[StepSpace]) -> int:
    """Most arguments of any step."""
    widths = [int((space.steps.arguments >= 0).sum(axis=1).max(initial=0)) for space in spaces]
    return max([1, *widths])
