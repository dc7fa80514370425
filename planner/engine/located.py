"""Errors of evaluation, told with the rule they happened in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.errors import InputError, RuleFileError

if TYPE_CHECKING:
    from planner.kr.rules import Rule

__all__ = ["in_rule"]


def in_rule(error: InputError, rule: Rule) -> InputError:
    """The same error with its place: a number that does not fit, a value that is none."""
    if isinstance(error, RuleFileError):
        return error
    if rule.span is None:
        return InputError(f"{error}, in the rule {rule}")
    return RuleFileError([Diagnostic("evaluation", f"{error}, in the rule {rule}", rule.span)])
