"""The state after part of a plan, as a task that starts there.

The validator's own evaluator takes the steps, so no step space is needed: what follows holds for
tasks that are never grounded and for those whose actions create objects.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.validate.check import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.task import Task
    from planner.plan import Plan

__all__ = ["made_by", "task_after"]


def task_after(task: Task, plan: Plan, count: int) -> Task:
    """The task whose initial state is the one after ``count`` steps of a plan.

    Created objects are objects of the new task; facts that stay keep the place they were read at.

    Raises:
        InputError: when a step cannot be taken.
    """
    run = Run(task)
    objects = dict(task.objects)
    for step in plan.steps[:count]:
        known = len(run.evaluator.world.order)
        refusal = run.take(step)
        if refusal is not None:
            missing = f": {', '.join(refusal.missing)}" if refusal.missing else ""
            raise InputError(f"the step {step} cannot be taken: {refusal.message}{missing}")
        (action,) = (a for a in task.rules.actions if a.name == step.name)
        created = list(run.evaluator.world.order)[known:]
        for name, variable in zip(created, action.creates, strict=True):
            objects[name] = "|".join(variable.types)
    return replace(
        task,
        rules=replace(task.rules, facts=()),
        objects=MappingProxyType(objects),
        init=tuple(_facts(task, run)),
    )


def made_by(task: Task, plan: Plan, count: int) -> dict[Atom, int]:
    """Which of the first ``count`` steps, counted from 1, made each new fact true, the last one.

    Raises:
        InputError: when a step cannot be taken.
    """
    run = Run(task)
    found: dict[Atom, int] = {}
    effects = {
        action.name: dict.fromkeys(e.atom.predicate for e in action.effects if e.positive)
        for action in task.rules.actions
    }
    for number, step in enumerate(plan.steps[:count], start=1):
        stored = run.evaluator.world.facts
        names = effects.get(step.name, ())
        before = {name: {*stored.rows(name)} for name in names}
        refusal = run.take(step)
        if refusal is not None:
            raise InputError(f"the step {step} cannot be taken: {refusal.message}")
        stored = run.evaluator.world.facts
        for name in names:
            for row in stored.rows(name):
                if row not in before[name]:
                    found[Atom(name, row)] = number
    return found


def _facts(task: Task, run: Run) -> Iterator[Atom]:
    places = {atom: atom for atom in task.facts}
    stored = run.evaluator.world.facts
    for name in task.rules.predicates:
        if name in task.rules.derived:
            continue
        for row in stored.rows(name):
            atom = Atom(name, row)
            yield places.get(atom, atom)
