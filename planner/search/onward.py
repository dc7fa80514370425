"""Going on by search from where control rules led: what they left open is a small task of its own.

Rules that were learned from few tasks may lack one for the last goals of a large one. A search for
these begins where the rules ended, with most goals met; only where it finds nothing does the
search begin anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.kr.formulas import Atom
from planner.search.lifted_first import choose_space
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import Task
    from planner.plan import Step
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["go_on", "task_from"]


def go_on(
    space: LiftedSpace, steps: tuple[int, ...], meter: Meter, model: StepModel | None = None
) -> tuple[int, ...] | None:
    """A plan that begins with steps of the space, found by search for the rest.

    Args:
        space: of a task without rules that forbid.
        steps: lead from the initial state to where the search begins.
        meter: bounds the search.
        model: guides it, if there is one.
    """
    state = _after(space, space.initial(), steps)
    try:
        found = _search(task_from(space, state), meter, model)
    except LimitError:
        return None
    if found is None:
        return None
    rest = _named(space, state, found)
    return None if rest is None else (*steps, *rest)


def task_from(space: LiftedSpace, state: int) -> Task:
    """The task that begins in a state; it has no control rules."""
    task = space.task
    changing, derived = task.rules.fluents, task.rules.derived
    kept = [fact for fact in task.init if fact.predicate not in changing]
    names = list(task.rules.predicates)
    true = [
        Atom(names[predicate], tuple(space.constants[code] for code in row))
        for predicate, row in map(space.atom_row, space.true_atoms(state).tolist())
        if names[predicate] not in derived
    ]
    # What the rule base says of the first state holds no more where actions changed it.
    facts = tuple(fact for fact in task.rules.facts if fact.predicate not in changing)
    rules = replace(task.rules, control=(), orders=(), facts=facts)
    return replace(task, rules=rules, init=tuple(dict.fromkeys((*kept, *true))))


def _search(task: Task, meter: Meter, model: StepModel | None) -> list[Step] | None:
    """The steps of a plan by the searches that are used without rules, beside a model if any."""
    from planner.search.auto import choose

    choice = choose_space(task, meter)
    if choice.lifted is not None:
        return _described(choice.lifted.space, choice.lifted.outcome.steps)
    ground_task = choice.ground_task or ground(task, meter=meter)
    if ground_task.goal is None:
        return None
    space = GroundSpace(ground_task)
    chosen = choose(space, model=model)
    return _described(space, chosen.search.run(space, chosen.guide, meter).steps)


def _described(space: StepSpace, steps: Iterable[int] | None) -> list[Step] | None:
    return None if steps is None else [space.describe(step) for step in steps]


def _after(space: LiftedSpace, state: int, steps: Iterable[int]) -> int:
    for step in steps:
        state = space.successor(state, step)
    return state


def _named(space: LiftedSpace, state: int, steps: Iterable[Step]) -> tuple[int, ...] | None:
    """The space's own numbers of steps that follow a state, ``None`` where one is not legal."""

    def numbers() -> Iterator[int | None]:
        schemas = {action.name: number for number, action in enumerate(space.task.rules.actions)}
        here = state
        for step in steps:
            arguments = tuple(space.code(argument) for argument in step.arguments)
            number = space.legal_step(here, schemas[step.name], arguments)
            yield number
            if number is None:
                return
            here = space.successor(here, number)

    found = tuple(numbers())
    known = tuple(number for number in found if number is not None)
    return known if len(known) == len(found) else None
