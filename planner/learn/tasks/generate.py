"""Tasks to learn from, made from a rule base and its example tasks, of any size asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.kr.formulas import TRUE, Formula, conjoin, conjuncts
from planner.kr.task import Task
from planner.learn.tasks.digest import digest
from planner.learn.tasks.generate_open import OpenTasks
from planner.learn.tasks.goal_shape import GoalShape, sample_goal, shape_of
from planner.learn.tasks.guess import guess_situation
from planner.learn.tasks.situation import Patterns, Situation, resize
from planner.learn.tasks.traceback import premises
from planner.learn.tasks.walk import all_facts, state_facts, stroll, translated, wander
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from planner.interfaces import StepSpace
    from planner.kr.task import RuleBase

__all__ = ["Generator", "ground_space", "space_for"]

_LOG = logging.getLogger(__name__)
_STRIDE = 12  # steps walked at most for each object between one situation and the next
_TRACED = 0.5  # share of situations that are traced back to what a plan needs
_WITH_SPARE = 4  # objects from which on some may be spared
_CONCLUSIONS = 3  # literals of a goal that is traced back, at most
_OBSERVED = 3  # walks from each example that show what is sensible


def ground_space(task: Task) -> StepSpace:
    """The step space of a task."""
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    return GroundSpace(ground(task))


def space_for(task: Task) -> StepSpace:
    """The step space of a task, ground where that is possible."""
    if is_open(task):
        from planner.spaces.open import OpenSpace

        return OpenSpace(task)
    return ground_space(task)


@dataclass
class Generator:
    """Makes tasks, no two equal up to the names of their objects.

    Attributes:
        rules: the rule base.
        examples: tasks of it, small ones; without any, first states are guessed from the
            actions' preconditions and may make no sense.
        rng: draws everything.
        space_of: makes the step space of a task.
        banned: fingerprints of tasks that must not be made, such as those kept for tests.
        like_examples: whether tasks begin as examples do where a walk comes by such a state:
            with true facts of those predicates only that an example begins with.
    """

    rules: RuleBase
    examples: Sequence[Task]
    rng: random.Random
    space_of: Callable[[Task], StepSpace] = space_for
    banned: set[str] = field(default_factory=set)
    like_examples: bool = False
    _seeds: list[tuple[Situation, GoalShape]] = field(default_factory=list)
    _patterns: Patterns = field(default_factory=Patterns)
    _begun_with: list[set[int]] = field(default_factory=list)
    _changing: set[int] = field(init=False)
    _open: OpenTasks | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        self._changing = {
            number
            for number, name in enumerate(self.rules.predicates)
            if name in self.rules.fluents
        }
        if not self.rules.actions:
            raise InputError("a rule base without actions has no plans to learn from")
        if is_open(Task(self.rules)):
            self._open = OpenTasks(self.rules, self.examples, self.rng, self.space_of)
            self.banned.update(digest(example) for example in self.examples)
            return
        for example in self.examples:
            self._observe(example)
        if not self._seeds:
            _LOG.warning(
                "no example tasks beside the rule base: first states are guessed from the "
                "actions and may make no sense; put a few small tasks into its tasks/ folder"
            )

    def tasks(self, size: int, count: int) -> Iterator[Task]:
        """Up to ``count`` new tasks of about ``size`` objects; fewer when no more turn up."""
        made, misses = 0, 0
        while made < count and misses < 20:
            if self._open is None:
                traced = self._seeds and size >= _WITH_SPARE and self.rng.random() < _TRACED
                new = list(self._task_traced_back(size)) if traced else []
                new = new or list(self._tasks_of_one_situation(size, count - made))
            else:
                new = list(self._one_open_task(self._open, size))
            yield from new
            made += len(new)
            misses = 0 if new else misses + 1

    def _observe(self, example: Task) -> None:
        space = self.space_of(example)
        start = Situation(dict(example.objects), state_facts(space, space.initial()))
        length = _STRIDE * len(example.objects)
        for _ in range(_OBSERVED):
            for state in wander(space, space.initial(), length, self.rng):
                self._patterns.observe(Situation(start.objects, state_facts(space, state)))
        self._seeds.append((start, shape_of(example)))
        self._begun_with.append(self._true(space, space.initial()))
        self.banned.add(digest(example))

    def _tasks_of_one_situation(self, size: int, count: int) -> Iterator[Task]:
        situation, shape = self._situation(size)
        space = self._space(situation, shape)
        if space is None:
            return
        state = space.initial()
        for _ in range(min(count, 4)):
            state = self._start(space, state)
            end = self._far_from(space, state)
            facts = all_facts(space, state), all_facts(space, end)
            goal = sample_goal(shape, situation.objects, *facts, self.rng)
            if goal is None:
                continue
            init = state_facts(space, state)
            yield from self._as_new_task(Situation(situation.objects, init), goal)

    def _task_traced_back(self, size: int) -> Iterator[Task]:
        """A task of a larger situation, without objects that its plan does not need."""
        situation, shape = self._situation(size + max(1, size // 2))
        space = self._space(situation, shape)
        if space is None:
            return
        state = self._start(space, space.initial())
        length = self.rng.randint(1, _STRIDE * max(1, len(space.task.objects)))
        walk = list(stroll(space, state, length, self.rng))
        facts = all_facts(space, state), all_facts(space, walk[-1][1]) if walk else ()
        asked = sample_goal(shape, situation.objects, *facts, self.rng)
        if asked is None:
            return
        made = set(facts[1]) - set(facts[0])
        parts = [part for part in conjuncts(asked) if part in made]
        count = min(len(parts), self.rng.randint(1, _CONCLUSIONS))
        if not count:
            return
        goal = conjoin(*self.rng.sample(parts, count))
        whole = Situation(situation.objects, state_facts(space, state))
        task = Task(self.rules, "", whole.objects, whole.facts, goal)
        asking = self.space_of(task)
        steps = translated(space, [step for step, _ in walk], asking, asking.initial())
        if steps is None:
            return
        rest = premises(asking, steps, whole, size, self._patterns, self.rng)
        if rest is not None:
            yield from self._as_new_task(rest, goal)

    def _one_open_task(self, tasks: OpenTasks, size: int) -> Iterator[Task]:
        drawn = tasks.sample(size)
        if drawn is not None:
            yield from self._as_new_task(*drawn)

    def _as_new_task(self, start: Situation, goal: Formula) -> Iterator[Task]:
        """The task, unless there has been one like it."""
        task = Task(self.rules, f"generated-{self._count + 1}", start.objects, start.facts, goal)
        mark = digest(task)
        if mark not in self.banned:
            self.banned.add(mark)
            self._count += 1
            yield task

    def _far_from(self, space: StepSpace, state: int) -> int:
        return self._walk(space, state)[-1]

    def _start(self, space: StepSpace, state: int) -> int:
        """A state for a task to begin in, at the end of a walk or on its way."""
        walk = self._walk(space, state)
        if self.like_examples:
            for met in reversed(walk):
                if any(self._true(space, met) <= usual for usual in self._begun_with):
                    return met
        return walk[-1]

    def _true(self, space: StepSpace, state: int) -> set[int]:
        """The numbers of the predicates that actions change and some fact of a state has."""
        return self._changing.intersection(space.atoms.symbol[space.true_atoms(state)].tolist())

    def _walk(self, space: StepSpace, state: int) -> list[int]:
        length = self.rng.randint(1, _STRIDE * max(1, len(space.task.objects)))
        return wander(space, state, length, self.rng)

    def _situation(self, size: int) -> tuple[Situation, GoalShape]:
        """Grow or shrink an example, walking in between, since a walk frees what is stuck."""
        if not self._seeds:
            return guess_situation(self.rules, size, self.rng)
        situation, shape = self.rng.choice(self._seeds)
        for _ in range(8):
            situation = resize(situation, size, self._patterns, self.rng)
            if len(situation.objects) == size:
                break
            space = self._space(situation, shape)
            if space is None:
                break
            state = self._far_from(space, space.initial())
            situation = Situation(situation.objects, state_facts(space, state))
        return situation, shape

    def _space(self, situation: Situation, shape: GoalShape) -> StepSpace | None:
        """A space to walk in; its goal matters to nobody."""
        goal: Formula = TRUE
        if shape.rest:
            goal = shape.rest[0]
        task = Task(self.rules, "", situation.objects, situation.facts, goal)
        space = self.space_of(task)
        return space if len(space.steps) else None
