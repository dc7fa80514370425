"""What is wrong with the files of one run, gathered before anything is raised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, Severity
from planner.errors import RuleFileError, UnsupportedError

if TYPE_CHECKING:
    from planner.diagnostics import Span

__all__ = ["Report"]

_ERROR_LIMIT = 100


@dataclass(slots=True)
class Report:
    """Errors, warnings and uses of what this version does not do, in order of discovery."""

    errors: list[Diagnostic] = field(default_factory=list)
    unsupported_uses: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    _warned: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        """Whether further errors would be dropped."""
        return len(self.errors) >= _ERROR_LIMIT

    def is_known(self, code: str, message: str) -> bool:
        """Whether a warning would be dropped: it was given before, or there are too many."""
        return (code, message) in self._warned or len(self._warned) >= _ERROR_LIMIT

    def error(self, code: str, message: str, span: Span, suggestion: str = "") -> None:
        """Note an error; past a hundred they are dropped, the first ones tell enough."""
        if not self.is_full:
            self.errors.append(Diagnostic(code, message, span, suggestion))

    def unsupported(self, construct: str, span: Span, suggestion: str = "") -> None:
        """Note a construct that is PDDL but outside what this version does."""
        if len(self.unsupported_uses) < _ERROR_LIMIT:
            message = f"{construct} are not supported"
            self.unsupported_uses.append(Diagnostic("unsupported", message, span, suggestion))

    def warn(self, code: str, message: str, span: Span, suggestion: str = "") -> None:
        """Note a warning, once for equal messages."""
        if not self.is_known(code, message):
            self._warned.add((code, message))
            self.warnings.append(Diagnostic(code, message, span, suggestion, Severity.WARNING))

    def finish(self) -> tuple[Diagnostic, ...]:
        """Raise when there is an error, else return the warnings.

        Raises:
            UnsupportedError: when something is outside what this version does; the plain errors
                are among its diagnostics.
            RuleFileError: for errors otherwise.
        """
        found = [*self.unsupported_uses, *self.errors]
        if self.unsupported_uses:
            first = self.unsupported_uses[0]
            raise UnsupportedError(f"{first.span}: {first.message}", found)
        if found:
            raise RuleFileError([*found, *self.warnings])
        return tuple(self.warnings)
