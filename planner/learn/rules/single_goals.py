"""Plans for one goal atom at a time: what rules are learned from.

A task's goal atoms are pursued in a random order, each by a shortest plan from where the last one
ended; atoms already true are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import TRUE, Atom, conjuncts
from planner.learn.rules.leaves import leaves_of
from planner.learn.rules.parts import Part, asks_in_parts, unmet_parts
from planner.learn.rules.regression import ground_step
from planner.learn.rules.schemas import readings_of
from planner.learn.tasks.walk import all_facts, state_facts
from planner.search.limits import Limits, Meter
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

    from planner.kr.task import RuleBase, Task
    from planner.learn.rules.leaves import Leaves
    from planner.learn.rules.regression import GroundStep
    from planner.spaces.ground_task import GroundTask

__all__ = ["GoalPlan", "goal_plans"]

_PARTS = 12
"""Parts of one goal that are pursued."""

_NOTHING: Leaves = (frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A plan that makes one goal atom true, or a part of what that asks for.

    Attributes:
        achieved: goal atoms true before it.
        steps: never empty; derived facts among their conditions are replaced by what they rest on,
            where that is atoms; others stay, and the steps that change them say so.
        rests_on: atoms true, and atoms false, at the end that make the goal, or its part, true.
        before: what held before it, derived facts left out.
        undone: those achieved that it makes false on its way.
    """

    goal: Atom
    achieved: tuple[Atom, ...]
    steps: tuple[GroundStep, ...]
    rests_on: Leaves
    before: frozenset[Atom] = frozenset()
    undone: frozenset[Atom] = frozenset()


def goal_plans(
    task: Task, rng: random.Random, *, most_goals: int = 8, cpu_s: float = 5.0
) -> Iterator[GoalPlan]:
    """Plan for the task's goal atoms one at a time, in a random order.

    Args:
        task: its goal is a conjunction; parts that are no atoms are passed over.
        rng: draws the order.
        most_goals: at most so many goal atoms are pursued.
        cpu_s: CPU seconds a plan may take; a goal whose plan takes longer is passed over.
    """
    goals = [part for part in conjuncts(task.goal) if isinstance(part, Atom)]
    ground_task = ground(task)
    numbers = _numbers_of(ground_task, goals if _is_plain(task.rules) else None)
    pursuit = _Pursuit(task, ground_task, numbers, cpu_s)
    achievable = [goal for goal in goals if goal in numbers]
    order = list(goals)
    rng.shuffle(order)
    for goal in order[:most_goals]:
        if goal not in numbers or pursuit.holds(goal):
            continue
        for part in (*pursuit.parts(goal), Part(goal, ())):
            if part.atom in numbers and not pursuit.holds(part.atom):
                plan = pursuit.plan(goal, part, achievable)
                if plan is not None:
                    yield plan


class _Pursuit:
    """A task whose goal atoms are made true one after the other.

    Args:
        numbers: of the atoms that may change.
        cpu_s: CPU seconds a plan may take.
    """

    def __init__(
        self, task: Task, ground_task: GroundTask, numbers: Mapping[Atom, int], cpu_s: float
    ) -> None:
        self._task = task
        self._ground = ground_task
        self._numbers = numbers
        self._cpu_s = cpu_s
        self._is_plain = _is_plain(task.rules)
        self._asks_in_parts = asks_in_parts(task.rules)
        self._readings = [readings_of(action) for action in task.rules.actions]
        self._space = GroundSpace(ground_task)
        self._state = self._space.initial()

    def holds(self, atom: Atom) -> bool:
        """Whether an atom that may change is true now."""
        return self._numbers[atom] in self._true(self._state)

    def parts(self, goal: Atom) -> list[Part]:
        """What the goal, or a step towards it, asks for part by part."""
        if not self._asks_in_parts:
            return []
        true = evaluate((), Facts.of(all_facts(self._space, self._state)))
        rules = self._task.rules
        found = list(unmet_parts(goal, rules, true))
        if not found:
            conditions = [atom for atom in self._conditions(goal) if not true.holds(atom)]
            found = [part for atom in conditions for part in unmet_parts(atom, rules, true)]
        return found[:_PARTS]

    def _conditions(self, goal: Atom) -> dict[Atom, None]:
        """Derived atoms that steps towards a goal ask for."""
        steps = self._plan_for(goal) or ()
        named = [way for step in steps for way in self._ways(step)]
        derived = self._task.rules.derived
        return {a: None for step in named for a in step.positive if a.predicate in derived}

    def _plan_for(self, goal: Atom) -> tuple[int, ...] | None:
        number = self._numbers[goal]
        return _shortest(self._ground, self._space, self._state, number, self._cpu_s)

    def _ways(self, step: int) -> list[GroundStep]:
        """A step, in each way in which its precondition may hold."""
        arguments = self._space.describe(step).arguments
        readings = self._readings[int(self._space.steps.symbol[step])]
        return [ground_step(s, arguments[: len(s.parameters)]) for s in readings]

    def plan(self, goal: Atom, part: Part, goals: Sequence[Atom]) -> GoalPlan | None:
        """Make a part of a goal true, and say how; ``None`` where it cannot be said."""
        space, start = self._space, self._state
        steps = self._plan_for(part.atom)
        if steps is None:
            return None
        true = self._true(start)
        achieved = tuple(g for g in goals if self._numbers[g] in true)
        states, kept = [start], set(achieved)
        for step in steps:
            states.append(space.successor(states[-1], step))
            true = self._true(states[-1])
            kept = {other for other in kept if self._numbers[other] in true}
        self._state = states[-1]
        named = [self._named(state, step) for state, step in zip(states, steps, strict=False)]
        sound = [step for step in named if step is not None]
        if len(sound) < len(named):
            return None
        positive, negative = self._rests_on(part.atom)
        rests_on = positive | set(part.guards), negative
        seen = self._with_changes(sound, states, rests_on)
        before = frozenset(state_facts(space, start))
        return GoalPlan(goal, achieved, seen, rests_on, before, frozenset(achieved) - kept)

    def _true(self, state: int) -> set[int]:
        return set(self._space.true_atoms(state).tolist())

    def _named(self, state: int, step: int) -> GroundStep | None:
        """A step; derived conditions are replaced by what they rest on where that is known."""
        ways = self._ways(step)
        if len(ways) > 1:
            facts = {*all_facts(self._space, state)}
            ways = [
                w for w in ways if facts.issuperset(w.positive) and facts.isdisjoint(w.negative)
            ]
        return self._through_rules(state, ways[0]) if ways else None

    def _through_rules(self, state: int, step: GroundStep) -> GroundStep:
        derived = self._task.rules.derived
        if not any(a.predicate in derived for a in step.positive):
            return step
        facts = state_facts(self._space, state)
        true: dict[Atom, None] = {}
        false = dict.fromkeys(step.negative)
        for atom in step.positive:
            leaves = leaves_of(self._task, facts, [atom])
            positive, negative = leaves or (frozenset([atom]), frozenset())
            true.update(dict.fromkeys(sorted(positive, key=str)))
            false.update(dict.fromkeys(sorted(negative, key=str)))
        return replace(step, positive=tuple(true), negative=tuple(false))

    def _rests_on(self, atom: Atom) -> Leaves:
        """What makes an atom true now, as far as that is known."""
        facts = state_facts(self._space, self._state)
        whole = leaves_of(self._task, facts, [atom])
        if whole is not None:
            return whole
        positive, negative = leaves_of(self._task, facts, [atom], partly=True) or _NOTHING
        return positive | {atom}, negative

    def _with_changes(
        self, steps: Sequence[GroundStep], states: Sequence[int], rests_on: Leaves
    ) -> tuple[GroundStep, ...]:
        """The steps with the changes, beside their effects, in what conditions speak of."""
        if self._is_plain:
            return tuple(steps)
        asked = [*rests_on[0], *rests_on[1]]
        asked += [a for step in steps for a in (*step.positive, *step.negative)]
        numbers = {a: self._numbers[a] for a in dict.fromkeys(asked) if a in self._numbers}
        found = []
        for step, before, after in zip(steps, states[:-1], states[1:], strict=True):
            was, now = self._true(before), self._true(after)
            said = {*step.add, *step.delete}
            hidden = sorted(
                (a for a, n in numbers.items() if (n in was) != (n in now) and a not in said),
                key=str,
            )
            made = tuple(a for a in hidden if numbers[a] in now)
            lost = tuple(a for a in hidden if numbers[a] in was)
            found.append(replace(step, derives=made, ends=lost))
        return tuple(found)


def _numbers_of(ground_task: GroundTask, wanted: Sequence[Atom] | None) -> dict[Atom, int]:
    """The numbers of atoms, of all when none are named; those that never change have none."""
    names = list(ground_task.task.rules.predicates)
    some = None if wanted is None else set(wanted)
    found = {}
    for number, (symbol, row) in enumerate(
        zip(ground_task.atoms.symbol.tolist(), ground_task.atoms.arguments.tolist(), strict=True)
    ):
        if symbol < 0 or ground_task.is_complement[number]:
            continue
        arguments = tuple(ground_task.constants[code] for code in row if code >= 0)
        atom = Atom(names[symbol], arguments)
        if some is None or atom in some:
            found[atom] = number
    return found


def _is_plain(rules: RuleBase) -> bool:
    """Whether steps change just what their effects say, always."""
    effects = (effect for action in rules.actions for effect in action.effects)
    return not rules.derived and all(e.condition == TRUE and not e.variables for e in effects)


def _shortest(
    ground_task: GroundTask, space: GroundSpace, state: int, goal: int, cpu_s: float
) -> tuple[int, ...] | None:
    """A shortest plan for one atom; a plan by greedy search where that takes too long."""
    from planner.guides.relaxation import RelaxationGuide
    from planner.search.best_first import Astar, Gbfs

    single = replace(
        ground_task,
        initial=_base_atoms(ground_task, space, state),
        goal=np.array([goal], dtype=np.int32),
        costs=np.ones_like(ground_task.costs),
    )
    start = GroundSpace(single)
    outcome = Astar().run(start, RelaxationGuide("h_max"), Meter(Limits(cpu_s=cpu_s / 2)))
    if outcome.steps is None:
        outcome = Gbfs().run(start, RelaxationGuide("h_ff"), Meter(Limits(cpu_s=cpu_s / 2)))
    return outcome.steps


def _base_atoms(ground_task: GroundTask, space: GroundSpace, state: int) -> np.ndarray:
    true = space.true_atoms(state)
    return true[~ground_task.is_derived[true]]
