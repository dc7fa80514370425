"""Is a rule base or a task sound: names, arities, types, safety, strata?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from planner.diagnostics import Diagnostic, Span
    from planner.kr.task import RuleBase, Task

__all__ = ["check_rules", "check_task"]


def check_rules(
    rules: RuleBase,
    places: Mapping[tuple[str, str], Span] | None = None,
    broken: Collection[str] = (),
) -> tuple[Diagnostic, ...]:
    """All problems of a rule base, errors and warnings."""
    return ()


def check_task(
    task: Task,
    places: Mapping[tuple[str, str], Span] | None = None,
    broken: Collection[str] = (),
) -> tuple[Diagnostic, ...]:
    """All problems of a task and of its rule base, errors and warnings."""
    return ()
