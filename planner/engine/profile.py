"""What each rule costs: rows, rounds and CPU time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.engine.facts import Facts
from planner.engine.forward import task_rules
from planner.engine.program import plan_rules
from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.forward import Watch
    from planner.engine.magic.ask import GoalPlan
    from planner.engine.program import Plan
    from planner.kr.task import Task

__all__ = ["Cost", "Profile", "profile_report", "profile_task"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one rule, or several on bit rows together, took.

    Attributes:
        rules: indices into the plan's rules; -1 for clauses the engine made.
        rows: that they added.
        rounds: how often they were evaluated.
        cpu_s: seconds.
    """

    rules: tuple[int, ...]
    rows: int
    rounds: int
    cpu_s: float


class Profile:
    """Gathers costs while a plan is evaluated."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._costs: dict[tuple[int, ...], Cost] = {}

    def add(self, clause: int, rows: int, cpu_s: float) -> None:
        """One evaluation of a clause."""
        self._add((self._plan.clauses[clause].rule,), rows, cpu_s)

    def add_together(self, clauses: Sequence[int], rows: int, cpu_s: float) -> None:
        """The evaluation of clauses whose costs cannot be told apart."""
        rules = dict.fromkeys(self._plan.clauses[clause].rule for clause in clauses)
        self._add(tuple(rules), rows, cpu_s)

    def costs(self) -> list[Cost]:
        """The dearest first."""
        return sorted(self._costs.values(), key=lambda cost: -cost.cpu_s)

    def _add(self, rules: tuple[int, ...], rows: int, cpu_s: float) -> None:
        known = self._costs.get(rules, Cost(rules, 0, 0, 0.0))
        self._costs[rules] = Cost(rules, known.rows + rows, known.rounds + 1, known.cpu_s + cpu_s)


def profile_task(
    task: Task, meter: Watch | None = None, facts: Facts | None = None
) -> tuple[Plan, list[Cost], str]:
    """Evaluate what a task's goal needs on columns and bit rows, and say what each rule cost.

    Probabilities are left out: uncertain facts count as true. ``facts`` are those of the task with
    others beside them.

    Returns:
        The plan, the costs, and why so much, or so little, was evaluated.

    Raises:
        LimitError: when the meter says so.
    """
    from planner.engine.magic.ask import plan_goal
    from planner.engine.runs.fixpoint import run_plan

    planned: GoalPlan | str = "probabilities need all rules"
    if not task.rules.is_uncertain:
        planned = plan_goal(task, facts=facts)
    if isinstance(planned, str):
        reason = f"everything is derived: {planned}"
        rules = [replace(rule, probability=None) for rule in task_rules(task)]
        plan = plan_rules(rules, task.rules.predicates.values())
        facts = Facts.of_task(task) if facts is None else facts
        for uncertain in task.rules.probabilistic_facts:
            facts.add(uncertain.atom)
    else:
        plan, facts = planned.plan, planned.facts
        reason = f"only what the goal needs is derived: {planned.reason}"
    profile = Profile(plan)

    def check() -> None:
        exceeded = meter.exceeded() if meter is not None else ""
        if exceeded:
            raise LimitError(f"stopped while profiling: {exceeded}")

    run_plan(plan, facts, check, profile=profile)
    return plan, profile.costs(), reason


def profile_report(task: Task, meter: Watch | None = None, facts: Facts | None = None) -> str:
    """A table of rules, the dearest first; the arguments are those of `profile_task`."""
    plan, costs, reason = profile_task(task, meter, facts)
    lines = ["     rows  rounds     CPU ms  rule"]
    for cost in costs:
        shown = "; ".join(_shown(plan, rule) for rule in cost.rules)
        lines.append(f"{cost.rows:9}  {cost.rounds:6}  {cost.cpu_s * 1e3:9.3f}  {shown}")
    return "\n".join([*lines, reason])


def _shown(plan: Plan, index: int) -> str:
    if index < 0:
        return "(the engine's own)"
    rule = plan.rules[index]
    place = f"  {rule.span.file}:{rule.span.line}" if rule.span else ""
    return f"{rule.name or rule}{place}"
