"""Wire the parts together: a task in, a checked plan or the answers out."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from planner.answering import answer_query, estimate_answers
from planner.errors import InputError, LimitError, ModelBudgetError, UnsupportedError
from planner.extract import NamedPlans, check_plan, extract_plan
from planner.further import Wishes, bounded, further, go_on
from planner.portfolio import is_parallel, is_portfolio
from planner.result import Result, Statistics, limited, spent
from planner.search.limits import Limits, Meter
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.engine.probability.judged import JudgeModel
    from planner.interfaces import Guide, StepModel, StepSpace
    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.search.auto import Choice as SearchChoice
    from planner.search.checkpoint import Checkpoint
    from planner.search.following import Followed
    from planner.search.lifted_first import Choice
    from planner.search.protocol import Search
    from planner.spaces.ground import GroundSpace

__all__ = ["Result", "Statistics", "solve"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the caller of `solve` said about the search."""

    search: Search | str
    guide: Guide | StepModel | str | None
    model: StepModel | None
    seed: int
    trace: str | Path | None
    wishes: Wishes

    def choice(self, space: StepSpace) -> SearchChoice:
        """The search and the guide that go on where a plan was found without any."""
        from planner.search.auto import choose

        return choose(space, "auto", self.guide, self.model)


def solve(
    task: Task,
    *,
    search: Search | str = "auto",
    guide: Guide | StepModel | str | None = None,
    model: StepModel | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    trace: str | Path | None = None,
    meter: Meter | None = None,
    load_s: float = 0.0,
    judges: Mapping[str, JudgeModel] | None = None,
    improve: bool = False,
    plans: int = 1,
    on_plan: Callable[[Plan], None] | None = None,
    checkpoint: Checkpoint | None = None,
    jobs: int | None = None,
) -> Result:
    """Find a plan for a task with actions, or answer a task without.

    Args:
        task: what to solve.
        search: an algorithm, or its name with options as on the command line; ``portfolio`` names
            several (`planner.portfolio.members`).
        guide: what judges the steps: a guide, a step model, or names joined by ``+``.
        model: the step model that the name ``model`` stands for.
        limits: bounds; on reaching one the best so far is returned.
        trace: file that receives the record of the search.
        seed: where an algorithm draws, it draws from this.
        meter: watches the limits; pass one to interrupt the run from elsewhere.
        load_s: CPU seconds already spent on reading, for the statistics.
        judges: models of judged predicates, in place of those that the rules name.
        improve: go on to better plans until one is proved cheapest or a limit is met.
        plans: how many plans that differ by more than the order of steps (`Result.others`).
        on_plan: told of the first plan and of each better one, as they are found.
        checkpoint: keeps what a step model answers, so that a run can be resumed.
        jobs: how many processes search at the same time, each in another way.

    Raises:
        InputError: for unknown searches or guides, and evidence that is impossible.
        UnsupportedError: for constructs that no step space handles.
        PlannerError: when a plan fails the independent validation (a defect of ours).
    """
    meter = meter or Meter(limits)
    if task.is_deduction:
        unused = _unused_names(search, guide)
        if task.rules.is_uncertain or task.given:
            result = estimate_answers(task, judges, meter, seed, load_s)
        else:
            result = answer_query(task, meter, seed, load_s)
        return replace(result, notes=(*result.notes, *unused))
    if is_parallel(search, jobs):
        if checkpoint is not None:
            raise InputError("a checkpoint is of one search: leave it out, or the portfolio")
        from planner.portfolio.together import Wanted, solve_together

        alone = partial(solve, task, model=model, load_s=load_s, improve=improve, plans=plans)
        together = Wanted(search, guide, seed, jobs, model is not None, improve, on_plan, trace)
        return solve_together(task, together, alone, meter, load_s)
    from planner.spaces.declared import without_declarations

    try:
        plain = without_declarations(task, meter)
    except LimitError as error:
        return limited(task, str(error), meter, seed, load_s)
    if checkpoint is not None:
        from planner.search.checkpoint import RecordedModel

        if guide is not None and not isinstance(guide, str) and hasattr(guide, "kind"):
            model, guide = cast("StepModel", guide), "model"
        model = None if model is None else RecordedModel(model, checkpoint)
    wishes = Wishes(improve, plans, on_plan)
    wanted = _Wanted(search, guide, model, seed, trace, wishes)
    try:
        result = _plan(plain, wanted, meter, load_s)
    except MemoryError:
        result = limited(plain, "out of memory before the search", meter, seed, load_s)
    if plain is not task and result.plan is not None:
        check_plan(task, result.plan)
    return result if result.task is task else replace(result, task=task)


def _unused_names(search: Search | str, guide: Guide | StepModel | str | None) -> tuple[str, ...]:
    """A note where a query is given a search; the names are checked all the same."""
    from planner.search.registry import check_names

    check_names("auto" if is_portfolio(search) else search, guide)
    if search == "auto" and guide is None:
        return ()
    return ("a task without actions is answered by deduction: search and guide are not used",)


def _plan(task: Task, wanted: _Wanted, meter: Meter, load_s: float) -> Result:
    from planner.search.following import follow_ground, follow_rules, without_advice
    from planner.spaces.open_task import is_open

    if is_open(task):
        from planner.spaces.open import OpenSpace

        return _search(task, OpenSpace(task), wanted, meter, load_s)
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    # Following control rules needs no grounding, which may cost more than the whole plan.
    seed = wanted.seed
    followed = (
        follow_rules(task, wanted.search, meter, seed, wanted.model)
        if wanted.trace is None
        else None
    )
    if followed is not None and followed.steps is not None:
        return _of_rules(task, followed, followed.steps, wanted, meter, load_s)
    if followed is not None and _said_nothing(wanted):
        # Rules that lead nowhere would only delay the search.
        task = without_advice(task)
    try:
        choice = _choose_space(task, wanted, meter)
        if choice.lifted is not None:
            result = _of_lifted(task, choice, seed, meter, load_s)
            return go_on(result, wanted.wishes, wanted.choice, meter, load_s)
        ground_task = choice.ground_task or ground(task, meter=meter)
    except LimitError as error:
        return limited(task, str(error), meter, seed, load_s)
    if ground_task.goal is None:
        ground_s, facts = meter.cpu_s, ground_task.atom_count + len(ground_task.static)
        statistics = spent(Outcome(Status.UNSOLVABLE), meter, load_s, ground_s, facts, 0)
        unreachable = "" if ground_task.unreachable is None else str(ground_task.unreachable)
        return Result(
            task,
            Status.UNSOLVABLE,
            search="relaxed reachability",
            seed=seed,
            unreachable=unreachable,
            statistics=statistics,
        )
    space, ground_s = GroundSpace(ground_task), meter.cpu_s
    if followed is None and wanted.trace is None:
        followed = follow_ground(space, wanted.search, meter, seed, wanted.model)
        if followed is not None and followed.steps is not None:
            return _of_rules(task, followed, followed.steps, wanted, meter, load_s, space, ground_s)
        if followed is not None and _said_nothing(wanted):
            task = without_advice(task)
            space = GroundSpace(replace(ground_task, task=task))
    result = _search(task, space, wanted, meter, load_s, followed=followed is not None)
    return replace(result, notes=(*result.notes, choice.reason)) if choice.reason else result


def _of_rules(
    task: Task,
    followed: Followed,
    steps: tuple[int, ...],
    wanted: _Wanted,
    meter: Meter,
    load_s: float,
    space: GroundSpace | None = None,
    ground_s: float = 0.0,
) -> Result:
    """The result of following rules, on a ground space if there is one."""
    operators = 0 if space is None else len(space.steps)
    statistics = spent(followed.outcome, meter, load_s, ground_s, followed.facts, operators)
    result = Result(
        task,
        Status.SOLVED,
        plan=extract_plan(task, followed.space, steps),
        search=followed.description,
        seed=wanted.seed,
        statistics=statistics,
    )
    return go_on(result, wanted.wishes, wanted.choice, meter, load_s, space)


def _said_nothing(wanted: _Wanted) -> bool:
    """Whether the choice of search and guides is ours."""
    return wanted.search == "auto" and wanted.guide is None and wanted.model is None


def _choose_space(task: Task, wanted: _Wanted, meter: Meter) -> Choice:
    """Whether to ground; where nothing else was asked for, an estimate decides."""
    from planner.search.lifted_first import Choice, choose_space, search_lifted

    if wanted.search == "lifted":
        from planner.spaces.lifted import LiftedSpace

        if wanted.guide is not None or wanted.model is not None or wanted.trace is not None:
            raise InputError("the search `lifted` takes no guide, no model and no trace")
        if task.rules.control or task.rules.orders:
            raise InputError("the search `lifted` does not know control rules")
        try:
            space = LiftedSpace(task)
        except UnsupportedError as error:
            raise _needs_grounding(error) from error
        lifted = search_lifted(space, meter)
        return Choice(lifted=lifted, reason="as asked for")
    has_rules = bool(task.rules.control or task.rules.orders)
    if _said_nothing(wanted) and wanted.trace is None and not has_rules:
        return choose_space(task, meter)
    return Choice()


def _needs_grounding(error: UnsupportedError) -> UnsupportedError:
    """The error for a task that the search `lifted` was asked for in vain, with advice."""
    advice = "leave out the search `lifted`, and the task is grounded"
    if not error.diagnostics:
        return UnsupportedError(f"the search `lifted` cannot be used: {error}; {advice}")
    found = [replace(diagnostic, suggestion=advice) for diagnostic in error.diagnostics]
    return UnsupportedError("the search `lifted` cannot be used", found)


def _of_lifted(task: Task, choice: Choice, seed: int, meter: Meter, load_s: float) -> Result:
    """The result of a search without grounding."""
    assert choice.lifted is not None
    space, outcome = choice.lifted.space, choice.lifted.outcome
    facts = len(space.static) + len(space.true_atoms(space.initial()))
    unreachable = choice.lifted.unreachable
    return Result(
        task,
        outcome.status,
        plan=None if outcome.steps is None else extract_plan(task, space, outcome.steps),
        reason=outcome.reason,
        search=f"lifted with h_ff and lookahead (chosen: {choice.reason})",
        seed=seed,
        unreachable="" if unreachable is None else str(unreachable),
        statistics=spent(outcome, meter, load_s, 0.0, facts, len(space.steps)),
    )


def _search(
    task: Task,
    space: StepSpace,
    wanted: _Wanted,
    meter: Meter,
    load_s: float,
    *,
    followed: bool = False,
) -> Result:
    """Search a space that is ready, with what was asked for, after rules that led nowhere."""
    from planner.search.auto import choose

    ground_s, named = meter.cpu_s, NamedPlans(task, space)
    chosen = choose(space, wanted.search, wanted.guide, wanted.model, followed=followed)
    _log.info("search: %s", chosen.description)
    seed = wanted.seed
    with ExitStack() as stack:
        writer = None
        if wanted.trace is not None:
            from planner.trace.writer import TraceWriter

            writer = stack.enter_context(
                TraceWriter(Path(wanted.trace), task, space, chosen.description, seed)
            )
        try:
            outcome = chosen.search.run(space, chosen.guide, meter, seed=seed, trace=writer)
        except ModelBudgetError as error:
            outcome = _cut_short("model_calls", str(error), meter)
        except LimitError as error:
            outcome = _cut_short(meter.exceeded(), str(error), meter)
        except MemoryError:
            outcome = _cut_short("memory", "out of memory while searching", meter)
        outcome, others = further(
            space,
            outcome,
            chosen.search,
            chosen.guide,
            meter,
            wanted.wishes,
            seed=seed,
            name_plan=named.plan,
        )
        outcome = bounded(space, outcome, meter)
        plan = None if outcome.steps is None else named.plan(outcome.steps)
        if writer is not None:
            writer.finish(outcome, plan)
    facts = len(space.atoms) + len(space.static)
    bound = outcome.lower_bound
    return Result(
        task,
        outcome.status,
        plan=plan,
        reason=outcome.reason,
        complete=outcome.complete,
        optimal=outcome.optimal,
        lower_bound=None if bound is None else Fraction(bound, space.cost_scale),
        bound=outcome.bound,
        search=chosen.description,
        seed=seed,
        notes=outcome.notes,
        statistics=spent(outcome, meter, load_s, ground_s, facts, len(space.steps)),
        others=tuple(extract_plan(task, space, steps) for steps in others),
    )


def _cut_short(reason: str, note: str, meter: Meter) -> Outcome:
    """What is known of a search that a limit or a model server's budget broke off."""
    return Outcome(
        Status.LIMIT,
        reason=reason,
        expanded=meter.expanded,
        model_calls=meter.model_calls,
        notes=(note,),
    )
