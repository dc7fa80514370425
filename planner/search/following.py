"""Following control rules: the first thing tried where a task has such rules.

It needs no grounding, but for derived facts that steps rest on and the like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.search.portion import Portion, booked, time_share

if TYPE_CHECKING:
    from planner.guides.control_rules import BoundControlRules
    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import Task
    from planner.search.limits import Limits, Meter
    from planner.search.protocol import Search
    from planner.search.result import Outcome
    from planner.search.tree import Node
    from planner.spaces.ground import GroundSpace
    from planner.spaces.lifted import LiftedSpace

__all__ = ["Followed", "follow_ground", "follow_rules", "without_advice"]

_SHARE = 0.7
"""Part of the time left that the rules may take; the rest is for search."""

_MOST = 0.92
"""The same where the rules will be done by then if they go on as before."""

_PACE = ((0.25, 2.0), (_SHARE, 1.0))
"""Parts of the time left after which rules are given up that, going on as before, would take more
than so many times the most they may take."""

_PATIENCE = 0.1
"""Part of the time left after which rules that meet no further goal are given up."""

_ADVICE = 0.3
"""Part of the time left that a step model may take to choose among what the rules suggest."""

_ONWARD = 0.6
"""Part of the time left that a search from where rules led may take, and its expansions."""

_ONWARD_EXPANSIONS = 50_000

_NEARLY = 4
"""Such a search is worth its time where at most one goal in so many is still open."""

_BLIND_ADVICE = 0.5
"""The same where the rules have no plan."""

_BLIND = 20_000_000_000
"""Estimated work of a model where the rules have no plan, in billionths of a CPU second."""

_PAID = ("served",)
"""Kinds of models whose answers cost money: not asked where rules have a plan for nothing."""

_SEARCHES = ("auto", "rules", "rollout")


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following rules.

    Attributes:
        steps: the plan, ``None`` where the rules led to none.
        facts: facts of the initial state, static ones included.
        searched: whether the rules met most goals, and a search the others.
        improved: whether a short search beside the rules found a cheaper plan than they did.
        is_ground: whether the task was grounded for it.
    """

    space: StepSpace
    outcome: Outcome
    steps: tuple[int, ...] | None
    facts: int
    searched: bool = False
    improved: bool = False
    is_ground: bool = False

    @property
    def description(self) -> str:
        """What was done, for a person."""
        asked = ", a model chooses among what they suggest" if self.outcome.model_calls else ""
        after = ", then search from where they led" if self.searched else ""
        beside = ", and a short search, which found a cheaper plan" if self.improved else ""
        how = "on a ground task" if self.is_ground else "without grounding"
        return f"rules {how}{asked}{after}{beside} (chosen for control rules)"


class _Patience(Portion):
    """A part of the time that also stops when nothing gets better for a part of the limit.

    Args:
        whole: the meter of the run.
        goals: open goals at first.
        expansions: at most.

    Attributes:
        furthest: the node with the fewest open goals so far, if any had fewer than the first.
        open_goals: how many were open there.
    """

    def __init__(self, whole: Meter, goals: int, expansions: int | None = None) -> None:
        super().__init__(whole, replace(time_share(whole, _MOST), expansions=expansions))
        self._left = time_share(whole, 1.0)
        self._patience = time_share(whole, _PATIENCE)
        self._last = (0.0, 0.0)
        self.furthest: Node | None = None
        self.open_goals = self._goals = goals

    def progressed(self, node: Node, open_goals: int) -> None:
        """Be patient again, and remember the way."""
        self._last = (self.wall_s, self.cpu_s)
        self.furthest, self.open_goals = node, open_goals

    def exceeded(self) -> str:
        """The reason to stop."""
        patience = (self._patience.time_s, self._patience.cpu_s)
        spent = zip((self.wall_s, self.cpu_s), self._last, patience, strict=True)
        stalled = any(most is not None and now - last > most for now, last, most in spent)
        return "time" if stalled or self._is_late() else super().exceeded()

    def _is_late(self) -> bool:
        """Whether the goals met so far do not promise the others in time."""
        part = (self._goals - self.open_goals) / max(1, self._goals)
        spent = ((self.wall_s, self._left.time_s), (self.cpu_s, self._left.cpu_s))
        return any(
            left is not None and now > after * left and now > often * _MOST * left * part
            for now, left in spent
            for after, often in _PACE
        )


def without_advice(task: Task) -> Task:
    """The task with those of its control rules alone that forbid steps."""
    forbidding = tuple(rule for rule in task.rules.control if rule.forbids)
    return replace(task, rules=replace(task.rules, control=forbidding, orders=()))


def follow_rules(
    task: Task,
    search: Search | str,
    meter: Meter,
    seed: int = 0,
    model: StepModel | None = None,
) -> Followed | None:
    """A plan by the task's control rules without grounding; ``None`` where that is not possible.

    Args:
        task: what to solve.
        search: nothing is tried when a search by another method is asked for.
        meter: its expansions are counted; a part of its limits is left over.
        seed: draws among ties.
        model: chooses among the rules' bindings, as far as that makes the plan cheaper.
    """
    if search not in _SEARCHES or not _advises(task):
        return None
    from planner.guides.control_rules import BoundControlRules
    from planner.spaces.lifted import LiftedSpace

    try:
        space = LiftedSpace(task)
        rules = BoundControlRules(space)
    except UnsupportedError:
        return None
    facts = len(space.static) + len(space.true_atoms(space.initial()))
    led = _followed(space, rules, search, meter, seed, model)
    return Followed(space, led.outcome, led.steps, facts, led.searched, led.improved)


def follow_ground(
    space: GroundSpace,
    search: Search | str,
    meter: Meter,
    seed: int = 0,
    model: StepModel | None = None,
) -> Followed | None:
    """The same on a task that had to be grounded; the search `rollout` does so by itself."""
    if search not in _SEARCHES or search == "rollout" or not _advises(space.task):
        return None
    from planner.guides.control_rules import BoundControlRules

    rules = BoundControlRules(space)
    facts = len(space.atoms) + len(space.static)
    led = _followed(space, rules, search, meter, seed, model)
    return Followed(
        space, led.outcome, led.steps, facts, led.searched, led.improved, is_ground=True
    )


def _followed(
    space: LiftedSpace | GroundSpace,
    rules: BoundControlRules,
    search: Search | str,
    meter: Meter,
    seed: int,
    model: StepModel | None,
) -> _Led:
    """Follow rules, make the plan shorter, and ask the model."""
    from planner.search.second_opinion import cheaper_plan

    asked = model if model is not None and search != "rollout" and model.kind not in _PAID else None
    # Where expansions are limited, half of them are the model's.
    left = meter.left().expansions
    most = left // 2 if asked is not None and left is not None else None
    goes_on = search == "auto" and not rules.forbids
    led = _led(space, rules, meter, seed, most, asked, goes_on=goes_on)
    outcome, steps = led.outcome, led.steps
    if steps is not None and not rules.forbids and _has_leisure(meter):
        steps = _shortened(space, rules, steps, meter)
    other = None
    if steps is not None and asked is None and goes_on and _has_leisure(meter):
        other = cheaper_plan(space, steps, meter)
    if asked is not None:
        is_near = led.open_goals * _NEARLY <= rules.open_goals(space.initial())
        outcome, steps = _advised(space, rules, asked, outcome, steps, meter, is_near=is_near)
    return replace(led, outcome=outcome, steps=other or steps, improved=other is not None)


def _advises(task: Task) -> bool:
    return any(not rule.forbids for rule in task.rules.control)


def _shortened(
    space: LiftedSpace | GroundSpace, rules: BoundControlRules, steps: tuple[int, ...], meter: Meter
) -> tuple[int, ...]:
    """A plan that is no dearer; errands are scheduled where conditions are atoms alone."""
    from planner.search.errands.shorten import shorten, without_loops
    from planner.spaces.lifted import LiftedSpace

    if not isinstance(space, LiftedSpace):
        return without_loops(space, steps)
    return shorten(space, rules.walks, steps, Portion(meter, time_share(meter, _SHARE)))


@dataclass(frozen=True, slots=True)
class _Led:
    """Where rules led: the fewest open goals, and the steps of a plan if search met these."""

    outcome: Outcome
    steps: tuple[int, ...] | None
    open_goals: int
    searched: bool = False
    improved: bool = False


def _led(
    space: LiftedSpace | GroundSpace,
    rules: BoundControlRules,
    meter: Meter,
    seed: int,
    expansions: int | None,
    model: StepModel | None,
    *,
    goes_on: bool,
) -> _Led:
    """Follow rules; from where they nearly reached the goal go on by search, before starting anew.

    A search for a few last goals takes a part of what another rollout with other ties takes.
    """
    from planner.search.rollout import RuleRollout

    goals = rules.open_goals(space.initial())
    rollouts = [RuleRollout(restarts=0), RuleRollout(skipped=1)] if goes_on else [RuleRollout()]
    nearest = goals
    for rollout in rollouts:
        with booked(_Patience(meter, goals, expansions)) as share:
            outcome = rollout.follow(space, rules, share, seed=seed, progressed=share.progressed)
            stopped = bool(share.exceeded())
        if outcome.steps is not None:
            return _Led(outcome, outcome.steps, 0)
        if goes_on and (share.open_goals < nearest or nearest == goals):
            steps = _onward(space, share, goals, meter, model)
            if steps is not None:
                return _Led(outcome, steps, share.open_goals, searched=True)
        nearest = min(nearest, share.open_goals)
        if stopped:
            break
    return _Led(outcome, None, nearest)


def _has_leisure(meter: Meter) -> bool:
    """Whether more time is left than was spent: late, a plan counts more than a shorter one."""
    limits = meter.limits
    spent = ((limits.time_s, meter.wall_s), (limits.cpu_s, meter.cpu_s))
    return all(most is None or now <= most / 2 for most, now in spent)


def _onward(
    space: LiftedSpace | GroundSpace,
    followed: _Patience,
    goals: int,
    meter: Meter,
    model: StepModel | None,
) -> tuple[int, ...] | None:
    """A plan by search from where the rules led, if they met most goals."""
    from planner.search.onward import go_on

    node = followed.furthest
    if node is None or not goals or followed.open_goals * _NEARLY > goals or meter.exceeded():
        return None
    limits = replace(time_share(meter, _ONWARD), expansions=_ONWARD_EXPANSIONS)
    with booked(Portion(meter, limits)) as share:
        return go_on(space, node.path(), share, model)


def _advised(
    space: LiftedSpace | GroundSpace,
    rules: BoundControlRules,
    model: StepModel,
    outcome: Outcome,
    steps: tuple[int, ...] | None,
    meter: Meter,
    *,
    is_near: bool,
) -> tuple[Outcome, tuple[int, ...] | None]:
    """What a model makes of the rules: the outcome with its counts, and the cheapest plan.

    ``is_near`` says whether the rules met most goals.
    """
    from planner.guides.model_guide import ModelGuide
    from planner.search.policy import StepPolicy
    from planner.search.rule_dives import RuleDives
    from planner.search.tree import Growth

    guide = ModelGuide(model)
    part = _BLIND_ADVICE if steps is None else _ADVICE
    with booked(Portion(meter, time_share(meter, part))) as share:
        policy = StepPolicy(space, guide.bind(space), share)
        growth = Growth("rules", space, policy, share)
        dives = RuleDives()
        if steps is None:
            dives = RuleDives(_blind_work(share.limits), plain_first=not is_near)
        found = dives.finish(growth, rules, guide, steps)
    counted = replace(
        outcome,
        expanded=outcome.expanded + growth.expanded,
        generated=outcome.generated + growth.generated,
        model_calls=outcome.model_calls + share.model_calls,
    )
    return counted, found


def _blind_work(limits: Limits) -> int:
    """What all dives may take where there is no plan yet, so that each has its part of the time."""
    seconds = [s for s in (limits.cpu_s, limits.time_s) if s is not None]
    return min([_BLIND, *(int(1e9 * s) for s in seconds)])
