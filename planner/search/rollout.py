"""Following control rules without search: the best rule of each state until the goal is met.

Where no rule applies, a short breadth-first search looks for a state with fewer open goals or
where a rule applies; else the rollout backs up, farther each time, and takes the next best rule
there. When that does not help either it starts again and breaks ties another way.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from planner.guides.control_rules import BoundControlRules
from planner.search.tree import Growth, drive

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.suggestions import Suggestion
    from planner.guides.walk_map import GroundAction
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Branches
    from planner.search.result import Outcome
    from planner.search.tree import Exploration, Node

__all__ = ["Move", "RuleRollout", "RuleRunner"]

_ASKED = 11
"""Rules and bindings that are asked at most for a move that undoes no goal."""

_NOTHING: Mapping[int, frozenset[Row]] = MappingProxyType({})


@runtime_checkable
class FindsSteps(Protocol):
    """A step space that finds a step by its name without listing all legal ones."""

    def legal_step(self, state: int, schema: int, arguments: Row) -> int | None:
        """The first legal step of a schema with these arguments, -1 where any will do."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """A suggestion with the steps it stands for and the states these lead to, if any is legal."""

    suggestion: Suggestion
    steps: list[int]
    states: list[int]


class RuleRunner:
    """Runs suggestions: turns a rule with its binding into legal steps and their states."""

    def __init__(self, space: StepSpace, rules: BoundControlRules) -> None:
        self.rules = rules
        self._space = space
        self._finder = space if isinstance(space, FindsSteps) and not rules.forbids else None

    def move(
        self, state: int, avoid: Mapping[int, frozenset[Row]] = _NOTHING, *, careful: bool = False
    ) -> Move | None:
        """What the best rule does.

        Args:
            state: where rules are asked.
            avoid: by rule, bindings that are not wanted.
            careful: take another instead of one that undoes a settled goal, if that undoes none.
        """
        tried, best = dict(avoid), None
        for _ in range(_ASKED if careful else 1):
            found = self.rules.best(state, tried)
            if found is None:
                break
            tried[found.rule] = tried.get(found.rule, frozenset()) | {found.binding}
            move = Move(found, *self.run(state, found))
            best = best or move
            if not careful or not move.states or not self.rules.undoes(state, move.states[-1]):
                return move
        return best

    def run(self, state: int, suggestion: Suggestion) -> tuple[list[int], list[int]]:
        """The steps taken and the states they lead to, up to the first that is not legal.

        Ends at a goal; a step that a rule forbids is not taken. Open arguments take the first
        legal step that fits.
        """
        first = self.rules.runs_first(suggestion)
        steps: list[int] = []
        states: list[int] = []
        here = state
        for action in self.rules.actions(state, suggestion, first=first):
            step = self._find(here, action)
            if step is None:
                break
            here = self._space.successor(here, step)
            steps.append(step)
            states.append(here)
            if self._space.is_goal(here):
                break
        return steps, states

    def _find(self, state: int, action: GroundAction) -> int | None:
        if self._finder is not None:
            return self._finder.legal_step(state, *action)
        legal = self._space.legal_steps(state)
        fitting = self.rules.fitting(action, legal)
        allowed = fitting[~self.rules.forbidden(state, legal)[fitting]]
        return int(legal[allowed[0]]) if len(allowed) else None


@dataclass(frozen=True, slots=True)
class RuleRollout:
    """Follow the best rule of each state; a rule and binding is used once in a state.

    Attributes:
        visits: a state met more often counts as one where no rule applies.
        repairs: how often a rollout may go on where no rule applies before it starts again.
        reach: states of the breadth-first search for a way on; 0 for none.
        restarts: rollouts with other ties after the first.
        returns: moves back to a state met before, after which a rollout is careful with the goals
            it has met (see `RuleRunner.move`); 0 for never.
        skipped: rollouts that were tried before: 0, or from 1 on restarts alone.
    """

    visits: int = 20
    repairs: int = 12
    reach: int = 300
    restarts: int = 3
    returns: int = 2
    skipped: int = 0

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "rollout"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Follow the rules; the guide is not asked."""
        return self.follow(space, BoundControlRules(space), meter, seed=seed, trace=trace)

    def follow(
        self,
        space: StepSpace,
        rules: BoundControlRules,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
        progressed: Callable[[Node, int], None] | None = None,
    ) -> Outcome:
        """Follow rules that are bound already.

        ``progressed`` hears of each node with fewer open goals than any before, and of their
        number.
        """
        growth = Growth(self.name, space, _Unasked(), meter, trace)
        return drive(self.explore(growth, rules, seed, progressed), growth)

    def explore(
        self,
        growth: Growth,
        rules: BoundControlRules,
        seed: int = 0,
        progressed: Callable[[Node, int], None] | None = None,
    ) -> Exploration:
        """The rollouts, yielding before each rule."""
        root = growth.root()
        watch = _Watch(progressed)
        for attempt in range(self.skipped, 1 + self.restarts if rules.advises else 0):
            rules.ties = random.Random(1000 * seed + attempt) if attempt else None
            attempted = _Attempt(self, growth, rules, watch)
            node = yield from attempted.follow(root)
            if node is not None:
                rules.ties = None
                return growth.solved(node)
            if not attempted.had_choice:
                break
        rules.ties = None
        return growth.ran_out(dropped=True)


@dataclass(slots=True)
class _Watch:
    """The fewest open goals of all rollouts, and who is told when they get fewer."""

    progressed: Callable[[Node, int], None] | None
    least: int | None = None

    def see(self, node: Node, open_goals: int) -> None:
        """Note the open goals of a node's state."""
        if self.least is None or open_goals < self.least:
            self.least = open_goals
            if self.progressed is not None:
                self.progressed(node, open_goals)


@dataclass(slots=True)
class _Attempt:
    """One rollout.

    Attributes:
        had_choice: whether any rule applied, so that another attempt may end elsewhere.
    """

    options: RuleRollout
    growth: Growth
    rules: BoundControlRules
    watch: _Watch
    had_choice: bool = False
    _used: dict[int, dict[int, frozenset[Row]]] = field(default_factory=dict)
    _seen: dict[int, int] = field(default_factory=dict)
    _returns: int = 0

    def follow(self, node: Node) -> Generator[None, None, Node | None]:
        """Go on from a node to a goal; ``None`` when the rules lead nowhere."""
        space, rules = self.growth.space, self.rules
        runner = RuleRunner(space, rules)
        repairs = 0
        patience = 100 + 4 * len(space.task.all_objects)
        least, since = rules.open_goals(node.state), 0
        while not space.is_goal(node.state):
            yield
            move = self._move(node, runner)
            if move is None or since > patience:
                repairs += 1
                if repairs > self.options.repairs:
                    return None
                node = yield from self._repair(node, repairs)
                since = 0
                continue
            self.had_choice = True
            if move.states:
                name = rules.name_of(move.suggestion)
                node = self.growth.grow(node, tuple(move.steps), move.states[-1], name)
                self._returns += node.state in self._seen
            open_goals = rules.open_goals(node.state)
            self.watch.see(node, open_goals)
            since = 0 if open_goals < least else since + 1
            least = min(least, open_goals)
        return node

    def _move(self, node: Node, runner: RuleRunner) -> Move | None:
        """What a rule does that did not do so in this state before.

        A rule that was learned from few tasks may speak of anything that is in the way somewhere,
        and so of what is where it belongs. Where that makes circles, what undoes goals comes last.
        """
        state = node.state
        self._seen[state] = self._seen.get(state, 0) + 1
        self.growth.count(node)
        if self._seen[state] > self.options.visits:
            return None
        used = self._used.setdefault(state, {})
        careful = 0 < self.options.returns <= self._returns
        move = runner.move(state, used, careful=careful)
        if move is not None:
            rule, binding = move.suggestion.rule, move.suggestion.binding
            used[rule] = used.get(rule, frozenset()) | {binding}
        return move

    def _repair(self, node: Node, count: int) -> Generator[None, None, Node]:
        """A way on by breadth-first search, or back to where other rules applied."""
        found = yield from self._search(node)
        if found is not None:
            return found
        for _ in range(2**count):
            if node.parent is not None:
                node = node.parent
        return node

    def _search(self, node: Node) -> Generator[None, None, Node | None]:
        """The nearest state with fewer open goals, or unseen where a rule applies."""
        space, rules = self.growth.space, self.rules
        limit = rules.open_goals(node.state)
        queue: deque[tuple[int, tuple[int, ...]]] = deque([(node.state, ())])
        visited = {node.state}
        while queue and len(visited) <= self.options.reach:
            yield
            state, path = queue.popleft()
            legal = space.legal_steps(state)
            for step in legal[~rules.forbidden(state, legal)].tolist():
                after = space.successor(state, step)
                if after in visited:
                    continue
                visited.add(after)
                if self._is_better(after, limit):
                    return self.growth.grow(node, (*path, step), after, "breadth-first")
                queue.append((after, (*path, step)))
                if len(visited) > self.options.reach:
                    break
        return None

    def _is_better(self, state: int, limit: int) -> bool:
        open_goals = self.rules.open_goals(state)
        if open_goals < limit:
            return True
        unseen = open_goals == limit and state not in self._seen
        return unseen and self.rules.best(state) is not None


class _Unasked:
    """The policy of a search that asks for no branches."""

    pruned = True
    evaluated = 0

    def branches(self, states: Sequence[int]) -> list[Branches]:
        """Not to be called."""
        raise AssertionError("a rollout asks its rules, not a policy")
