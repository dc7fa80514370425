"""A rule-plus-neural reasoning planner: rules in YAML, checked plans out.

Nothing heavy is imported here: each public name is loaded from its room when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_EXPORTS: dict[str, str] = {
    "Astar": "planner.search.best_first",
    "Beam": "planner.search.beam",
    "Database": "planner.tables.database",
    "Diagnostic": "planner.diagnostics",
    "FunctionGuide": "planner.guides.function",
    "Gbfs": "planner.search.best_first",
    "InputError": "planner.errors",
    "LazyGbfs": "planner.search.best_first",
    "LevinTS": "planner.search.levin",
    "Limits": "planner.search.limits",
    "Live": "planner.live",
    "Mcts": "planner.search.mcts",
    "Meter": "planner.search.limits",
    "Plan": "planner.plan",
    "PlannerError": "planner.errors",
    "Regret": "planner.search.regret",
    "Result": "planner.solve",
    "RuleBase": "planner.kr.task",
    "RuleFileError": "planner.errors",
    "Status": "planner.search.result",
    "Step": "planner.plan",
    "Task": "planner.kr.task",
    "UnsupportedError": "planner.errors",
    "WeightedAstar": "planner.search.best_first",
    "World": "planner.spaces.world",
    "load_model": "planner.models.pretrained",
    "load_pddl": "planner.io.pddl.load",
    "load_rules": "planner.io.load",
    "load_task": "planner.io.load",
    "load_task_text": "planner.io.load",
    "solve": "planner.solve",
    "validate": "planner.validate",
}

if TYPE_CHECKING:
    from planner.diagnostics import Diagnostic
    from planner.errors import InputError, PlannerError, RuleFileError, UnsupportedError
    from planner.guides.function import FunctionGuide
    from planner.io.load import load_rules, load_task, load_task_text
    from planner.io.pddl.load import load_pddl
    from planner.kr.task import RuleBase, Task
    from planner.live import Live
    from planner.models.pretrained import load_model
    from planner.plan import Plan, Step
    from planner.search.beam import Beam
    from planner.search.best_first import Astar, Gbfs, LazyGbfs, WeightedAstar
    from planner.search.levin import LevinTS
    from planner.search.limits import Limits, Meter
    from planner.search.mcts import Mcts
    from planner.search.regret import Regret
    from planner.search.result import Status
    from planner.solve import Result, solve
    from planner.spaces.world import World
    from planner.tables.database import Database
    from planner.validate import validate

__all__ = [
    "Astar",
    "Beam",
    "Database",
    "Diagnostic",
    "FunctionGuide",
    "Gbfs",
    "InputError",
    "LazyGbfs",
    "LevinTS",
    "Limits",
    "Live",
    "Mcts",
    "Meter",
    "Plan",
    "PlannerError",
    "Regret",
    "Result",
    "RuleBase",
    "RuleFileError",
    "Status",
    "Step",
    "Task",
    "UnsupportedError",
    "WeightedAstar",
    "World",
    "__version__",
    "load_model",
    "load_pddl",
    "load_rules",
    "load_task",
    "load_task_text",
    "solve",
    "validate",
]


def __getattr__(name: str) -> object:
    if name in _EXPORTS:
        value = getattr(import_module(_EXPORTS[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'planner' has no attribute {name!r}")


class _Package(ModuleType):
    """Importing ``planner.validate`` or ``planner.solve`` would bind the module over the function
    of that name; the function stays what ``planner.validate`` means."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _EXPORTS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted(__all__)
