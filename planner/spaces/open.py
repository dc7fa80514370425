"""The open step space: actions that create objects and compute numbers.

A state is a set of facts with the objects created on the way to it. States that differ only in
the names of interchangeable objects have one number and are represented by the first of them that
was met; steps are named in that representative's terms. So the steps of a path do not fit
together by name: `OpenSpace.follow` walks the path again from the start and names them as a plan
does, created objects `_1`, `_2`, ... in order.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from math import lcm
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.errors import InputError, UnsupportedError
from planner.kr.terms import FunctionTerm
from planner.plan import Step
from planner.spaces.growing import GrowingTable
from planner.spaces.open_canonical import Canonizer
from planner.spaces.open_changes import EffectReader
from planner.spaces.open_goal import GoalSigns
from planner.spaces.open_program import GOAL, StateProgram, goal_program, step_head, step_program
from planner.spaces.open_state import OpenState, Vocabulary
from planner.spaces.open_symmetry import bare_objects_matter, interchangeable, order_matters
from planner.spaces.wording import StepText

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from planner.engine.matching import Row
    from planner.interfaces import Changes, IntArray, Table
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.spaces.open_program import EffectPattern

__all__ = ["OpenSpace"]

_REMEMBERED = 20_000
"""States whose legal steps are kept, and steps whose successors are."""

_INT64_MAX = 2**63 - 1

Instances: TypeAlias = "dict[int, list[tuple[EffectPattern, Row]]]"
_NONE: Instances = {}


class OpenSpace:
    """A `StepSpace` whose objects, numbers, atoms and steps grow as a search goes on.

    Any formula of the rule language may stand in preconditions, effects, derived predicates and
    the goal; rules are evaluated anew in each state, so a state costs time in proportion to its
    facts, its derived facts and its steps. Facts that no action changes are indexed once.

    Raises:
        UnsupportedError: for tasks with probabilities, and for equivalences that actions change.
        InputError: for costs below zero or too large, and objects with the name of created ones.
    """

    def __init__(self, task: Task) -> None:
        _refuse_unsupported(task)
        self.task = task
        self._vocabulary = Vocabulary(task)
        plan, self._schemas = step_program(task)
        goal_plan = goal_program(task)
        static = {n: self._vocabulary.given.tuples(n) for n in self._vocabulary.given.predicates()}
        changing = [*task.rules.fluents, *self._vocabulary.created_types]
        symbols = self._vocabulary.symbols
        self._program = StateProgram(plan, symbols, static, changing)
        self._goal_program = StateProgram(goal_plan, symbols, static, changing)
        self._canonizer = Canonizer(
            self._vocabulary,
            None if order_matters(task) else interchangeable(task),
            sees_bare=bare_objects_matter((plan, goal_plan), self._vocabulary.created_types),
        )
        self._signs = GoalSigns(task, self._vocabulary)
        self._reader = EffectReader(self._schemas, self._vocabulary)
        self._texts = tuple(StepText(action) for action in task.rules.actions)
        self._derived = tuple(n for n in task.rules.predicates if n in task.rules.derived)
        self.cost_scale = self._scale()
        # A step's row is that of its rule, then the number of objects there were before it.
        self._width = max([0, *(schema.width for schema in self._schemas)])
        widths = [schema.width for schema in self._schemas]
        self._steps = GrowingTable(max(1, self._width), shown=widths)
        self._costs: npt.NDArray[np.int64] = np.zeros(256, dtype=np.int64)
        self._static = self._read_static()
        self._states: list[OpenState] = []
        self._goals: list[bool | None] = []
        self._numbers: dict[Hashable, int] = {}
        self._legal: dict[int, IntArray] = {}
        self._conditional: dict[int, Instances] = {}
        self._is_conditional = any(p.head for schema in self._schemas for p in schema.effects)
        self._successors: dict[tuple[int, int], int] = {}
        # Steps of plans that lead to states with other names than their representatives.
        self._pinned: dict[tuple[int, int], int] = {}
        self._priced = 0
        self._initial = self._enter(self._vocabulary.initial())

    @property
    def constants(self) -> tuple[Constant, ...]:
        """Objects in declaration order, then other values and created objects as they are met."""
        return self._vocabulary.constants()

    @property
    def atoms(self) -> Table:
        """The atoms met so far that differ between states."""
        return self._vocabulary.atoms.table

    @property
    def steps(self) -> Table:
        """The steps met so far."""
        return self._steps.table

    @property
    def static(self) -> Table:
        """The facts true in every state."""
        return self._static.table

    @property
    def costs(self) -> npt.NDArray[np.int64]:
        """Cost of each step met so far, ``cost_scale`` to the unit."""
        return self._costs[: len(self._steps)]

    def initial(self) -> int:
        """The number of the initial state."""
        return self._initial

    def legal_steps(self, state: int) -> IntArray:
        """Steps whose preconditions hold, ascending."""
        found = self._legal.get(state)
        if found is None:
            if len(self._legal) >= _REMEMBERED:
                self._legal.clear()
                self._conditional.clear()
            steps, instances = self._expand(self._states[state])
            found = self._legal[state] = np.array(sorted(steps), dtype=np.int32)
            if instances:
                self._conditional[state] = instances
        return found

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        key = (state, step)
        found = self._successors.get(key)
        if found is None:
            if len(self._successors) >= _REMEMBERED:
                self._successors = dict(self._pinned)
            found = self._successors[key] = self._enter(self._apply(state, step))
        return found

    def foresee(self, state: int, steps: IntArray) -> Changes:
        """What legal steps of a state make of its stored atoms."""
        if self._is_conditional:
            self.legal_steps(state)
        here = self._states[state]
        created = len(here.created)
        rows = [self._steps.row(step) for step in steps.tolist()]
        effects = self._reader.unconditional(rows, created)
        instances = self._conditional.get(state, _NONE)
        for place, step in enumerate(steps.tolist() if instances else ()):
            for pattern, row in instances.get(step, ()):
                effects.append(self._reader.effect(pattern, [place], [row], created))
        return self._reader.changes(here, len(rows), effects)

    def constant(self, number: int) -> Constant:
        """One of ``constants``, without making all of them."""
        return self._vocabulary.symbols.constant(number)

    def is_goal(self, state: int) -> bool:
        """Whether the goal holds."""
        found = self._goals[state]
        if found is None:
            here = self._states[state]
            found = self._signs.may_hold(here) and bool(
                self._goal_program.run(self._vocabulary.rows(here))[GOAL]
            )
            self._goals[state] = found
        return found

    def true_atoms(self, state: int) -> IntArray:
        """Numbers of the atoms true in a state, derived ones included, ascending."""
        here = self._states[state]
        atoms = set(here.atoms)
        if self._derived:
            rows = self._program.run(self._vocabulary.rows(here))
            for name in self._derived:
                for row in rows.get(name, ()):
                    atoms.update(self._vocabulary.numbers(name, row))
        return np.array(sorted(atoms), dtype=np.int32)

    def describe(self, step: int) -> Step:
        """The step as the representatives of its state name it."""
        number, row = self._steps.row(step)
        schema = self._schemas[number]
        constant = self._vocabulary.symbols.constant
        arguments = tuple(constant(code) for code in row[: schema.width])
        created = tuple(f"_{row[-1] + k + 1}" for k in range(len(schema.action.creates)))
        cost = Fraction(int(self._costs[step]), self.cost_scale)
        return Step(
            schema.action.name, arguments, cost, self._texts[number].fill(arguments), created
        )

    def follow(self, steps: Sequence[int]) -> tuple[int, ...]:
        """The steps of a path from the initial state, named as a plan names them.

        Where names must change, the first legal step of the same action and cost is taken that
        leads to the same state. The states on the way get numbers of their own, so that the new
        path can be walked by `successor` as well.
        """
        number = real = self._initial
        found = []
        for step in steps:
            number = self.successor(number, step)
            form = self._canonizer.form(self._states[number])
            step, state = self._same_step(real, step, form)
            found.append(step)
            if state != self._states[number]:
                self._successors[real, step] = self._pinned[real, step] = self._append(state)
            real = self.successor(real, step)
        return tuple(found)

    def _same_step(self, state: int, step: int, form: Hashable) -> tuple[int, OpenState]:
        """The legal step that leads to a state of a form, and that state."""
        schema, cost = self._steps.row(step)[0], self._costs[step]
        legal = self.legal_steps(state).tolist()
        for one in sorted(legal, key=lambda other: (other != step, other)):
            if self._steps.row(one)[0] == schema and self._costs[one] == cost:
                there = self._apply(state, one)
                if self._canonizer.form(there) == form:
                    return one, there
        raise AssertionError("states of one form have the same steps")

    def _enter(self, state: OpenState) -> int:
        form = self._canonizer.form(state)
        number = self._numbers.get(form)
        if number is None:
            number = self._numbers[form] = self._append(state)
        return number

    def _append(self, state: OpenState) -> int:
        self._states.append(state)
        self._goals.append(None)
        return len(self._states) - 1

    def _expand(self, here: OpenState) -> tuple[list[int], Instances]:
        """The legal steps of a state, and the instances of their conditional effects there."""
        base = len(here.created)
        rows = self._program.run(self._vocabulary.rows(here))
        found: list[int] = []
        instances: Instances = {}
        for number, schema in enumerate(self._schemas):
            steps = {row: self._step(number, (*row, base)) for row in rows[step_head(number)]}
            found += steps.values()
            for pattern in schema.effects:
                for row in rows[pattern.head] if pattern.head else ():
                    step = steps[row[: schema.columns]]
                    instances.setdefault(step, []).append((pattern, row))
        return found, instances

    def _step(self, schema: int, row: Row) -> int:
        number = self._steps.number(schema, row)
        if number >= len(self._costs):
            self._costs = np.concatenate([self._costs, np.zeros_like(self._costs)])
        if number == self._priced:
            self._priced += 1
            self._costs[number] = self._cost(schema, row[-2])
        return number

    def _cost(self, schema: int, code: int) -> int:
        name = self._schemas[schema].action.name
        value = self._vocabulary.symbols.constant(code)
        if type(value) is int and 0 <= value * self.cost_scale <= _INT64_MAX:
            return value * self.cost_scale
        if not isinstance(value, int | Fraction):
            raise InputError(f"the cost of a step of {name} is no number")
        scaled = Fraction(value) * self.cost_scale
        if value < 0 or scaled > _INT64_MAX:
            raise InputError(f"the cost of a step of {name} is negative or too large: {value}")
        if scaled.denominator != 1:
            raise UnsupportedError(f"the cost of action {name} can be any fraction: {value}")
        return scaled.numerator

    def _apply(self, state: int, step: int) -> OpenState:
        here = self._states[state]
        if self._is_conditional:
            self.legal_steps(state)
        instances = self._conditional.get(state, _NONE)
        number, row = self._steps.row(step)
        schema = self._schemas[number]
        vocabulary = self._vocabulary
        gone: list[int] = []
        come: list[int] = []
        for pattern, values in chain(
            ((pattern, row) for pattern in schema.effects if not pattern.head),
            instances.get(step, ()),
        ):
            atom = tuple(
                values[place] if place >= 0 else vocabulary.created(row[-1] + ~place)
                for place in pattern.arguments
            )
            (come if pattern.positive else gone).extend(vocabulary.numbers(pattern.predicate, atom))
        created = here.created
        if schema.action.creates:
            created += tuple(variable.types for variable in schema.action.creates)
        return OpenState(here.atoms.difference(gone).union(come), created)

    def _scale(self) -> int:
        """The least number that makes every cost that can be foreseen an integer."""
        denominators = [1]
        symbols = self._vocabulary.symbols
        for action in self.task.rules.actions:
            match action.cost:
                case Fraction() as cost:
                    denominators.append(cost.denominator)
                case FunctionTerm(predicate):
                    rows = self._vocabulary.given.tuples(predicate)
                    values = (symbols.constant(row[-1]) for row in rows)
                    denominators += [v.denominator for v in values if isinstance(v, Fraction)]
                case _:
                    pass
        return lcm(*denominators)

    def _read_static(self) -> GrowingTable:
        rules = self.task.rules
        widest = max((p.arity for p in rules.predicates.values()), default=0)
        table = GrowingTable(max(1, widest))
        for number, name in enumerate(rules.predicates):
            if name not in rules.fluents and name not in rules.derived:
                for row in self._vocabulary.given.tuples(name):
                    table.number(number, row)
        return table


def _refuse_unsupported(task: Task) -> None:
    rules = task.rules
    if rules.is_uncertain:
        raise UnsupportedError("probabilities in a task with actions")
    for name in rules.predicates:
        if name in rules.fluents and "equivalence" in rules.predicates[name].properties:
            raise UnsupportedError(f"actions change `{name}`, which is an equivalence")
