"""Blocksworld in plain Python, as a user would write it, and llm-reasoners' MCTS on it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, conjuncts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from planner.kr.task import Task

__all__ = ["BlocksWorld", "load_peer", "peer_search"]

Fact = tuple[str, ...]
State = frozenset[Fact]

_FREE = ("handempty",)


@dataclass(frozen=True)
class BlocksWorld:
    """A PlanBench instance: states are sets of facts, steps are names with blocks."""

    start: State
    goal: State
    blocks: tuple[str, ...]

    @classmethod
    def of(cls, task: Task) -> BlocksWorld:
        """The world of a task of that domain."""
        goals = [part for part in conjuncts(task.goal) if isinstance(part, Atom)]
        return cls(_facts(task.init), _facts(goals), tuple(task.objects))

    def steps(self, state: State) -> Iterator[Fact]:
        """The legal steps."""
        if _FREE in state:
            for block in self.blocks:
                if ("clear", block) in state:
                    if ("ontable", block) in state:
                        yield ("pick-up", block)
                    for other in self.blocks:
                        if ("on", block, other) in state:
                            yield ("unstack", block, other)
            return
        held = next(block for block in self.blocks if ("holding", block) in state)
        yield ("put-down", held)
        for other in self.blocks:
            if ("clear", other) in state:
                yield ("stack", held, other)

    def apply(self, state: State, step: Fact) -> State:
        """The state a step leads to."""
        name, block = step[:2]
        held, clear, table = ("holding", block), ("clear", block), ("ontable", block)
        if name == "pick-up":
            return (state - {clear, table, _FREE}) | {held}
        if name == "put-down":
            return (state - {held}) | {clear, table, _FREE}
        on, other = ("on", *step[1:]), ("clear", step[2])
        if name == "stack":
            return (state - {held, other}) | {on, clear, _FREE}
        return (state - {on, clear, _FREE}) | {held, other}

    def is_goal(self, state: State) -> bool:
        """Whether the blocks stand as they should."""
        return self.goal <= state


def _facts(atoms: Iterable[Atom]) -> State:
    return frozenset((a.predicate, *map(str, a.arguments)) for a in atoms)


def load_peer(checkout: Path) -> ModuleType:
    """llm-reasoners' ``reasoners/algorithm/mcts.py`` as it is, without the rest of the package.

    Its package imports clients of model servers; the search itself needs three base classes.
    """
    for name, folder in (
        ("reasoners", "reasoners"),
        ("reasoners.algorithm", "reasoners/algorithm"),
    ):
        package = ModuleType(name)
        package.__path__ = [str(checkout / folder)]
        sys.modules[name] = package
    base = _load("reasoners.base", checkout / "reasoners/base.py")
    vars(sys.modules["reasoners"]).update(
        {name: value for name, value in vars(base).items() if not name.startswith("_")}
    )
    return _load("reasoners.algorithm.mcts", checkout / "reasoners/algorithm/mcts.py")


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def peer_search(peer: ModuleType, world: BlocksWorld) -> tuple[bool, int]:
    """Whether the peer's MCTS meets a goal in 300 iterations of depth 16, and its state steps.

    A state step is a call of `step`, which makes the state of a node; walks along known nodes cost
    no step. Without a language model every action is as likely as every other, and a state is worth
    the share of the goal that holds.
    """
    count, solved = 0, False

    class Model:
        def init_state(self) -> State:
            return world.start

        def step(self, state: State, action: Fact) -> tuple[State, dict[str, object]]:
            nonlocal count
            count += 1
            return world.apply(state, action), {}

        def is_terminal(self, state: State) -> bool:
            nonlocal solved
            solved = solved or world.is_goal(state)
            return world.is_goal(state)

    class Config:
        def get_actions(self, state: State) -> list[Fact]:
            return list(world.steps(state))

        def fast_reward(self, state: State, action: Fact) -> tuple[float, dict[str, object]]:
            return 0.0, {}

        def reward(self, state: State, action: Fact, **more: object) -> tuple[float, dict]:
            after = world.apply(state, action)
            return len(world.goal & after) / len(world.goal), {}

    peer.MCTS(n_iters=300, depth_limit=16)(Model(), Config())
    return solved, count
