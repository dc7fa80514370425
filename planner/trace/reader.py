"""Reads the record of a search back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from planner.errors import TraceFileError
from planner.trace.events import (
    AtomName,
    ExpansionRecord,
    Footer,
    Header,
    PlanStepRecord,
    Record,
    StepName,
    decode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Trace", "read_trace"]


@dataclass(frozen=True, slots=True)
class Trace:
    """A search as it happened.

    Attributes:
        atoms, steps: names by number.
        expansions: in the order in which they happened.
        plan: the plan's steps, empty without a plan (or with the empty one).
        footer: the outcome, ``None`` when the writer did not live to write it.
        notes: what a reader should know: a cut record, a torn last line.
    """

    header: Header
    atoms: Mapping[int, AtomName] = field(default_factory=dict)
    steps: Mapping[int, StepName] = field(default_factory=dict)
    expansions: tuple[ExpansionRecord, ...] = ()
    plan: tuple[PlanStepRecord, ...] = ()
    footer: Footer | None = None
    notes: tuple[str, ...] = ()


def read_trace(path: str | Path) -> Trace:
    """Read a trace file.

    A last line that was not written to its end is left out, and `Trace.notes` says so.

    Raises:
        TraceFileError: when the file is missing, or a line before the last is not a record.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        raise TraceFileError(f"{path}: {error.strerror or error}") from None
    lines = text.split("\n")
    torn = lines.pop()
    records: list[Record] = []
    notes: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decode(line))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            if number == len(lines) and number > 1 and not torn:
                torn = line
                break
            raise TraceFileError(f"{path}:{number}:1: not a trace record: {error}") from None
    if torn:
        notes.append("the last line was not written to its end and is left out")
    return _collect(str(path), records, notes)


def _collect(path: str, records: list[Record], notes: list[str]) -> Trace:
    if not records or not isinstance(records[0], Header):
        raise TraceFileError(f"{path}:1:1: not a trace: the first line must be a header record")
    header = records[0]
    atoms: dict[int, AtomName] = {}
    steps: dict[int, StepName] = {}
    expansions: list[ExpansionRecord] = []
    plan: list[PlanStepRecord] = []
    footer: Footer | None = None
    for number, record in enumerate(records[1:], start=2):
        match record:
            case AtomName():
                atoms[record.number] = record
            case StepName():
                steps[record.number] = record
            case ExpansionRecord():
                _check_names(f"{path}:{number}:1", record, atoms, steps)
                expansions.append(record)
            case PlanStepRecord():
                plan.append(record)
            case Footer():
                footer = record
            case Header():
                raise TraceFileError(f"{path}:{number}:1: a second header: one search a file")
            case _:
                assert_never(record)
    if footer is None:
        notes.append("the record ends without an outcome: its writer was stopped")
    else:
        notes.extend(footer.notes)
    return Trace(header, atoms, steps, tuple(expansions), tuple(plan), footer, tuple(notes))


def _check_names(
    place: str,
    record: ExpansionRecord,
    atoms: Mapping[int, AtomName],
    steps: Mapping[int, StepName],
) -> None:
    for step in record.steps:
        if step not in steps:
            raise TraceFileError(f"{place}: step {step} has no name before this line")
    for atom in record.added:
        if atom not in atoms:
            raise TraceFileError(f"{place}: atom {atom} has no name before this line")
    for column in (record.log_prior, record.successors):
        if column is not None and len(column) != len(record.steps):
            raise TraceFileError(f"{place}: {len(record.steps)} steps, {len(column)} entries")
