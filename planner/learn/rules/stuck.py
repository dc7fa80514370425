"""Plans from where rules get stuck: what single goals planned one after the other do not show.

Rules that are run step by step change the goal they work for on the way, and so meet states in
which no plan for a single goal ever begins, such as those where the hand still holds a block that
was in the way of another goal. What is planned there gives the rules that were missing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.guides.control_rules import BoundControlRules, RuleGround
from planner.kr.formulas import Atom, conjoin
from planner.learn.rules.single_goals import goal_plans
from planner.learn.rules.trial import space_of
from planner.learn.tasks.walk import state_facts
from planner.search.rollout import RuleRunner

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from planner.kr.task import Task
    from planner.learn.rules.options import Advice
    from planner.learn.rules.single_goals import GoalPlan

__all__ = ["plans_where_stuck"]

_STEPS = 300
_PLANS = 6


def plans_where_stuck(task: Task, advice: Advice, rng: random.Random) -> Iterator[GoalPlan]:
    """Follow advice on a task; where it ends or goes in a circle, a plan for one ready goal.

    Args:
        task: to be followed; after a plan the advice goes on from where that led.
        advice: without derived predicates of its own.
        rng: draws the goal.
    """
    for _ in range(_PLANS):
        stuck = _followed(task, advice)
        plan = next(goal_plans(stuck, rng), None) if stuck is not None else None
        if stuck is None or plan is None:
            return
        yield plan
        facts = dict.fromkeys(stuck.init)
        for step in plan.steps:
            facts = dict.fromkeys(atom for atom in facts if atom not in step.delete)
            facts.update(dict.fromkeys(step.add))
        task = replace(task, init=tuple(facts))


def _followed(task: Task, advice: Advice) -> Task | None:
    """The task from where advice leaves it, with the goals that are ready there.

    ``None`` where the goal is reached, or where it goes on for long.
    """
    space = space_of(task)
    ground = RuleGround(space)
    rules = BoundControlRules(space, control=advice.control, orders=advice.orders, ground=ground)
    runner = RuleRunner(space, rules)
    state = space.initial()
    met = {state}
    for _ in range(_STEPS):
        if space.is_goal(state):
            return None
        found = rules.best(state)
        states = runner.run(state, found)[1] if found is not None else []
        if not states or states[-1] in met:
            return replace(task, init=state_facts(space, state), goal=conjoin(*_ready(ground)))
        state = states[-1]
        met.add(state)
    return None


def _ready(ground: RuleGround) -> Iterator[Atom]:
    facts = ground.facts
    for name, row in facts.goals:
        if facts.index.holds(facts.code(name, "ready"), row):
            yield Atom(name, tuple(facts.symbols.constant(code) for code in row))
