"""First states and goals of tasks whose actions create objects or compute numbers.

Objects are as in an example, cloned or dropped; the numbers that actions compute with are drawn
from the range that the examples show. The goal is the example's with another number: one that a
walk from the first state ends with, of the example's magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.kr.formulas import TRUE, Atom, Formula, conjoin, conjuncts
from planner.kr.number_goals import number_goals
from planner.kr.task import Task
from planner.learn.tasks.situation import Patterns, Situation, resize
from planner.learn.tasks.walk import state_facts

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from planner.interfaces import StepSpace
    from planner.kr.number_goals import Number
    from planner.kr.task import RuleBase

__all__ = ["OpenTasks"]

_WALKS = 60  # from one first state before it is given up
_LONGEST = 4  # steps of a walk for each object
_MAGNITUDE = 5  # times by which a generated goal's number may differ from the example's

Place = tuple[str, int]


@dataclass
class OpenTasks:
    """Draws first states with goals.

    Attributes:
        examples: tasks of the rule base, in which goals ask for numbers.
        rng: draws everything.
        space_of: makes the step space of a task.

    Raises:
        InputError: when no example's goal asks for a number that actions compute.
    """

    rules: RuleBase
    examples: Sequence[Task]
    rng: random.Random
    space_of: Callable[[Task], StepSpace]
    _patterns: Patterns = field(default_factory=Patterns)
    _seen: dict[Place, list[Number]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        usable = [task for task in self.examples if next(number_goals(task), None) is not None]
        if not usable:
            raise InputError(_missing(self.rules, bool(self.examples)))
        self.examples = usable
        names = list(self.rules.predicates)
        for task in usable:
            self._patterns.observe(Situation(dict(task.objects), task.init))
            for goal in number_goals(task):
                place = names[goal.predicate], goal.place
                self._seen.setdefault(place, []).extend(_numbers_at(task.init, place))

    def sample(self, size: int) -> tuple[Situation, Formula] | None:
        """A first state of ``size`` objects and a goal; ``None`` where walks ended with none."""
        example = self._example(size)
        given = Situation(dict(example.objects), example.init)
        situation = self._renumbered(resize(given, size, self._patterns, self.rng))
        space = self.space_of(Task(self.rules, "", situation.objects, situation.facts, TRUE))
        for _ in range(_WALKS):
            state, made = self._walk(space, _LONGEST * size)
            end = _declared(Situation(situation.objects, state_facts(space, state)), made)
            goal = self._goal(example, end)
            # The example's goal may say more than a number: a state tells whether all of it holds.
            if goal is not None and self._holds(end, goal) and not self._holds(situation, goal):
                return situation, goal
        return None

    def _example(self, size: int) -> Task:
        """One of those nearest in size."""
        nearest = min(abs(len(task.objects) - size) for task in self.examples)
        near = [task for task in self.examples if abs(len(task.objects) - size) == nearest]
        return self.rng.choice(near)

    def _renumbered(self, situation: Situation) -> Situation:
        facts = dict.fromkeys(self._redrawn(fact) for fact in situation.facts)
        return Situation(situation.objects, tuple(facts))

    def _redrawn(self, fact: Atom) -> Atom:
        arguments = tuple(
            self._draw(self._seen[fact.predicate, place])
            if self._seen.get((fact.predicate, place)) and isinstance(argument, int | Fraction)
            else argument
            for place, argument in enumerate(fact.arguments)
        )
        return Atom(fact.predicate, arguments)

    def _draw(self, seen: Sequence[Number]) -> Number:
        """A number seen, or any whole one between the least and the largest."""
        if not all(isinstance(number, int) for number in seen) or self.rng.random() < 0.25:
            return self.rng.choice(seen)
        return self.rng.randint(int(min(seen)), int(max(seen)))

    def _walk(self, space: StepSpace, longest: int) -> tuple[int, list[str]]:
        """Where a random walk ends, and the types of the objects created on it."""
        state, made = space.initial(), list[str]()
        for _ in range(longest):
            legal = space.legal_steps(state)
            if not len(legal):
                break
            # By action first: else those with most legal steps would be most of every walk.
            schema = self.rng.choice(sorted(set(space.steps.symbol[legal].tolist())))
            step = self.rng.choice(legal[space.steps.symbol[legal] == schema].tolist())
            made += ["|".join(v.types) for v in self.rules.actions[schema].creates]
            state = space.successor(state, step)
        return state, made

    def _goal(self, example: Task, end: Situation) -> Formula | None:
        """The example's goal for a number of the end of a walk."""
        names = list(self.rules.predicates)
        goal = example.goal
        for wanted in number_goals(example):
            place = names[wanted.predicate], wanted.place
            found = [n for n in _numbers_at(end.facts, place) if _is_alike(n, wanted.number)]
            if not found:
                return None
            goal = _with_number(goal, place, wanted.number, self.rng.choice(found))
        return goal

    def _holds(self, situation: Situation, goal: Formula) -> bool:
        space = self.space_of(Task(self.rules, "", situation.objects, situation.facts, goal))
        return space.is_goal(space.initial())


def _missing(rules: RuleBase, has_examples: bool) -> str:
    what = (
        "none of the example tasks has a goal that asks for a number which actions compute"
        if has_examples
        else "there are no example tasks"
    )
    return (
        f"{rules.source or rules.name}: actions create objects or compute numbers, and {what}; put "
        "a few small tasks into the tasks/ folder, with goals such as `value(?a, 24)`"
    )


def _numbers_at(facts: Sequence[Atom], place: Place) -> list[Number]:
    found = (f.arguments[place[1]] for f in facts if f.predicate == place[0])
    return [number for number in found if isinstance(number, int | Fraction)]


def _is_alike(number: Number, wanted: Number) -> bool:
    """Whether a number is whole where the wanted one is, of its sign and magnitude."""
    if isinstance(wanted, int) and not isinstance(number, int):
        return False
    ratio = Fraction(number) / Fraction(wanted) if wanted else Fraction(int(number == 0))
    return Fraction(1, _MAGNITUDE) <= ratio <= _MAGNITUDE


def _with_number(goal: Formula, place: Place, old: Number, new: Number) -> Formula:
    """The goal with another number in a place of its top-level atoms."""
    return conjoin(*(_replaced(part, place, old, new) for part in conjuncts(goal)))


def _replaced(part: Formula, place: Place, old: Number, new: Number) -> Formula:
    if not isinstance(part, Atom) or part.predicate != place[0] or part.arguments[place[1]] != old:
        return part
    arguments = list(part.arguments)
    arguments[place[1]] = new
    return replace(part, arguments=tuple(arguments))


def _declared(situation: Situation, made: Sequence[str]) -> Situation:
    """With created objects as objects of a task, which must not be called `_1`."""
    names = {f"_{n + 1}": f"created-{n + 1}" for n in range(len(made))}
    facts = tuple(
        Atom(f.predicate, tuple(names.get(a, a) if isinstance(a, str) else a for a in f.arguments))
        for f in situation.facts
    )
    created = {f"created-{n + 1}": kind for n, kind in enumerate(made)}
    return Situation({**situation.objects, **created}, facts)
