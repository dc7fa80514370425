"""Plans for one goal atom at a time: what rules are learned from.

A task's goal atoms are pursued in a random order, each by a shortest plan from where the last one
ended; atoms already true are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.kr.formulas import Atom, conjuncts
from planner.kr.strips import strips_form
from planner.kr.terms import TypedVariable
from planner.learn.rules.leaves import leaves_of
from planner.learn.rules.regression import GroundStep, ground_step
from planner.learn.tasks.walk import state_facts
from planner.search.limits import Limits, Meter
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.parameters import implicit_parameters

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from planner.kr.actions import ActionSchema
    from planner.kr.strips import StripsSchema
    from planner.kr.task import Task
    from planner.learn.rules.leaves import Leaves
    from planner.spaces.ground_task import GroundTask

__all__ = ["GoalPlan", "goal_plans"]


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A plan that makes one goal atom true.

    Attributes:
        achieved: goal atoms true before it.
        steps: never empty; derived facts among their conditions are replaced by what they rest on.
        rests_on: atoms true, and atoms false, at the end that make the goal true.
        before: what held before it, derived facts left out.
        undone: those achieved that it makes false on its way.
    """

    goal: Atom
    achieved: tuple[Atom, ...]
    steps: tuple[GroundStep, ...]
    rests_on: Leaves
    before: frozenset[Atom] = frozenset()
    undone: frozenset[Atom] = frozenset()


def goal_plans(
    task: Task, rng: random.Random, *, most_goals: int = 8, cpu_s: float = 5.0
) -> Iterator[GoalPlan]:
    """Plan for the task's goal atoms one at a time, in a random order.

    Args:
        task: its goal is a conjunction; parts that are no atoms are passed over.
        rng: draws the order.
        most_goals: at most so many goal atoms are pursued.
        cpu_s: CPU seconds a plan may take; a goal whose plan takes longer is passed over.
    """
    goals = [part for part in conjuncts(task.goal) if isinstance(part, Atom)]
    ground_task = ground(task)
    numbers = _numbers_of(ground_task, goals)
    forms = [_printed_form(action) for action in task.rules.actions]
    space = GroundSpace(ground_task)
    state = space.initial()
    order = list(goals)
    rng.shuffle(order)
    for goal in order[:most_goals]:
        if goal not in numbers:
            continue
        true = set(space.true_atoms(state).tolist())
        if numbers[goal] in true:
            continue
        steps = _shortest(ground_task, space, state, numbers[goal], cpu_s)
        if steps is None:
            continue
        achieved = tuple(g for g in goals if g in numbers and numbers[g] in true)
        before = frozenset(state_facts(space, state))
        named, kept = [], set(achieved)
        for step in steps:
            named.append(_through_rules(space, state, _named(space, forms, step)))
            state = space.successor(state, step)
            true = set(space.true_atoms(state).tolist())
            kept = {other for other in kept if numbers[other] in true}
        rests_on = leaves_of(task, state_facts(space, state), [goal])
        sound = [step for step in named if step is not None]
        if rests_on is not None and len(sound) == len(named):
            undone = frozenset(achieved) - kept
            yield GoalPlan(goal, achieved, tuple(sound), rests_on, before, undone)


def _through_rules(space: GroundSpace, state: int, step: GroundStep) -> GroundStep | None:
    """A step whose conditions speak of no derived fact that changes, ``None`` where they must."""
    rules = space.task.rules
    if any(a.predicate in rules.derived for a in step.negative):
        return None
    if not any(a.predicate in rules.derived for a in step.positive):
        return step
    leaves = leaves_of(space.task, state_facts(space, state), step.positive)
    if leaves is None:
        return None
    positive, negative = (tuple(sorted(part, key=str)) for part in leaves)
    absent = dict.fromkeys((*step.negative, *negative))
    return replace(step, positive=positive, negative=tuple(absent))


def _numbers_of(ground_task: GroundTask, goals: Sequence[Atom]) -> dict[Atom, int]:
    """The atoms' numbers; atoms that never change have none."""
    names = list(ground_task.task.rules.predicates)
    wanted = set(goals)
    found = {}
    for number, (symbol, row) in enumerate(
        zip(ground_task.atoms.symbol.tolist(), ground_task.atoms.arguments.tolist(), strict=True)
    ):
        if symbol < 0 or ground_task.is_complement[number]:
            continue
        arguments = tuple(ground_task.constants[code] for code in row if code >= 0)
        atom = Atom(names[symbol], arguments)
        if atom in wanted:
            found[atom] = number
    return found


def _shortest(
    ground_task: GroundTask, space: GroundSpace, state: int, goal: int, cpu_s: float
) -> tuple[int, ...] | None:
    """A shortest plan for one atom; a plan by greedy search where that takes too long."""
    from planner.guides.relaxation import RelaxationGuide
    from planner.search.best_first import Astar, Gbfs

    single = replace(
        ground_task,
        initial=_base_atoms(ground_task, space, state),
        goal=np.array([goal], dtype=np.int32),
        costs=np.ones_like(ground_task.costs),
    )
    start = GroundSpace(single)
    outcome = Astar().run(start, RelaxationGuide("h_max"), Meter(Limits(cpu_s=cpu_s / 2)))
    if outcome.steps is None:
        outcome = Gbfs().run(start, RelaxationGuide("h_ff"), Meter(Limits(cpu_s=cpu_s / 2)))
    return outcome.steps


def _base_atoms(ground_task: GroundTask, space: GroundSpace, state: int) -> np.ndarray:
    true = space.true_atoms(state)
    return true[~ground_task.is_derived[true]]


def _printed_form(action: ActionSchema) -> StripsSchema | None:
    """The conjunctive form over the printed parameters: implicit ones differ from step to step."""
    form = strips_form(action)
    if form is None:
        return None
    implicit = (TypedVariable(name) for name in implicit_parameters(action))
    return replace(form, parameters=(*form.parameters, *implicit))


def _named(space: GroundSpace, forms: Sequence[StripsSchema | None], step: int) -> GroundStep:
    schema = forms[int(space.steps.symbol[step])]
    assert schema is not None, "actions without a conjunctive form are refused before"
    return ground_step(schema, space.describe(step).arguments[: len(schema.parameters)])
