"""What `planner.solve` does after the first plan: improve it, find others, bound the cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.extract import extract_plan
from planner.result import Result, spent
from planner.search.improve.replay import as_named
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.interfaces import Guide, StepSpace
    from planner.plan import Plan
    from planner.search.auto import Choice
    from planner.search.limits import Meter
    from planner.search.protocol import Search
    from planner.spaces.ground import GroundSpace

__all__ = ["Wishes", "bounded", "further", "go_on"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted beyond a first plan.

    Attributes:
        improve: go on to better plans until one is proved cheapest or a limit is met.
        plans: how many different plans.
        on_plan: told of the first plan and of each better one, as they are found.
    """

    improve: bool = False
    plans: int = 1
    on_plan: Callable[[Plan], None] | None = None

    @property
    def any(self) -> bool:
        """Whether anything but a first plan is wanted."""
        return self.improve or self.plans > 1


def further(
    space: StepSpace,
    outcome: Outcome,
    search: Search,
    guide: Guide,
    meter: Meter,
    wishes: Wishes,
    *,
    seed: int,
    name_plan: Callable[[tuple[int, ...]], Plan],
) -> tuple[Outcome, tuple[tuple[int, ...], ...]]:
    """The outcome after what is wanted was done, and the other plans.

    ``outcome`` is that of the first search, made by ``search``, which also finds the other plans;
    ``name_plan`` names and checks a plan.
    """
    if outcome.steps is None:
        return outcome, ()

    best: list[tuple[int, ...]] = []

    def tell(steps: tuple[int, ...]) -> None:
        best.append(steps)
        if wishes.on_plan is not None:
            wishes.on_plan(name_plan(steps))

    outcome = replace(outcome, steps=as_named(space, outcome.steps))
    assert outcome.steps is not None, "naming keeps the plan"
    tell(outcome.steps)
    others: tuple[tuple[int, ...], ...] = ()
    try:
        if wishes.plans > 1:
            outcome, others = _others(space, outcome, search, guide, meter, wishes.plans, seed)
        if wishes.improve:
            from planner.search.improve.anytime import improve_plan

            outcome = improve_plan(space, outcome, guide, meter, tell)
    except MemoryError:
        cost = int(space.costs[list(best[-1])].sum())
        outcome = replace(outcome, steps=best[-1], cost=cost, complete=False, reason="memory")
    return outcome, others


def _others(
    space: StepSpace,
    outcome: Outcome,
    search: Search,
    guide: Guide,
    meter: Meter,
    count: int,
    seed: int,
) -> tuple[Outcome, tuple[tuple[int, ...], ...]]:
    """Plans that differ; the note says why there are fewer than wanted."""
    from planner.search.diverse import different_plans

    def again(restricted: StepSpace, share: Meter) -> Outcome:
        return search.run(restricted, guide, share, seed=seed)

    assert outcome.steps is not None, "there is a first plan"
    found = different_plans(space, outcome.steps, count, again, meter)
    missing = count - 1 - len(found.plans)
    if not missing:
        return outcome, tuple(found.plans)
    why = f"a limit ({found.reason}) was met" if found.reason else "there are no others"
    if found.reason == "incomplete":
        why = "an incomplete search found no others"
    note = f"{len(found.plans) + 1} of {count} plans: {why}"
    reason = meter.exceeded()
    outcome = replace(
        outcome,
        notes=(*outcome.notes, note),
        complete=outcome.complete and not reason,
        reason=outcome.reason or reason,
    )
    return outcome, tuple(found.plans)


def go_on(
    result: Result,
    wishes: Wishes,
    choice: Callable[[StepSpace], Choice],
    meter: Meter,
    load_s: float,
    space: GroundSpace | None = None,
) -> Result:
    """What is wanted beyond a plan that was found by rules, or without grounding.

    Args:
        result: of the first plan, if there is one.
        wishes: what is wanted.
        choice: of a search and a guide for a space.
        meter: of the run.
        load_s: CPU seconds that reading took.
        space: of the task; where there is none it is grounded, if anything is wanted.
    """
    if result.plan is None:
        return result
    if wishes.on_plan is not None:
        wishes.on_plan(result.plan)
    if not wishes.any:
        return result
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    task, ground_s = result.task, meter.cpu_s
    try:
        space = space or GroundSpace(ground(task, meter=meter))
    except LimitError:
        return replace(result, complete=False, reason=meter.exceeded() or "memory")
    steps = _steps_of_plan(space, result.plan)
    if steps is None:
        return replace(result, notes=(*result.notes, "the plan's steps were not grounded"))
    chosen = choice(space)
    first = Outcome(Status.SOLVED, steps, expanded=result.statistics.expanded)
    outcome, others = further(
        space,
        first,
        chosen.search,
        chosen.guide,
        meter,
        replace(wishes, on_plan=_cheaper_only(wishes.on_plan, result.plan)),
        seed=result.seed,
        name_plan=lambda found: extract_plan(task, space, found),
    )
    outcome = bounded(space, outcome, meter)
    assert outcome.steps is not None, "a plan that was found stays found"
    bound = outcome.lower_bound
    return replace(
        result,
        plan=extract_plan(task, space, outcome.steps),
        complete=outcome.complete,
        reason=outcome.reason,
        optimal=outcome.optimal,
        lower_bound=None if bound is None else Fraction(bound, space.cost_scale),
        notes=(*result.notes, *outcome.notes),
        statistics=spent(
            outcome, meter, load_s, meter.cpu_s - ground_s, len(space.atoms), len(space.steps)
        ),
        others=tuple(extract_plan(task, space, found) for found in others),
    )


def _cheaper_only(
    on_plan: Callable[[Plan], None] | None, known: Plan
) -> Callable[[Plan], None] | None:
    """Tell of plans other than the one that is known."""
    if on_plan is None:
        return None
    return lambda plan: None if plan.steps == known.steps else on_plan(plan)


def bounded(space: StepSpace, outcome: Outcome, meter: Meter) -> Outcome:
    """The outcome with a lower bound on the cost of plans, where none is known and one is cheap."""
    settled = outcome.status not in (Status.SOLVED, Status.LIMIT)
    hurried = meter.exceeded() in ("time", "memory", "interrupt")
    if settled or outcome.lower_bound is not None or hurried:
        return outcome
    from planner.search.lower_bound import root_bound

    bound = root_bound(space, outcome.expanded)
    proved = bound is not None and outcome.cost is not None and outcome.cost <= bound
    return replace(outcome, lower_bound=bound, optimal=outcome.optimal or proved)


def _steps_of_plan(space: GroundSpace, plan: Plan) -> tuple[int, ...] | None:
    """The numbers of a plan's steps in a ground space, ``None`` where grounding left one out."""
    schemas = {action.name: index for index, action in enumerate(space.task.rules.actions)}
    codes = {constant: code for code, constant in enumerate(space.constants)}
    table = space.steps
    width = table.arguments.shape[1]
    rows = []
    for step in plan:
        row = [codes.get(argument, -2) for argument in step.arguments]
        rows.append((schemas[step.name], *row, *[-1] * (width - len(row))))
    wanted = set(rows)
    numbers = {}
    for number, (schema, arguments) in enumerate(
        zip(table.symbol.tolist(), table.arguments.tolist(), strict=True)
    ):
        if (schema, *arguments) in wanted:
            numbers[schema, *arguments] = number
    if any(row not in numbers for row in rows):
        return None
    return tuple(numbers[row] for row in rows)
