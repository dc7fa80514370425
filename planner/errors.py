"""Every error the planner raises on purpose, and the exit codes of the command line.

::

    PlannerError                       70  something the planner itself got wrong
    ├── InputError                     31  a file or an argument is not what it must be
    │   ├── RuleFileError              31  located problems in a file (``.diagnostics``)
    │   ├── PlanFileError              31  a plan file cannot be read
    │   └── TraceFileError             31  the record of a search cannot be read
    ├── UnsupportedError               34  well-formed, but outside what this version does
    ├── MissingExtraError              31  an optional dependency is not installed
    ├── ModelError                     31  a model folder cannot be used
    │   └── ModelServerError           40  a model server cannot be reached or answers nonsense
    └── LimitError                     22  a bound on memory or size was met while preparing a task
        └── ModelBudgetError           24  a model server's budget of calls or tokens is used up
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.diagnostics import Diagnostic

__all__ = [
    "InputError",
    "LimitError",
    "MissingExtraError",
    "ModelBudgetError",
    "ModelError",
    "ModelServerError",
    "PlanFileError",
    "PlannerError",
    "RuleFileError",
    "TraceFileError",
    "UnsupportedError",
]


class PlannerError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line ends with."""

    exit_code = 70


class InputError(PlannerError):
    """A file or an argument is not what it must be."""

    exit_code = 31


class RuleFileError(InputError):
    """One or more located problems in rule bases, tasks or PDDL files.

    Attributes:
        diagnostics: every problem found in the run, errors and warnings, in file order.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(d.render() for d in self.diagnostics))


class PlanFileError(InputError):
    """A plan file cannot be read; the message names file and line."""


class TraceFileError(InputError):
    """The record of a search cannot be read; the message names file and line."""


class UnsupportedError(PlannerError):
    """The input is well-formed but asks for something this version does not do."""

    exit_code = 34

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join([message, *(d.render() for d in self.diagnostics)]))


class MissingExtraError(InputError):
    """An optional dependency is not installed; the message says how to install it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs `{package}`, which is not installed: pip install 'planner[{extra}]'"
        )


class ModelError(InputError):
    """A model folder cannot be used: missing files, wrong version, made for another rule base."""


class ModelServerError(ModelError):
    """A model server cannot be reached or answers nonsense."""

    exit_code = 40


class LimitError(PlannerError):
    """A bound on memory or size was met while preparing a task, before any search."""

    exit_code = 22


class ModelBudgetError(LimitError):
    """A model server's budget of calls or tokens is used up."""

    exit_code = 24
