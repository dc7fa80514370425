"""A user's own world, written in Python, as a step space for every search."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from planner.interfaces import Table
from planner.kr.task import RuleBase, Task
from planner.plan import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.kr.terms import Constant

__all__ = ["World"]

State = TypeVar("State", bound="Hashable")
Move = TypeVar("Move", bound="Hashable")


class World(Generic[State, Move]):
    """States and steps are hashable values of the user's; equal values are one state or step.

    Args:
        start: the initial state.
        steps: the legal steps of a state; their order breaks ties where a step is first met.
        apply: the state a step leads to. It must not change the state it is given.
        is_goal: whether a state is what is looked for.
        cost: the whole-numbered cost of a step, 1 without it.

    >>> world = World(1, lambda n: ("+1", "*2"), lambda n, s: n + 1 if s == "+1" else 2 * n,
    ...               lambda n: n == 10)
    >>> world.value(world.successor(world.initial(), 1))
    2
    """

    def __init__(
        self,
        start: State,
        steps: Callable[[State], Iterable[Move]],
        apply: Callable[[State, Move], State],
        is_goal: Callable[[State], bool],
        cost: Callable[[Move], int] | None = None,
    ) -> None:
        self._steps_of, self._apply, self._is_goal, self._cost = steps, apply, is_goal, cost
        self._states: list[State] = [start]
        self._state_numbers: dict[State, int] = {start: 0}
        self._moves: list[Move] = []
        self._move_numbers: dict[Move, int] = {}
        self._costs: npt.NDArray[np.int64] = np.ones(64, dtype=np.int64)
        self._legal: dict[int, IntArray] = {}
        self.task = Task(RuleBase(name="world"))
        self.constants: tuple[Constant, ...] = ()
        self.atoms = self.static = _table(0)
        self.cost_scale = 1

    @property
    def steps(self) -> Table:
        """The steps met so far, without arguments."""
        return _table(len(self._moves))

    @property
    def costs(self) -> npt.NDArray[np.int64]:
        """The cost of each step met so far."""
        return self._costs[: len(self._moves)]

    def value(self, state: int) -> State:
        """The user's state behind a number."""
        return self._states[state]

    def move(self, step: int) -> Move:
        """The user's step behind a number."""
        return self._moves[step]

    def initial(self) -> int:
        """The number of the initial state."""
        return 0

    def legal_steps(self, state: int) -> IntArray:
        """Numbers of the legal steps, ascending."""
        found = self._legal.get(state)
        if found is None:
            known, numbers = self._move_numbers, []
            for move in self._steps_of(self._states[state]):
                number = known.get(move)
                numbers.append(self._number(move) if number is None else number)
            found = self._legal[state] = np.array(sorted(set(numbers)), dtype=np.int32)
        return found

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        value = self._apply(self._states[state], self._moves[step])
        number = self._state_numbers.setdefault(value, len(self._states))
        if number == len(self._states):
            self._states.append(value)
        return number

    def is_goal(self, state: int) -> bool:
        """Whether the state is what is looked for."""
        return bool(self._is_goal(self._states[state]))

    def true_atoms(self, state: int) -> IntArray:
        """None: nothing is known of what the user's states are made of."""
        return np.zeros(0, dtype=np.int32)

    def describe(self, step: int) -> Step:
        """The step, named by its text."""
        text = str(self._moves[step])
        return Step(text, (), Fraction(int(self._costs[step])), text)

    def _number(self, move: Move) -> int:
        """The number of a step that is new."""
        number = self._move_numbers[move] = len(self._moves)
        self._moves.append(move)
        if number == len(self._costs):
            self._costs = np.concatenate([self._costs, np.ones_like(self._costs)])
        if self._cost is not None:
            self._costs[number] = self._cost(move)
        return number


def _table(count: int) -> Table:
    return Table(np.zeros(count, dtype=np.int32), np.zeros((count, 0), dtype=np.int32))
