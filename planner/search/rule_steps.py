"""Search whose moves are control rules with their variables bound and their walks filled in.

`RuleSteps` begins with the rollout of `planner.search.rollout` and lets a step model, if that is
its guide, choose among bindings (`planner.search.rule_dives`). Without a plan it goes on from the
root by regret, over rule steps mixed with the legal steps of the space, so that it is as complete
as any search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.control_rules import BoundControlRules
from planner.guides.model_guide import ModelGuide
from planner.search.policy import EPSILON, Branches, StepPolicy, check_epsilon
from planner.search.regret import Regret
from planner.search.result import Status
from planner.search.rollout import RuleRollout, RuleRunner
from planner.search.rule_dives import RuleDives
from planner.search.tree import Growth, drive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray, Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.result import Outcome
    from planner.search.tree import Exploration

__all__ = ["RulePolicy", "RuleRollout", "RuleSteps"]

RAW = 0.05
"""Mass of the legal steps of the space beside the rule steps."""

WIDEST = 100
"""Rule steps of a state that become moves; the legal steps stand in for the rest."""

RANK_STEP = 4.0
"""A rank counts as much as so many steps of cost."""


class RulePolicy:
    """Rule steps as moves, the likelier the better their rank and the smaller their cost.

    A guide with a prior multiplies the weight of a rule step by its probability of the first
    step, which decides where bindings tie.
    """

    def __init__(
        self,
        space: StepSpace,
        rules: BoundControlRules,
        steps: StepPolicy,
        *,
        raw: float = RAW,
    ) -> None:
        self._space = space
        self._rules = rules
        self._runner = RuleRunner(space, rules)
        self._steps = steps
        self._raw = raw

    @property
    def pruned(self) -> bool:
        """Whether a guide or a rule forbade a step."""
        return self._steps.pruned

    @property
    def evaluated(self) -> int:
        """States judged so far."""
        return self._steps.evaluated

    def branches(self, states: Sequence[int]) -> list[Branches]:
        """The moves of each state."""
        given = self._steps.branches(states)
        return [self._mix(state, plain) for state, plain in zip(states, given, strict=True)]

    def _mix(self, state: int, plain: Branches) -> Branches:
        if len(plain) == 0:
            return plain
        moves = self._rule_moves(state, plain)
        notes = [note for _, note, _ in moves]
        macros = [move for move, _, _ in moves]
        raw = plain.log_prob
        weight = np.array([logit for _, _, logit in moves])
        if len(moves) and len(raw):
            weight = np.log1p(-self._raw) + weight - np.logaddexp.reduce(weight)
            raw = np.log(self._raw) + raw - np.logaddexp.reduce(raw)
        elif len(moves):
            weight = weight - np.logaddexp.reduce(weight)
        macros += [(step,) for step in plain.steps.tolist()]
        notes += [""] * len(raw)
        log_prob: FloatArray = np.concatenate([weight, raw])
        order = np.argsort(-log_prob, kind="stable")
        return Branches(
            log_prob[order],
            plain.value,
            plain.steps[:0],
            plain.legal,
            plain.log_prior,
            tuple(macros[i] for i in order),
            tuple(notes[i] for i in order),
        )

    def _rule_moves(self, state: int, plain: Branches) -> list[tuple[tuple[int, ...], str, float]]:
        """Moves with their notes and logits; of moves into one state only the best."""
        suggestions = self._rules.suggestions(state)
        opinion = {}
        if plain.log_prior is not None:
            opinion = dict(zip(plain.steps.tolist(), plain.log_prob.tolist(), strict=True))
        moves = []
        reached = {state}
        for found in suggestions[:WIDEST]:
            steps, states = self._runner.run(state, found)
            if not steps or states[-1] in reached:
                continue
            reached.add(states[-1])
            worse = found.measure - suggestions[0].measure
            logit = -RANK_STEP * (found.rank - suggestions[0].rank) - max(worse, 0)
            logit += opinion.get(steps[0], 0.0)
            moves.append((tuple(steps), self._rules.name_of(found), logit))
        return moves


@dataclass(frozen=True, slots=True)
class RuleSteps:
    """The rollout, then regret search over rule steps and legal steps.

    Attributes:
        raw: mass of the legal steps beside the rule steps.
        epsilon: mass of the uniform mixture among the legal steps.
        rollout: whether to begin with the rollout and a model's dives; `False` where these were
            tried before.
    """

    raw: float = RAW
    epsilon: float = EPSILON
    rollout: bool = True

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if not 0 < self.raw < 1:
            raise ValueError(f"raw must lie between 0 and 1, not {self.raw}")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "rules"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan."""
        rules = BoundControlRules(space)
        steps = StepPolicy(space, guide.bind(space), meter, epsilon=self.epsilon)
        policy = RulePolicy(space, rules, steps, raw=self.raw)
        growth = Growth(self.name, space, policy, meter, trace)
        return drive(self.explore(growth, rules, seed, guide), growth)

    def explore(
        self,
        growth: Growth,
        rules: BoundControlRules,
        seed: int = 0,
        guide: Guide | None = None,
    ) -> Exploration:
        """The search itself.

        Args:
            growth: its policy is a `RulePolicy`.
            rules: bound to its space.
            seed: draws among ties.
            guide: of the search; a step model's also chooses among the rules' bindings.
        """
        if not self.rollout:
            return (yield from Regret().explore(growth))
        outcome = yield from RuleRollout().explore(growth, rules, seed)
        plan = outcome.steps
        if isinstance(guide, ModelGuide) and rules.advises:
            plan = RuleDives().finish(growth, rules, guide, plan)
        if plan is not None:
            cost = int(growth.space.costs[list(plan)].sum())
            return growth.outcome(Status.SOLVED, plan, cost)
        return (yield from Regret().explore(growth))
