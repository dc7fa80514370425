"""What comes out of a run: a plan or answers, what is proved, and what it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from planner.search.limits import peak_memory_mb
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from planner.engine.probability.infer import ProbableAnswer
    from planner.engine.proofs import Proof
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.plan import Plan, Step
    from planner.search.limits import Meter

__all__ = ["Answer", "Result", "Statistics", "limited", "spent"]

Answer: TypeAlias = "Mapping[str, Constant]"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a run spent; times are CPU seconds of this process, memory is its peak resident set.

    Attributes:
        model_s: part of ``search_s``, in step models; waiting for a server takes none.
    """

    expanded: int = 0
    generated: int = 0
    evaluated: int = 0
    model_calls: int = 0
    facts: int = 0
    operators: int = 0
    load_s: float = 0.0
    ground_s: float = 0.0
    search_s: float = 0.0
    model_s: float = 0.0
    total_s: float = 0.0
    peak_memory_mb: float = 0.0


@dataclass(frozen=True)
class Result:
    """How a task came out.

    Attributes:
        plan: the checked plan, ``None`` without one and for queries.
        answers: for a task without actions, the bindings of the goal's variables; one empty
            binding when a goal without variables holds.
        probabilities: of ``answers``, where facts or rules carry probabilities.
        reason: which limit, as in `planner.search.result.Outcome`.
        search: the search and guides that ran, and who chose them.
        unreachable: an atom of the goal that no action can ever make true, or ``""``.
        others: plans that differ from ``plan`` and each other by more than order.
        lower_bound: what any plan costs at least, where something is known.
    """

    task: Task
    status: Status
    plan: Plan | None = None
    answers: tuple[Answer, ...] = ()
    probabilities: tuple[ProbableAnswer, ...] = ()
    reason: str = ""
    complete: bool = True
    optimal: bool = False
    lower_bound: Fraction | None = None
    bound: float | None = None
    search: str = ""
    seed: int = 0
    unreachable: str = ""
    notes: tuple[str, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)
    others: tuple[Plan, ...] = ()

    @property
    def cost(self) -> Fraction | None:
        """Cost of the plan."""
        return None if self.plan is None else self.plan.cost

    @cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """For a task without actions, a proof for each answer, worked out when first asked for."""
        from planner.reasons import proofs_of_answers

        return proofs_of_answers(self.task, self.answers) if self.answers else ()

    def why(self, step: Step | int) -> str:
        """The facts that made a step of the plan applicable, derived ones with their proofs.

        Args:
            step: a step of ``plan``, or its place counted from 0.

        Raises:
            ValueError: when the step is not in the plan.
        """
        from planner.reasons import explain_step

        if self.plan is None:
            raise ValueError("there is no plan")
        index = step if isinstance(step, int) else self.plan.steps.index(step)
        return explain_step(self.task, self.plan, index)


def limited(task: Task, note: str, meter: Meter, seed: int, load_s: float) -> Result:
    """The result of a run that met a limit before any search."""
    return Result(
        task,
        Status.LIMIT,
        reason=meter.exceeded() or "memory",
        seed=seed,
        notes=(note,),
        statistics=spent(Outcome(Status.LIMIT), meter, load_s, meter.cpu_s, 0, 0),
    )


def spent(
    outcome: Outcome, meter: Meter, load_s: float, ground_s: float, facts: int, operators: int
) -> Statistics:
    """What a run has spent so far, all told."""
    return Statistics(
        expanded=outcome.expanded,
        generated=outcome.generated,
        evaluated=outcome.evaluated,
        model_calls=max(outcome.model_calls, meter.model_calls),
        facts=facts,
        operators=operators,
        load_s=load_s,
        ground_s=ground_s,
        search_s=meter.cpu_s - ground_s,
        model_s=meter.model_s,
        total_s=load_s + meter.cpu_s,
        peak_memory_mb=peak_memory_mb(),
    )
