"""The tree that a policy-guided search grows, and the books it keeps.

Searches are written as *explorations*: generators that yield before each expansion and return an
outcome. So one loop watches the limits of all of them, and several can take turns.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from planner.errors import LimitError
from planner.interfaces import Expansion
from planner.search.binding import bind_guide
from planner.search.policy import StepPolicy
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray, Guide, IntArray, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Branches, Policy

__all__ = ["Exploration", "Growth", "Node", "drive", "run_by_policy"]

Exploration: TypeAlias = Generator[None, None, Outcome]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A state with the path that led to it.

    Attributes:
        number: counted from 0 in order of generation.
        move: the steps taken from the parent, usually one.
        depth: moves from the root.
        cost: cost of the path, in the unit of ``costs``.
        log_pi: log-probability of the path under the policy.
    """

    number: int
    parent: Node | None
    move: tuple[int, ...]
    state: int
    depth: int
    cost: int
    log_pi: float
    note: str = ""

    def path(self) -> tuple[int, ...]:
        """The steps from the root."""
        moves = []
        node = self
        while node.parent is not None:
            moves.append(node.move)
            node = node.parent
        return tuple(step for move in reversed(moves) for step in move)


class Growth:
    """One growing tree: makes nodes, expands them, counts, and writes the trace."""

    def __init__(
        self,
        name: str,
        space: StepSpace,
        policy: Policy,
        meter: Meter,
        trace: TraceSink | None = None,
        numbers: list[int] | None = None,
    ) -> None:
        self.name = name
        self.space = space
        self.policy = policy
        self.meter = meter
        self.expanded = 0
        self.generated = 0
        # Steps and cost of the best plan so far, for searches that go on improving.
        self.incumbent: tuple[tuple[int, ...], int] | None = None
        self._trace = trace
        # A list of one number, so that searches that take turns number their nodes together.
        self._numbers = [0] if numbers is None else numbers

    @property
    def is_traced(self) -> bool:
        """Whether every expansion is recorded."""
        return self._trace is not None

    def root(self) -> Node:
        """The node of the initial state."""
        return Node(self._number(), None, (), self.space.initial(), 0, 0, 0.0)

    def successor(self, state: int, move: Sequence[int]) -> int:
        """Where a move leads."""
        for step in move:
            state = self.space.successor(state, step)
        return state

    def child(self, node: Node, branches: Branches, index: int, state: int | None = None) -> Node:
        """The node that a move leads to; ``state`` when it is known already."""
        move = branches.move(index)
        if state is None:
            state = self.successor(node.state, move)
        log_prob = float(branches.log_prob[index])
        return self.grow(node, move, state, branches.note(index), log_prob)

    def grow(
        self, node: Node, move: tuple[int, ...], state: int, note: str = "", log_prob: float = 0.0
    ) -> Node:
        """The node behind a move whose state is known."""
        self.generated += 1
        costs = self.space.costs
        return Node(
            self._number(),
            node,
            move,
            state,
            node.depth + 1,
            node.cost + sum(int(costs[step]) for step in move),
            node.log_pi + log_prob,
            note,
        )

    def count(self, node: Node) -> None:
        """Count an expansion for which no policy was asked."""
        self.expanded += 1
        self.meter.expanded += 1
        if self._trace is not None:
            legal = self.space.legal_steps(node.state)
            self._trace.expanded(_record(node, None, legal, None, self.name))

    def expand(self, nodes: Sequence[Node]) -> list[Branches]:
        """Judge nodes and record their expansion."""
        results = self.policy.branches([node.state for node in nodes])
        self.expanded += len(nodes)
        self.meter.expanded += len(nodes)
        if self._trace is not None:
            for node, branches in zip(nodes, results, strict=True):
                record = _record(
                    node, branches.value, branches.legal, branches.log_prior, self.name
                )
                self._trace.expanded(record)
        return results

    def solved(self, node: Node, *, bound: float | None = None) -> Outcome:
        """The outcome with the plan to a node."""
        return self.outcome(Status.SOLVED, node.path(), node.cost, bound=bound)

    def ran_out(self, *, dropped: bool = False) -> Outcome:
        """The outcome when nothing is left: a proof unless something was dropped."""
        gave_up = dropped or self.policy.pruned
        return self.outcome(Status.EXHAUSTED if gave_up else Status.UNSOLVABLE)

    def found(self, reason: str = "") -> Outcome:
        """The outcome with the incumbent; ``reason`` when a limit cut its improvement off."""
        assert self.incumbent is not None, "a plan was found"
        steps, cost = self.incumbent
        return self.outcome(Status.SOLVED, steps, cost, reason=reason, complete=not reason)

    def stopped(self, reason: str) -> Outcome:
        """The outcome when a limit was met."""
        if self.incumbent is not None:
            return self.found(reason)
        return self.outcome(Status.LIMIT, reason=reason)

    def outcome(
        self,
        status: Status,
        steps: tuple[int, ...] | None = None,
        cost: int | None = None,
        *,
        bound: float | None = None,
        reason: str = "",
        complete: bool = True,
    ) -> Outcome:
        """An outcome with the counts so far."""
        return Outcome(
            status,
            steps,
            cost,
            reason=reason,
            complete=complete,
            bound=bound,
            expanded=self.expanded,
            generated=self.generated,
            evaluated=self.policy.evaluated,
            model_calls=self.meter.model_calls,
            search=self.name,
        )

    def _number(self) -> int:
        number = self._numbers[0]
        self._numbers[0] += 1
        return number


def _record(
    node: Node, value: float | None, legal: IntArray, log_prior: FloatArray | None, name: str
) -> Expansion:
    return Expansion(
        node=node.number,
        parent=-1 if node.parent is None else node.parent.number,
        step=node.move[-1] if node.move else -1,
        state=node.state,
        cost=node.cost,
        value=value,
        steps=legal,
        log_prior=log_prior,
        note=node.note or name,
    )


def drive(exploration: Exploration, growth: Growth) -> Outcome:
    """Run an exploration until it ends or a limit is met."""
    while True:
        reason = growth.meter.exceeded()
        if reason:
            exploration.close()
            return growth.stopped(reason)
        try:
            next(exploration)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        except MemoryError:
            return growth.stopped("memory")


class ByPolicy(Protocol):
    """A search over what a guide's prior proposes, written as an exploration."""

    @property
    def name(self) -> str:
        """The name in the outcome and the trace."""
        ...

    @property
    def epsilon(self) -> float:
        """Mass of the uniform mixture."""
        ...

    def explore(self, growth: Growth) -> Exploration:
        """The search itself, yielding before each expansion."""
        ...


def run_by_policy(
    search: ByPolicy, space: StepSpace, guide: Guide, meter: Meter, trace: TraceSink | None
) -> Outcome:
    """Run a search by the policy that a guide gives the steps of a space."""
    try:
        bound = bind_guide(guide, space, meter)
    except LimitError:
        return Outcome(Status.LIMIT, reason=meter.exceeded(), search=search.name)
    policy = StepPolicy(space, bound, meter, epsilon=search.epsilon)
    growth = Growth(search.name, space, policy, meter, trace)
    return drive(search.explore(growth), growth)
