"""Searches and guides by name, as written on the command line.

``NAME[:key=value,...]`` names a search with options, ``NAME[:key=value]+NAME`` guides that speak
together. Names and keys that do not exist are errors that list those that do.
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from planner.diagnostics import suggest
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.interfaces import Guide, StepModel
    from planner.search.protocol import Search

__all__ = ["GUIDES", "SEARCHES", "check_names", "parse_guide", "parse_search"]

SEARCHES: Mapping[str, str] = MappingProxyType(
    {
        "gbfs": "planner.search.best_first:Gbfs",
        "lazy": "planner.search.best_first:LazyGbfs",
        "relay": "planner.search.relay:Relay",
        "astar": "planner.search.best_first:Astar",
        "wastar": "planner.search.best_first:WeightedAstar",
        "alternate": "planner.search.alternate:Alternate",
        "regret": "planner.search.regret:Regret",
        "levin": "planner.search.levin:LevinTS",
        "phs": "planner.search.levin:PHS",
        "beam": "planner.search.beam:Beam",
        "mcts": "planner.search.mcts:Mcts",
        "gumbel": "planner.search.gumbel:Gumbel",
        "bandit": "planner.search.bandit:Bandit",
        "rollout": "planner.search.rollout:RuleRollout",
        "rules": "planner.search.rule_steps:RuleSteps",
    }
)
"""Where each search is defined; modules are imported when named."""

GUIDES: Mapping[str, str] = MappingProxyType(
    {
        "uniform": "planner.guides.uniform:Uniform",
        "goal_count": "planner.guides.goal_count:GoalCount",
        "goal_numbers": "planner.guides.goal_numbers:GoalNumbers",
        "h_max": "planner.guides.relaxation:RelaxationGuide",
        "h_add": "planner.guides.relaxation:RelaxationGuide",
        "h_ff": "planner.guides.relaxation:RelaxationGuide",
        "lm_cut": "planner.guides.lm_cut.guide:LmCut",
        "landmarks": "planner.guides.landmarks.guide:LandmarkCount",
        "novelty": "planner.guides.novelty.guide:NoveltyGuide",
        "frequency": "planner.guides.frequency:Frequency",
        "control": "planner.guides.control_rules:ControlRules",
    }
)
"""Where each guide is defined; ``model`` is the step model that was given."""

_MODEL = "model"

_CHOICES = ("auto", "lifted")
"""Names of searches that `planner.solve` answers itself."""

_ELSEWHERE = (*_CHOICES, "portfolio")
"""What a misspelt name of a search may have meant, besides searches."""


def parse_search(text: str) -> Search:
    """Read ``NAME[:key=value,...]``.

    >>> parse_search("wastar:weight=3")
    WeightedAstar(weight=3)

    Raises:
        InputError: for an unknown name or key, or a value of the wrong kind.
    """
    name, options = _split(text)
    return cast("Search", _make("search", name, SEARCHES, options))


def parse_guide(text: str, model: StepModel | None = None) -> Guide:
    """Read ``NAME[:key=value,...][+NAME...]``.

    >>> parse_guide("h_ff:costs=unit+goal_count").name
    'h_ff+goal_count'

    The name ``model`` stands for the step model that is given.

    Raises:
        InputError: for an unknown name or key, a value of the wrong kind, or ``model`` without one.
    """
    guides = tuple(_parse_one(part, model) for part in text.split("+"))
    if len(guides) == 1:
        return guides[0]
    from planner.guides.combine import Combined

    return Combined(guides)


def check_names(search: Search | str, guide: Guide | StepModel | str | None) -> None:
    """Refuse names that `planner.solve` would refuse later, the guide ``model`` left out.

    Raises:
        InputError: as `parse_search` and `parse_guide`.
    """
    if isinstance(search, str) and search not in _CHOICES:
        parse_search(search)
    if isinstance(guide, str) and _MODEL not in guide.split("+"):
        parse_guide(guide)


def _parse_one(text: str, model: StepModel | None) -> Guide:
    name, options = _split(text)
    if name == _MODEL:
        if model is None:
            raise InputError("the guide `model` needs a step model: give --model DIR")
        from planner.guides.model_guide import ModelGuide

        return ModelGuide(model)
    known = {**GUIDES, _MODEL: ""} if model is not None else GUIDES
    if GUIDES.get(name) == GUIDES["h_ff"]:
        options = {"name": name, **options}
    return cast("Guide", _make("guide", name, known, options))


def _split(text: str) -> tuple[str, dict[str, str]]:
    name, _, rest = text.strip().partition(":")
    options = {}
    for option in rest.split(",") if rest else ():
        key, equals, value = option.partition("=")
        if not equals:
            raise InputError(f"`{option}` in `{text}` is not an option; write key=value")
        options[key.strip()] = value.strip()
    return name.strip(), options


def _make(what: str, name: str, known: Mapping[str, str], options: Mapping[str, str]) -> object:
    if name not in known:
        others = _ELSEWHERE if what == "search" else ()
        raise InputError(_unknown(what, name, [*known, *others]))
    module, _, attribute = known[name].partition(":")
    # Any: the table above says what each entry makes.
    maker: Callable[..., object] = getattr(import_module(module), attribute)
    kinds = {n: str(parameter.annotation) for n, parameter in signature(maker).parameters.items()}
    arguments = {}
    for key, value in options.items():
        if key not in kinds:
            raise InputError(_unknown(f"option of {name}", key, kinds))
        arguments[key] = _value(f"{name}:{key}", value, kinds[key])
    try:
        return maker(**arguments)
    except ValueError as error:
        raise InputError(f"{what} {name}: {error}") from error


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    hint = suggest(name, names)
    start = f"unknown {what} `{name}`" + (f"; {hint} There are" if hint else "; there are")
    return f"{start}: {', '.join(names) or 'none'}"


def _value(where: str, text: str, kind: str) -> object:
    """Read an option's value as the field's annotation asks."""
    if "None" in kind and text.lower() in ("none", ""):
        return None
    try:
        if kind.startswith("bool"):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("float"):
            return float(text)
    except (KeyError, ValueError):
        kinds = kind.replace(" | None", " or none")
        raise InputError(f"{where} must be of type {kinds}, not `{text}`") from None
    return text
