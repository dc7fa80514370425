"""The choice of a search and its guides, and a sentence on why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from planner.search.registry import parse_guide, parse_search
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepModel, StepSpace
    from planner.search.protocol import Search

__all__ = ["Choice", "choose"]

_BY_ESTIMATE = frozenset({"gbfs", "lazy"})
_BY_RULES = frozenset({"rollout", "rules"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A search with the guide it follows.

    Attributes:
        description: both by name, and who chose them.
    """

    search: Search
    guide: Guide
    description: str


def choose(
    space: StepSpace,
    search: Search | str = "auto",
    guide: Guide | StepModel | str | None = None,
    model: StepModel | None = None,
    *,
    followed: bool = False,
) -> Choice:
    """Fill in what was not asked for.

    Without a model: the relay of greedy searches by h_FF and landmarks, goals one by one, and width
    search. With a model, a guide or control rules: the searches that follow them, each in turn,
    with the relay beside them. ``followed``: control rules were followed already, and led nowhere.

    Raises:
        InputError: for unknown names and options.
    """
    if guide is not None and not isinstance(guide, str) and hasattr(guide, "kind"):
        model, guide = cast("StepModel", guide), "model"
    has_rules = any(not rule.forbids for rule in space.task.rules.control)
    reason = ""
    if isinstance(search, str):
        if search == "auto":
            if is_open(space.task) and model is None and not has_rules:
                search, reason = parse_search("gbfs"), "chosen: actions create or compute"
            else:
                search, reason = _automatic(
                    model is not None or guide is not None, has_rules, followed=followed
                )
        else:
            search = parse_search(search)
    if followed:
        from planner.search.rule_steps import RuleSteps

        search = replace(search, rollout=False) if isinstance(search, RuleSteps) else search
    if guide is None:
        open_task = is_open(space.task)
        chosen = _open_guide(search, model) if open_task else _default_guide(search, model)
    elif isinstance(guide, str):
        chosen = parse_guide(guide, model)
    else:
        chosen = guide
    description = f"{search.name} with {chosen.name}" + (f" ({reason})" if reason else "")
    return Choice(search, chosen, description)


def _automatic(has_guide: bool, has_rules: bool, *, followed: bool) -> tuple[Search, str]:
    if has_guide or has_rules:
        from planner.search.alternate import Alternate

        rules = "control rules" if has_rules else ""
        guide = "a guide" if has_guide else ""
        reasons = " and ".join(filter(None, (rules, guide)))
        return Alternate(rollout=not followed), f"chosen for {reasons}"
    from planner.search.relay import Relay

    return Relay(), "chosen: no control rules and no model"


def _default_guide(search: Search, model: StepModel | None) -> Guide:
    """What a search follows when nothing was said."""
    name = search.name
    if name == "astar":
        return parse_guide("lm_cut")
    if name == "relay":
        return parse_guide("h_ff:costs=unit+landmarks")
    if name in _BY_ESTIMATE:
        # Greedy searches look for any plan: counting steps finds one sooner than adding costs.
        return parse_guide("h_ff:costs=unit")
    if name == "wastar":
        return parse_guide("h_ff")
    if model is not None:
        return parse_guide("model", model)
    if name in _BY_RULES:
        return parse_guide("uniform")
    # Searches by a policy: h_FF of the successors makes one out of the uniform prior.
    from planner.guides.combine import Bayes

    return Bayes(parse_guide("uniform"), parse_guide("h_ff"))


def _open_guide(search: Search, model: StepModel | None) -> Guide:
    """What a search follows where nothing is grounded: numbers of the goal, then its atoms."""
    estimate = parse_guide("goal_numbers+goal_count")
    if search.name in _BY_ESTIMATE | {"astar", "wastar"}:
        return parse_guide("uniform") if search.name == "astar" else estimate
    if model is not None:
        return parse_guide("model", model)
    from planner.guides.combine import Bayes

    return Bayes(parse_guide("uniform"), estimate)
