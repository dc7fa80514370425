"""Learn control rules from small tasks, by goal regression (after Chen et al., AAAI 2026).

Plans for single goals are regressed and lifted to rules; how the rules are run is chosen by what
solves the training tasks, and learning goes on until all of them are solved or time is up.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from planner.engine.jit import compile_from_now_on
from planner.kr.formulas import Atom, conjuncts
from planner.kr.walks import movements
from planner.learn.rules.condense import READABLE
from planner.learn.rules.explanation import explain
from planner.learn.rules.first_steps import bare_first_step, planned_first_step
from planner.learn.rules.goal_order import Interference, static_orders
from planner.learn.rules.lifting import fold_chains, lift
from planner.learn.rules.options import Lift, Option
from planner.learn.rules.regression import compress, regress
from planner.learn.rules.select import Candidates, choose
from planner.learn.rules.single_goals import goal_plans
from planner.learn.rules.stuck import plans_where_stuck
from planner.learn.rules.subsume import without_covered
from planner.learn.rules.trial import Course

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.kr.control import GoalOrder
    from planner.kr.task import RuleBase, Task
    from planner.learn.rules.lifting import LearnedRule
    from planner.learn.rules.options import Advice
    from planner.learn.rules.regression import PlanStep
    from planner.learn.rules.single_goals import GoalPlan

__all__ = ["LearnedRules", "learn_rules"]

_log = logging.getLogger(__name__)

_BEGUN, _DONE = 0.88, 0.95
"""Parts of the time in which something new is tried, and in which trials run: the rest is reading,
lifting and writing."""

_CHECKED = 14
_VERIFIED = 40
_ROUNDS = 3
_PASSES = 4
_QUIET_TASKS = 25
"""Tasks without a new rule after which a round of learning ends."""


@dataclass(frozen=True, slots=True)
class LearnedRules:
    """What was learned.

    Attributes:
        solved: training tasks that the rules solve without search, of ``checked``.
        tasks, plans: how much was learned from.
        cpu_s: CPU seconds.
        unused: actions that were in none of the plans.
    """

    advice: Advice
    option: Option
    solved: int
    checked: int
    tasks: int
    plans: int
    cpu_s: float
    unused: tuple[str, ...] = ()


@dataclass(slots=True)
class _Collected:
    """Rules and interference gathered so far."""

    rules: RuleBase
    support: Counter[LearnedRule] = field(default_factory=Counter)
    sources: dict[LearnedRule, str] = field(default_factory=dict)
    met: Counter[LearnedRule] = field(default_factory=Counter)
    interference: Interference = field(init=False)
    tasks: int = 0
    plans: int = 0
    compressed: list[tuple[GoalPlan, list[PlanStep], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.interference = Interference(self.rules)

    def add(self, plan: GoalPlan, task: Task) -> bool:
        """Learn from a plan for a task; whether a rule is new."""
        self.plans += 1
        self.interference.count(plan.goal, plan.achieved, plan.undone, plan.before)
        return self._lift(plan, task, self.support)

    def add_where_stuck(self, plan: GoalPlan, task: Task) -> bool:
        """Learn rules to be folded from a plan; whether one is new."""
        self.plans += 1
        return self._lift(plan, task, self.met)

    def _lift(self, plan: GoalPlan, task: Task, support: Counter[LearnedRule]) -> bool:
        before = len(support)
        steps = compress(plan.steps, movements(self.rules))
        self.compressed.append((plan, steps, task.name))
        for regressed in regress(plan.goal, steps, self.rules.fluents, plan.rests_on):
            rule = lift(regressed, self.rules, task.objects)
            support[rule] += 1
            self.sources.setdefault(rule, task.name)
        return len(support) > before

    def unused(self) -> tuple[str, ...]:
        """Actions in no plan."""
        seen = {step.schema.name for plan, _, _ in self.compressed for step in plan.steps}
        return tuple(a.name for a in self.rules.actions if a.name not in seen)

    def whole(self) -> Lift:
        """The rules as learned."""
        return Lift(self.support, self.sources, tuple(self.support))

    def folded(self) -> Lift:
        """The rules cut after their first real step, with chains folded."""
        seen = self.support + self.met
        return _folded(
            Lift(seen, self.sources, tuple(seen)), lambda rule: fold_chains(rule, self.rules)
        )

    def explained(self) -> tuple[Lift, Lift, Lift]:
        """Rules as general as plans allow, whole and folded, and as first steps allow."""
        support: Counter[LearnedRule] = Counter()
        sources: dict[LearnedRule, str] = {}
        for plan, steps, name in self.compressed:
            for found in explain(plan.goal, steps, self.rules, plan.rests_on):
                rule = lift(found, self.rules)
                support[rule] += 1
                sources.setdefault(rule, name)
        whole = Lift(support, sources, tuple(support))
        first = _folded(whole, lambda rule: planned_first_step(rule, self.rules))
        bare = _folded(whole, lambda rule: bare_first_step(rule, self.rules))
        return (
            _without_covered(whole, self.rules),
            _without_covered(first, self.rules),
            _without_covered(bare, self.rules),
        )


def _folded(lift: Lift, fold: Callable[[LearnedRule], LearnedRule]) -> Lift:
    """Rules made simpler, each with the length of the shortest it comes from."""
    support: Counter[LearnedRule] = Counter()
    sources: dict[LearnedRule, str] = {}
    shortest: dict[LearnedRule, LearnedRule] = {}
    for rule, count in sorted(lift.support.items(), key=lambda pair: pair[0].length):
        folded = fold(rule)
        kept = shortest.setdefault(replace(folded, length=0), folded)
        support[kept] += count
        sources.setdefault(kept, lift.sources[rule])
    return Lift(support, sources, tuple(support))


def learn_rules(
    tasks: Sequence[Task], *, cpu_s: float = 60.0, seed: int = 0
) -> LearnedRules | None:
    """Learn from training tasks of one rule base, the smallest first.

    Args:
        tasks: with goals that are conjunctions; what is learned is tried on some of them.
        cpu_s: CPU seconds, of which finding plans may take half; loading the kernels, or compiling
            them the first time on a machine, comes on top.
        seed: draws the order of goals.

    Returns:
        ``None`` where nothing can be learned: no atom of a goal has a plan.
    """
    base = tasks[0].rules
    rng = random.Random(seed)
    tasks = sorted(tasks, key=lambda task: len(task.objects))
    _load_kernels(tasks)
    started = time.process_time()
    collected = _Collected(base)
    # What is begun in time also has to end in time.
    last, end = started + _BEGUN * cpu_s, started + _DONE * cpu_s
    course = Course(_checked(tasks), until=end)
    courses = course, Course(_others(tasks), until=end)
    choice = None
    for round_number in range(_ROUNDS):
        until = started + cpu_s * (round_number + 1) / (2 * _ROUNDS)
        _gather(collected, tasks, rng, until)
        if not collected.support:
            return None
        _gather_where_stuck(collected, tasks, rng, until)
        candidates = Candidates(
            _without_covered(collected.whole(), base),
            _without_covered(collected.folded(), base),
            collected.interference.orders(),
            collected.interference.linked_orders(),
            _static_orders(tasks, base),
            cache(collected.explained),
        )
        found = choose(candidates, courses, base, lambda: time.process_time() < last)
        if choice is None or found.score > choice.score:
            choice = found
        if choice.score.solved == len(course) or time.process_time() >= last:
            break
    assert choice is not None
    return LearnedRules(
        choice.option.advice(choice.lift),
        choice.option,
        choice.score.solved,
        len(course),
        collected.tasks,
        collected.plans,
        time.process_time() - started,
        collected.unused(),
    )


def _load_kernels(tasks: Sequence[Task]) -> None:
    """Plan once before the clock starts: what is learned must not depend on what is compiled."""
    compile_from_now_on()
    for task in tasks:
        # A task whose goal holds already needs no plan, and compiles nothing.
        if next(goal_plans(task, random.Random(0)), None) is not None:
            return


def _gather(collected: _Collected, tasks: Sequence[Task], rng: random.Random, until: float) -> None:
    """Plan for single goals, task by task, until time is up or nothing new comes."""
    last_new = 0
    for number, task in enumerate(tasks):
        if time.process_time() > until or number - last_new > _QUIET_TASKS:
            return
        for plan in goal_plans(task, rng):
            if collected.add(plan, task):
                last_new = number
        collected.tasks += 1


def _gather_where_stuck(
    collected: _Collected, tasks: Sequence[Task], rng: random.Random, until: float
) -> None:
    """Plan where folded rules get stuck, as long as that brings new ones."""
    orders = collected.interference.orders() + collected.interference.linked_orders()
    for _ in range(_PASSES):
        lift = _without_covered(collected.folded(), collected.rules)
        if len(lift.rules) <= READABLE:
            return
        advice = Option("nearest", folded=True, orders=orders).advice(lift)
        found = new = 0
        for task in tasks:
            if time.process_time() > until:
                break
            for plan in plans_where_stuck(task, advice, rng):
                found += 1
                new += collected.add_where_stuck(plan, task)
        _log.info("%d folded rules get stuck %d times, %d new", len(lift.rules), found, new)
        if not new:
            return


def _checked(tasks: Sequence[Task]) -> list[Task]:
    """Tasks to try rules on, spread over all sizes; the very smallest tell little."""
    some = tasks[len(tasks) // 10 :] or tasks
    count = min(_CHECKED, len(some))
    return [some[(i + 1) * len(some) // count - 1] for i in range(count)]


def _others(tasks: Sequence[Task]) -> list[Task]:
    """Tasks to verify rules on that they were not tried on."""
    checked = {id(task) for task in _checked(tasks)}
    others = [task for task in tasks if id(task) not in checked]
    count = min(_VERIFIED, len(others))
    return [others[(i + 1) * len(others) // count - 1] for i in range(count)]


def _without_covered(lift: Lift, base: RuleBase) -> Lift:
    kept = without_covered(lift.rules, base)
    return Lift(lift.support, lift.sources, tuple(kept))


def _static_orders(tasks: Sequence[Task], base: RuleBase) -> tuple[GoalOrder, ...]:
    """Orders of goals along static relations, for the goals that the tasks have."""
    changing = base.fluents | base.derived
    asked = {
        part.predicate: None
        for task in tasks
        for part in conjuncts(task.goal)
        if isinstance(part, Atom)
    }
    goals = [name for name in base.predicates if name in asked]
    statics = [
        name
        for name, predicate in base.predicates.items()
        if predicate.arity == 2 and name not in changing
    ]
    return static_orders(goals, statics, base.predicates)
