"""Answers to one goal, from what it needs: by demand where that pays, else from the whole model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.engine.facts import Facts
from planner.engine.forward import Program, saturate, task_rules
from planner.engine.magic.rewrite import demand
from planner.engine.normalize import answer_variables, describe, normalize
from planner.engine.program import atoms_in, is_gathered, plan_clauses
from planner.kr.formulas import TRUE, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.clauses import Clause, Tally
    from planner.engine.forward import Watch
    from planner.engine.gather.foreign import Foreign
    from planner.engine.magic.rewrite import Demanded
    from planner.engine.model import Model
    from planner.engine.normalize import Normalized
    from planner.engine.program import Plan
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["Answers", "GoalPlan", "Way", "answer_task", "goal_report", "plan_goal"]

Way: TypeAlias = Literal["auto", "demand", "whole"]

_GOAL = "#answers"
_WORTH_ASKING = 0.25
"""Asking for more of all constants than this, the whole model by bit rows is as fast or faster."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a goal's variables can be.

    Attributes:
        bindings: distinct, in the order of the constants.
        model: what was derived for it: by demand, the goal's part under the engine's own names.
        by_demand: whether only what the goal needs was derived.
        reason: for the way that was taken, in words.
    """

    bindings: list[dict[str, Constant]]
    model: Model
    by_demand: bool
    reason: str


def answer_task(
    task: Task,
    *,
    way: Way = "auto",
    meter: Watch | None = None,
    functions: Mapping[str, Foreign] | None = None,
    facts: Facts | None = None,
) -> Answers:
    """Answer a task's goal from its facts and rules.

    Args:
        task: a task without actions, or one whose initial state is asked about.
        way: ``demand`` derives only what the goal needs, ``whole`` everything.
        meter: says when to stop.
        functions: what computes the foreign predicates.
        facts: the task's facts with others beside them.

    Raises:
        InputError: when the goal leaves a variable unbound, or a number overflows.
        LimitError: when the meter says so.
    """
    planned = plan_goal(task, way=way, facts=facts)
    if isinstance(planned, str):
        model = saturate(task, meter=meter, functions=functions or {}, facts=facts)
        return Answers(model.query(task.goal), model, False, planned)
    model = Program(planned.plan).run(planned.facts, meter=meter)
    return Answers(_bindings(model, planned.variables), model, True, planned.reason)


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """What derives the answers to a goal, and no more; they are the rows of ``#answers``.

    Attributes:
        clauses: before they were rewritten.
        tallies: before they were rewritten.
        demands: the predicates of what is asked for.
    """

    variables: tuple[str, ...]
    plan: Plan
    facts: Facts
    reason: str
    clauses: tuple[Clause, ...]
    tallies: tuple[Tally, ...]
    demands: tuple[str, ...]


def plan_goal(task: Task, *, way: Way = "auto", facts: Facts | None = None) -> GoalPlan | str:
    """How to answer a goal by demand, or why the whole model should be derived instead.

    ``facts`` are those of the task with others beside them.
    """
    if way == "whole":
        return "asked for"
    prepared = _prepare(task)
    if isinstance(prepared, str):
        return prepared
    variables, normal, demanded, plan = prepared
    facts = Facts.of_task(task) if facts is None else facts
    against = _why_whole(demanded, plan, facts) if way == "auto" else ""
    return against or GoalPlan(
        variables,
        plan,
        facts,
        _why_demand(demanded),
        normal.clauses,
        normal.tallies,
        demanded.asked,
    )


def goal_report(task: Task) -> str:
    """How the goal of a task is answered, in words: with the rules where they are rewritten."""
    if task.rules.is_uncertain or task.goal == TRUE:
        return ""
    planned = plan_goal(task)
    if isinstance(planned, str):
        return f"the goal: from everything, as {planned}"
    lines = [f"the goal: by demand, as {planned.reason}"]
    return "\n".join([*lines, *(f"  {describe(clause)}" for clause in planned.plan.clauses)])


def _prepare(task: Task) -> tuple[tuple[str, ...], Normalized, Demanded, Plan] | str:
    """The goal's variables and the rules, rewritten as well, or why these cannot be."""
    if any(is_gathered(predicate) for predicate in task.rules.predicates.values()):
        return "equivalences, functional, kept and foreign predicates need the whole model"
    variables = answer_variables(task.goal)
    rules = [*task_rules(task), _goal_rule(task.goal, variables)]
    normal = normalize(rules)
    demanded = demand(normal.clauses, normal.tallies, _GOAL)
    plan = plan_clauses(rules, demanded.clauses, demanded.tallies)
    return variables, normal, demanded, plan


def _goal_rule(goal: Formula, variables: tuple[str, ...]) -> Rule:
    return Rule(Atom(_GOAL, tuple(map(Variable, variables))), goal, "the goal")


def _bindings(model: Model, variables: tuple[str, ...]) -> list[dict[str, Constant]]:
    constant = model.symbols.constant
    return [
        {name: constant(code) for name, code in zip(variables, row, strict=True)}
        for row in model.rows(_GOAL).tolist()
    ]


def _why_whole(demanded: Demanded, plan: Plan, facts: Facts) -> str:
    """Why deriving everything is better, ``""`` where it is not.

    Demands that follow from facts alone are worked out: they say what share of the constants is
    asked for, before anything is derived for them.
    """
    if not demanded.asked:
        needed = {clause.rule for clause in demanded.clauses}
        return "" if len(needed) < len(plan.rules) else "the goal needs it all"
    early = _early_demands(demanded)
    if not early:
        return ""
    names = {clause.head.predicate for clause in early}
    asked = Program(plan_clauses(plan.rules, early)).run(facts)
    share = max(asked.count(name) for name in names) / max(1, len(facts.symbols))
    if share <= _WORTH_ASKING:
        return ""
    return f"the goal asks for {share:.0%} of all constants"


def _early_demands(demanded: Demanded) -> list[Clause]:
    """The clauses of demands, of one column, that read nothing but facts and one another."""
    by_head: dict[str, list[Clause]] = {}
    for clause in demanded.clauses:
        by_head.setdefault(clause.head.predicate, []).append(clause)
    early = {name for name in demanded.asked if len(by_head[name][0].head.arguments) == 1}
    settled = False
    while not settled:
        late = {
            name
            for name in early
            for clause in by_head[name]
            for atom in atoms_in(clause.body)
            if atom.predicate in by_head and atom.predicate not in early
        }
        settled = not late
        early -= late
    return [clause for name in demanded.asked if name in early for clause in by_head[name]]


def _why_demand(demanded: Demanded) -> str:
    if not demanded.asked:
        return "rules that the goal does not need are left out"
    return f"the goal binds arguments: {', '.join(demanded.asked)}"
