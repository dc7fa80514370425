"""Searches that take turns: the default with a step model.

Where control rules exist their rollout comes first and rule steps take a turn; then merged
regret and LevinTS alternate. Each keeps its own tree, so that each keeps its guarantee; a model's
answers are shared, so a state costs one call. Beside them runs what would run without a model
(`planner.search.relay`), with most of the work once the dive is over; where that cannot run
compiled, or expansions are limited, a queue ordered by h_FF with preferred operators takes turns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import LimitError, UnsupportedError
from planner.guides.control_rules import BoundControlRules
from planner.search.binding import bind_guide
from planner.search.deferred import EstimatePolicy, explore_deferred
from planner.search.fair import Share
from planner.search.levin import LevinTS
from planner.search.policy import EPSILON, StepPolicy, check_epsilon
from planner.search.regret import Regret
from planner.search.result import Outcome, Status
from planner.search.rule_steps import RulePolicy, RuleSteps
from planner.search.tree import Growth

if TYPE_CHECKING:
    from planner.interfaces import BoundGuide, Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Policy
    from planner.search.relay import RelayRun
    from planner.search.tree import Exploration

__all__ = ["Alternate"]

_SLICE = 30_000_000
"""Work of the relay between two looks at the model's searches, about 0.05 s."""


@dataclass(frozen=True, slots=True)
class Alternate:
    """Regret and LevinTS in turn, after and beside rule steps where there are rules; beside them
    what runs without a model.

    Attributes:
        head_start: expansions of the regret search before the others join, fewer where seconds
            are limited: its first dive is the greedy walk, which a good model needs no help with.
        dive: expansions of the regret search a turn, for each one of LevinTS.
        heuristic: expansions of the h_FF queue a turn where it stands in for the relay; 0 leaves
            out both.
        epsilon: mass of the uniform mixture.
        rollout: whether the rules are followed before they are searched; `False` where they led
            nowhere before.
    """

    head_start: int = 300
    dive: int = 4
    heuristic: int = 4
    epsilon: float = EPSILON
    rollout: bool = True

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.dive < 1 or self.heuristic < 0 or self.head_start < 0:
            raise ValueError("dive must be at least 1, heuristic and head_start at least 0")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "alternate"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until one of the searches ends with a plan or a proof."""
        try:
            bound = bind_guide(guide, space, meter)
        except LimitError:
            return Outcome(Status.LIMIT, reason=meter.exceeded(), search=self.name)
        relay = self._relay(space, meter, trace)
        turns = self._turns(space, guide, bound, meter, trace, queue=relay is None)
        beside = _Beside(relay, Share(bound, meter.limits))
        while True:
            reason = meter.exceeded()
            if reason:
                return _summary(turns, beside, Outcome(Status.LIMIT, reason=reason), self.name)
            if beside.is_due:
                ended = beside.advance()
            else:
                expanded = meter.expanded
                ended = _advance(turns)
                beside.share.book(meter.expanded - expanded, alone=turns.is_early)
                if ended is not None and ended.status is Status.EXHAUSTED and beside.is_running:
                    # Nothing is left of the guided searches, but the relay may still succeed.
                    ended = beside.advance()
            if ended is not None:
                return _summary(turns, beside, ended, self.name)

    def _relay(self, space: StepSpace, meter: Meter, trace: TraceSink | None) -> RelayRun | None:
        """What runs beside the guide; ``None`` where a queue in turns is fairer, or none wanted."""
        if not self.heuristic or meter.limits.expansions is not None:
            return None
        from planner.search.registry import parse_guide
        from planner.search.relay import Relay

        return Relay().begin(space, parse_guide("h_ff:costs=unit+landmarks"), meter, trace)

    def _turns(
        self,
        space: StepSpace,
        unbound: Guide,
        guide: BoundGuide,
        meter: Meter,
        trace: TraceSink | None,
        *,
        queue: bool,
    ) -> _Turns:
        numbers = [0]

        def grow(name: str, policy: Policy | None = None) -> Growth:
            own = policy or StepPolicy(space, guide, meter, epsilon=self.epsilon)
            return Growth(name, space, own, meter, trace, numbers)

        parts = []
        if any(not rule.forbids for rule in space.task.rules.control):
            rules = BoundControlRules(space)
            steps = StepPolicy(space, guide, meter, epsilon=self.epsilon)
            growth = grow("rules", RulePolicy(space, rules, steps))
            search = RuleSteps(rollout=self.rollout).explore(growth, rules, guide=unbound)
            parts.append(_Part(growth, search, patience=self.rollout))
        # LevinTS opens each round: then its bound times the round's expansions bounds them all.
        growth = grow("levin")
        parts.append(_Part(growth, LevinTS(self.epsilon).explore(growth)))
        growth = grow("regret")
        exploration = Regret(epsilon=self.epsilon).explore(growth)
        parts.append(_Part(growth, exploration, share=self.dive))
        early = len(parts) - 1, 0 if parts[0].patience else self.head_start
        if self.heuristic and queue:
            policy = EstimatePolicy(space, _heuristic(space), meter)
            growth = grow("h_ff", policy)
            parts.append(_Part(growth, explore_deferred(growth), share=self.heuristic))
        return _Turns(parts, early)


class _Beside:
    """The relay, as far as there is one, with its share of the work."""

    def __init__(self, relay: RelayRun | None, share: Share) -> None:
        self.share = share
        self.is_running = relay is not None
        self._relay = relay
        self._spent = False

    @property
    def is_due(self) -> bool:
        """Whether it has earned a slice of work."""
        return self.is_running and self.share.earned >= _SLICE

    def advance(self) -> Outcome | None:
        """A slice of work; the outcome when that ends everything."""
        assert self._relay is not None
        self._spent = True
        outcome = self._relay.advance(_SLICE)
        self.share.spend(_SLICE)
        if outcome is None or outcome.status in (Status.SOLVED, Status.UNSOLVABLE):
            return outcome if outcome is None else replace(outcome, search="relay")
        self.is_running = False
        return None

    def counts(self) -> Outcome | None:
        """What it spent, ``None`` where it had no turn."""
        return self._relay.outcome_so_far() if self._relay is not None and self._spent else None


@dataclass(slots=True)
class _Part:
    """One of the searches.

    Attributes:
        share: expansions a turn.
        patience: its first dive is not interrupted.
        running: False once it ended without plan or proof.
    """

    growth: Growth
    exploration: Exploration
    share: int = 1
    patience: bool = False
    running: bool = True


class _Turns:
    """Whose turn it is.

    Args:
        early: the part that begins alone, and its expansions before the others join.
    """

    def __init__(self, parts: list[_Part], early: tuple[int, int]) -> None:
        self.parts = parts
        self.current = 0
        self.made = 0
        self._early_part = parts[early[0]]
        self._early = early[1]
        self.head_start = early[1]

    def next_part(self) -> _Part | None:
        """The part to advance, ``None`` when none is left."""
        if self.is_early:
            self._early -= 1
            return self._early_part
        for _ in range(len(self.parts) + 1):
            part = self.parts[self.current]
            wants_more = part.patience or self.made < part.share
            if part.running and wants_more:
                self.made += 1
                return part
            self.current = (self.current + 1) % len(self.parts)
            self.made = 0
        return None

    @property
    def is_early(self) -> bool:
        """Whether the others still wait for the part that began alone."""
        return self._early > 0 and self._early_part.running

    @property
    def round_size(self) -> int:
        """Expansions of a full round."""
        return sum(part.share for part in self.parts)


def _advance(turns: _Turns) -> Outcome | None:
    """One expansion of the search whose turn it is; its outcome when that ends them all."""
    part = turns.next_part()
    if part is None:
        return Outcome(Status.EXHAUSTED)
    try:
        next(part.exploration)
    except StopIteration as end:
        outcome: Outcome = end.value
        if outcome.status in (Status.SOLVED, Status.UNSOLVABLE):
            is_bounded = outcome.bound is not None and turns.parts[0] is part
            rounds = turns.round_size * (outcome.bound or 0.0)
            bound = turns.head_start + rounds if is_bounded else None
            return replace(outcome, bound=bound)
        part.running = False
    # The rules' first dive is over once they expand anything but the next state of a rollout.
    part.patience = part.patience and part.growth.policy.evaluated == 0
    return None


def _summary(turns: _Turns, beside: _Beside, outcome: Outcome, name: str) -> Outcome:
    """An outcome with the counts of all searches."""
    growths = [part.growth for part in turns.parts]
    names = [growth.name for growth in growths]
    expanded = sum(growth.expanded for growth in growths)
    generated = sum(growth.generated for growth in growths)
    evaluated = sum(growth.policy.evaluated for growth in growths)
    counts = beside.counts()
    if counts is not None:
        names.append("relay")
        expanded, generated = expanded + counts.expanded, generated + counts.generated
        evaluated += counts.evaluated
    winner = f": {outcome.search}" if outcome.search else ""
    return replace(
        outcome,
        # The relay's expansions are in no round, so no bound holds for the sum.
        bound=outcome.bound if counts is None else None,
        expanded=expanded,
        generated=generated,
        evaluated=evaluated,
        model_calls=growths[0].meter.model_calls,
        search=f"{name} of {', '.join(names)}{winner}",
    )


def _heuristic(space: StepSpace) -> BoundGuide:
    """h_FF where the space is ground, else goal count."""
    from planner.guides.goal_count import GoalCount
    from planner.guides.relaxation import RelaxationGuide

    try:
        return RelaxationGuide("h_ff").bind(space)
    except UnsupportedError:
        return GoalCount().bind(space)
