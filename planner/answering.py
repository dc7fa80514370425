"""Answer a task without actions: by forward chaining, or with probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.result import Result, Statistics, limited
from planner.search.limits import peak_memory_mb
from planner.search.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.probability.judged import JudgeModel
    from planner.kr.task import Task
    from planner.search.limits import Meter

__all__ = ["answer_query", "estimate_answers"]


def answer_query(task: Task, meter: Meter, seed: int, load_s: float) -> Result:
    """The answers to a task whose facts and rules are certain."""
    from planner.engine.magic.ask import answer_task

    try:
        found = answer_task(task, meter=meter)
    except LimitError as error:
        return limited(task, str(error), meter, seed, load_s)
    ground_s = meter.cpu_s
    answers = tuple(found.bindings)
    statistics = Statistics(
        facts=sum(found.model.count(name) for name in found.model.predicates()),
        load_s=load_s,
        ground_s=ground_s,
        search_s=meter.cpu_s - ground_s,
        total_s=load_s + meter.cpu_s,
        peak_memory_mb=peak_memory_mb(),
    )
    status = Status.SOLVED if answers else Status.UNSOLVABLE
    return Result(
        task,
        status,
        answers=answers,
        search="forward chaining for the goal" if found.by_demand else "forward chaining",
        seed=seed,
        statistics=statistics,
    )


def estimate_answers(
    task: Task,
    judges: Mapping[str, JudgeModel] | None,
    meter: Meter,
    seed: int,
    load_s: float,
) -> Result:
    """The answers to a task whose facts or rules carry probabilities."""
    from planner.chances import probable_answers

    try:
        possible = tuple(probable_answers(task, judges=judges, seed=seed, meter=meter))
    except LimitError as error:
        return limited(task, str(error), meter, seed, load_s)
    how = " and ".join(dict.fromkeys(answer.method for answer in possible)) or "exact"
    statistics = Statistics(
        load_s=load_s,
        search_s=meter.cpu_s,
        total_s=load_s + meter.cpu_s,
        peak_memory_mb=peak_memory_mb(),
    )
    return Result(
        task,
        Status.SOLVED if possible else Status.UNSOLVABLE,
        answers=tuple(answer.binding for answer in possible),
        probabilities=possible,
        search=f"probabilistic inference, {how}",
        seed=seed,
        statistics=statistics,
    )
