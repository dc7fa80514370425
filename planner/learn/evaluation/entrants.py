"""Who takes part in the ablations: uniform, frequency, heuristic, learned rules, model, both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.guides.model_guide import ModelGuide
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.learn.evaluation.ablation import Entrant
from planner.learn.evaluation.rules_first import RulesFirst
from planner.search.alternate import Alternate
from planner.search.auto import choose
from planner.search.best_first import LazyGbfs
from planner.search.limits import Limits
from planner.search.regret import Regret
from planner.search.rule_steps import RuleSteps
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import RuleBase, Task
    from planner.learn.evaluation.ablation import Bounds

__all__ = ["entrants_of"]


def entrants_of(
    space: StepSpace,
    counts: StepModel | None = None,
    model: StepModel | None = None,
    learned: RuleBase | None = None,
    bounds: Bounds | None = None,
) -> dict[str, Entrant]:
    """The entrants by name, those left out that lack their model, their rules or a ground task.

    Policies are followed by the same regret search; ``heuristic`` is what `planner solve` does
    without a model, ``model + heuristic`` what it does with one, and ``h_ff`` one greedy queue.
    ``rules`` and ``rules + model`` begin as it does with rules.

    Args:
        space: of one of the tasks: a space without grounding has other defaults.
        counts: the frequency model.
        model: the step model.
        learned: the rule base with learned control rules.
        bounds: of their runs: a model that makes the rules' plan cheaper stops at either.
    """
    default = choose(space)
    found = {"uniform": Entrant(Regret(), Uniform())}
    if counts is not None:
        found["frequency"] = Entrant(Regret(), ModelGuide(counts))
    if isinstance(space, GroundSpace):
        found["h_ff"] = Entrant(LazyGbfs(), RelaxationGuide("h_ff"))
    found["heuristic"] = Entrant(default.search, default.guide)
    if learned is not None:
        found["rules"] = Entrant(RulesFirst(RuleSteps()), Uniform(), _with(learned))
    if learned is not None and model is not None:
        within = Limits(expansions=bounds.expansions, cpu_s=bounds.cpu_s) if bounds else None
        search = RulesFirst(Alternate(), within)
        found["rules + model"] = Entrant(search, ModelGuide(model), _with(learned))
    if model is not None:
        found["model"] = Entrant(Regret(), ModelGuide(model))
        found["model + heuristic"] = Entrant(Alternate(), ModelGuide(model), divides=True)
    return found


def _with(learned: RuleBase) -> Callable[[Task], Task]:
    return lambda task: replace(task, rules=learned)
