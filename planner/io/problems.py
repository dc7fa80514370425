"""The list of problems found in a run: errors and warnings of all files, raised once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, Severity, Span
from planner.errors import RuleFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_ERRORS", "Problems"]

MAX_ERRORS = 500
"""A file with more errors is no rule file; the rest of it is not looked at."""

_OF_WHOLE_FILES = ("unused-predicate", "unused-object", "underivable", "unreachable-goal")


class Problems:
    """Gathers diagnostics so that a reader can go on after an error, up to `MAX_ERRORS`.

    Attributes:
        error_count: errors noted so far.
        damage_count: errors, and values left out because of an error noted earlier.
    """

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self.error_count = 0
        self.damage_count = 0

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        suggestion: str = "",
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Note an error."""
        self.add([Diagnostic(code, message, span, suggestion, related=related)])

    def warn(self, code: str, message: str, span: Span, suggestion: str = "") -> None:
        """Note a warning."""
        self.add([Diagnostic(code, message, span, suggestion, Severity.WARNING)])

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note diagnostics made elsewhere; one noted before is not repeated."""
        for diagnostic in diagnostics:
            if diagnostic in self._found:
                continue
            self._found[diagnostic] = None
            self.error_count += diagnostic.severity is Severity.ERROR
            self.damage_count += diagnostic.severity is Severity.ERROR
            if self.error_count >= MAX_ERRORS:
                raise RuleFileError(self.sorted())

    def leave_out(self) -> None:
        """Count a value that cannot be read because of an error noted earlier."""
        self.damage_count += 1

    def has_error_on(self, file: str, line: int) -> bool:
        """Whether an error was noted on a line."""
        return any(
            d.severity is Severity.ERROR and d.span.file == file and d.span.line == line
            for d in self._found
        )

    @property
    def has_errors(self) -> bool:
        """Whether anything found refuses a file."""
        return self.error_count > 0

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All problems: files in the order they were met, each file from top to bottom.

        Beside errors, what seems unused may be used by what could not be read, and what is warned
        of at the place of an error is the same mistake: such warnings wait.
        """
        files: dict[str, int] = {}
        for diagnostic in self._found:
            files.setdefault(diagnostic.span.file, len(files))
        places = {d.span for d in self._found if d.severity is Severity.ERROR}
        told = [
            d
            for d in self._found
            if d.severity is Severity.ERROR
            or not (places and (d.code in _OF_WHOLE_FILES or d.span in places))
        ]
        return tuple(sorted(told, key=lambda d: (files[d.span.file], d.span.line, d.span.column)))

    def finish(self) -> tuple[Diagnostic, ...]:
        """Return the warnings.

        Raises:
            RuleFileError: with everything found, when an error is among it.
        """
        if self.has_errors:
            raise RuleFileError(self.sorted())
        return self.sorted()
