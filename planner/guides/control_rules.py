"""Control rules, written or learned: which steps they prefer in a state, and which they forbid."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.goal_orders import GoalOrders
from planner.guides.part_rows import PartRows
from planner.guides.rule_body import RuleBody
from planner.guides.state_facts import StateFacts
from planner.guides.suggestions import RuleMatcher
from planner.guides.walks import Walks
from planner.interfaces import Judgement

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.suggestions import Suggestion
    from planner.guides.walk_map import GroundAction
    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.kr.control import ControlRule, GoalOrder

__all__ = ["BoundControlRules", "ControlRules", "RuleGround", "prohibitions"]

OTHERS = 0.1
"""Prior mass left to the steps that no rule prefers."""

_ANY_COST = (sys.maxsize, sys.maxsize)
_NONE: Mapping[int, frozenset[Row]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ControlRules:
    """A guide that follows the control rules of the task's rule base.

    It judges single states: between the steps of a rule with several, no rule may apply, and then
    it has no opinion. `planner.search.rule_steps.RuleSteps` runs rules as a whole.
    """

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "control"

    def bind(self, space: StepSpace) -> BoundControlRules:
        """Prepare the rules for a task.

        Raises:
            UnsupportedError: for a condition that cannot be matched.
        """
        return BoundControlRules(space)


class RuleGround:
    """What all control rules of a task share: facts, walks, goal orders, compiled bodies.

    Sets of rules are tried one after the other on one ground.
    """

    def __init__(self, space: StepSpace) -> None:
        self.space = space
        self.facts = StateFacts(space)
        self.walks = Walks(self.facts, space.task.rules)
        self._schemas = {action.name: i for i, action in enumerate(space.task.rules.actions)}
        self._rows = PartRows(self.facts.index)
        self._bodies: dict[object, RuleBody] = {}
        self._orders: dict[tuple[GoalOrder, ...], GoalOrders] = {}

    def body(self, rule: ControlRule) -> RuleBody:
        """A rule's condition and steps, compiled once."""
        key = (rule.pursues, rule.condition, rule.steps)
        found = self._bodies.get(key)
        if found is None:
            found = RuleBody(rule, self.facts, self.walks, self._schemas, self._rows)
            self._bodies[key] = found
        return found

    def orders(self, orders: tuple[GoalOrder, ...]) -> GoalOrders:
        """Order statements, matched against the goal once."""
        found = self._orders.get(orders)
        if found is None:
            rules = self.space.task.rules
            found = GoalOrders(orders, self.facts, rules.fluents | rules.derived)
            self._orders[orders] = found
        return found


class BoundControlRules:
    """The control rules of a task, asked state by state.

    Args:
        space: where the rules apply.
        only_forbidding: leave out the rules that prefer.
        control, orders: rules and order statements to use instead of the rule base's.
        ground: compiled rules that several sets of rules share.
        ties: draws among suggestions of equal cost; without it the first match wins.
    """

    def __init__(
        self,
        space: StepSpace,
        *,
        only_forbidding: bool = False,
        control: Sequence[ControlRule] | None = None,
        orders: tuple[GoalOrder, ...] | None = None,
        ground: RuleGround | None = None,
        ties: random.Random | None = None,
    ) -> None:
        self._space = space
        self._ground = ground or RuleGround(space)
        self.ties = ties
        rules = space.task.rules
        ready = [
            RuleMatcher.of(i, rule, self._ground.body(rule))
            for i, rule in enumerate(rules.control if control is None else control)
            if rule.forbids or not only_forbidding
        ]
        self._advice = sorted(
            (r for r in ready if not r.forbids), key=lambda r: (r.rank, r.least, r.number)
        )
        self._forbidding = [r for r in ready if r.forbids]
        self._by_number = {r.number: r for r in ready}
        self._order = self._ground.orders(rules.orders if orders is None else orders)
        self._order.start()
        self._state = -1

    @property
    def walks(self) -> Walks:
        """The movements of the task."""
        return self._ground.walks

    @property
    def advises(self) -> bool:
        """Whether any rule prefers steps."""
        return bool(self._advice)

    @property
    def forbids(self) -> bool:
        """Whether any rule forbids steps."""
        return bool(self._forbidding)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Prefer the first steps of the rules that apply, the cheapest most; forbid."""
        return [self._judge(state, legal) for state, legal in zip(states, steps, strict=True)]

    def suggestions(self, state: int) -> list[Suggestion]:
        """What the rules suggest, best first: by rank, cost, rule and binding."""
        self._move_to(state)
        found = [s for rule in self._advice for s in rule.suggestions()]
        return sorted(found, key=lambda s: s.key)

    def best(self, state: int, avoid: Mapping[int, frozenset[Row]] = _NONE) -> Suggestion | None:
        """The best suggestion.

        Args:
            state: where to look.
            avoid: by rule, bindings that are not wanted.
        """
        self._move_to(state)
        best: Suggestion | None = None
        below = _ANY_COST
        for rule in self._advice:
            if best is not None and rule.rank > best.rank:
                break
            if rule.least >= below:
                continue
            found = rule.best(below, avoid.get(rule.number, frozenset()), self.ties)
            if found is not None:
                best, below = found, (found.measure, found.total)
        return best

    def open_goals(self, state: int) -> int:
        """How many atoms of the goal do not hold."""
        self._move_to(state)
        return self._ground.facts.open_count

    def undoes(self, state: int, after: int) -> bool:
        """Whether a goal that is settled in a state is open in one after it.

        See `WaitingGoals.settled`.
        """
        # The state comes first: whoever asks is there, and goes on from the one after it.
        before = self.open_goals(state)
        if self.open_goals(after) <= before:
            return False
        facts = self._ground.facts
        self._move_to(state)
        settled = facts.waiting.settled()
        self._move_to(after)
        return any(facts.is_open(goal) for goal in settled)

    def actions(self, state: int, suggestion: Suggestion, *, first: bool) -> list[GroundAction]:
        """The actions of a suggestion with its walks filled in; -1 stands for any argument.

        Args:
            state: where the suggestion was made.
            suggestion: one of this state.
            first: stop after the first action that is no walk.
        """
        self._move_to(state)
        return self._by_number[suggestion.rule].body.actions(suggestion.binding, first=first)

    def runs_first(self, suggestion: Suggestion) -> bool:
        """Whether the rule is asked again after its first real step."""
        return self._by_number[suggestion.rule].first

    def name_of(self, suggestion: Suggestion) -> str:
        """The rule's name, or its number."""
        return self._by_number[suggestion.rule].name

    def fitting(self, action: GroundAction, legal: IntArray) -> IntArray:
        """Positions of the legal steps that an action with open arguments stands for."""
        positions: IntArray = np.flatnonzero(self._mask(action, legal)).astype(np.int32)
        return positions

    def forbidden(self, state: int, legal: IntArray) -> BoolArray:
        """Which legal steps a rule forbids."""
        mask: BoolArray = np.zeros(len(legal), dtype=np.bool_)
        if self._forbidding:
            self._move_to(state)
        for rule in self._forbidding:
            for found in rule.suggestions():
                for action in rule.body.actions(found.binding, first=False):
                    mask |= self._mask(action, legal)
        return mask

    def _move_to(self, state: int) -> None:
        if state == self._state:
            return
        self._ground.facts.move_to(state)
        self._ground.walks.new_state()
        self._order.update()
        self._state = state

    def _mask(self, action: GroundAction, legal: IntArray) -> BoolArray:
        schema, arguments = action
        table = self._space.steps
        mask: BoolArray = table.symbol[legal] == schema
        to_step = self._ground.facts.step_code
        for place, code in enumerate(arguments):
            if code >= 0:
                mask &= table.arguments[legal, place] == to_step(code)
        return mask

    def _judge(self, state: int, legal: IntArray) -> Judgement:
        if len(legal) == 0:
            return Judgement()
        preferred: BoolArray = np.zeros(len(legal), dtype=np.bool_)
        weight = np.zeros(len(legal))
        found = self.suggestions(state)
        for suggestion in (s for s in found if s.rank == found[0].rank):
            actions = self.actions(state, suggestion, first=True)
            mask = self._mask(actions[0], legal) if actions else np.zeros_like(preferred)
            preferred |= mask
            weight[mask] = np.maximum(weight[mask], math.exp(found[0].measure - suggestion.measure))
        prior = np.full(len(legal), 1.0 / len(legal))
        if weight.any():
            prior = (1 - OTHERS) * weight / weight.sum() + OTHERS * prior
        with np.errstate(divide="ignore"):
            log_prior = np.log(np.where(self.forbidden(state, legal), 0.0, prior))
        return Judgement(log_prior=log_prior, preferred=preferred if preferred.any() else None)


def prohibitions(space: StepSpace) -> BoundControlRules | None:
    """The rules that forbid, which every search obeys; ``None`` when there are none."""
    if not any(rule.forbids for rule in space.task.rules.control):
        return None
    return BoundControlRules(space, only_forbidding=True)
