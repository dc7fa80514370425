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

    from planner.interfaces import IntArray, StepModel, StepSpace, Table
    from planner.kr.task import Task
    from planner.plan import Step
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["go_on", "task_from"]

_ALL = slice(None)


def go_on(
    space: LiftedSpace | GroundSpace,
    steps: tuple[int, ...],
    meter: Meter,
    model: StepModel | None = None,
) -> tuple[int, ...] | None:
    """A plan that begins with steps of the space, found by search for the rest.

    Args:
        space: of a task without rules that forbid. What is grounded is not grounded again.
        steps: lead from the initial state to where the search begins.
        meter: bounds the search.
        model: guides it, if there is one.
    """
    state = _after(space, space.initial(), steps)
    task = task_from(space, state)
    try:
        if isinstance(space, GroundSpace):
            rest = _search_ground(space.beginning_at(state, task), meter, model)
        else:
            found = _search(task, meter, model)
            rest = None if found is None else _named(space, state, found)
    except LimitError:
        return None
    return None if rest is None else (*steps, *rest)


def task_from(space: StepSpace, state: int) -> Task:
    """The task that begins in a state; it has no control rules."""
    task = space.task
    changing, derived = task.rules.fluents, task.rules.derived
    kept = [fact for fact in task.init if fact.predicate not in changing]
    # Grounding calls static what could change and does not.
    always = (atom for atom in _atoms(space, space.static) if atom.predicate in changing)
    shown = (*always, *_atoms(space, space.atoms, space.true_atoms(state)))
    true = [atom for atom in shown if atom.predicate not in derived]
    # What the rule base says of the first state holds no more where actions changed it.
    facts = tuple(fact for fact in task.rules.facts if fact.predicate not in changing)
    rules = replace(task.rules, control=(), orders=(), facts=facts)
    return replace(task, rules=rules, init=tuple(dict.fromkeys((*kept, *true))))


def _atoms(space: StepSpace, table: Table, chosen: IntArray | slice = _ALL) -> list[Atom]:
    """Rows of a table by name."""
    names = list(space.task.rules.predicates)
    rows = zip(table.symbol[chosen].tolist(), table.arguments[chosen].tolist(), strict=True)
    return [
        Atom(names[symbol], tuple(space.constants[code] for code in row if code >= 0))
        for symbol, row in rows
    ]


def _search(task: Task, meter: Meter, model: StepModel | None) -> list[Step] | None:
    """The steps of a plan by the searches that are used without rules, beside a model if any."""
    choice = choose_space(task, meter)
    if choice.lifted is not None:
        return _described(choice.lifted.space, choice.lifted.outcome.steps)
    ground_task = choice.ground_task or ground(task, meter=meter)
    if ground_task.goal is None:
        return None
    space = GroundSpace(ground_task)
    return _described(space, _search_ground(space, meter, model))


def _search_ground(
    space: GroundSpace, meter: Meter, model: StepModel | None
) -> tuple[int, ...] | None:
    from planner.search.auto import choose

    chosen = choose(space, model=model)
    return chosen.search.run(space, chosen.guide, meter).steps


def _described(space: StepSpace, steps: Iterable[int] | None) -> list[Step] | None:
    return None if steps is None else [space.describe(step) for step in steps]


def _after(space: StepSpace, state: int, steps: Iterable[int]) -> int:
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
