"""A rule-plus-neural reasoning planner: rules in YAML, checked plans out.

Nothing heavy is imported here: each public name is loaded from its room when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_EXPORTS: dict[str, str] = {
    "Plan": "planner.plan",
    "PlannerError": "planner.errors",
    "Step": "planner.plan",
}

if TYPE_CHECKING:
    from planner.errors import PlannerError
    from planner.plan import Plan, Step

__all__ = ["Plan", "PlannerError", "Step", "__version__"]


def __getattr__(name: str) -> object:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'planner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
