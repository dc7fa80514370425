"""PDDL files in: a domain and a problem become the same knowledge as a YAML task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.io.pddl.domain import read_domain
from planner.io.pddl.problem import at_unit_cost, read_problem
from planner.io.pddl.report import Report
from planner.io.pddl.source import Source, parse_groups
from planner.io.pddl.vocabulary import Context, Vocabulary

if TYPE_CHECKING:
    from planner.diagnostics import Diagnostic
    from planner.kr.task import RuleBase, Task

__all__ = [
    "load_pddl",
    "load_pddl_domain",
    "load_pddl_domain_checked",
    "parse_pddl",
    "parse_pddl_domain",
]

_SIZE_LIMIT = 256 * 2**20


def load_pddl(
    domain_path: str | Path, problem_path: str | Path
) -> tuple[Task, tuple[Diagnostic, ...]]:
    """Read a task from a domain file and a problem file; warnings come second.

    Raises:
        RuleFileError: with every located error of both files.
        UnsupportedError: for durative actions, numeric fluents beyond costs, preferences,
            constraints and timed literals, located.
        InputError: when a file cannot be read.
    """
    return parse_pddl(
        _read_text(domain_path), _read_text(problem_path), str(domain_path), str(problem_path)
    )


def load_pddl_domain(path: str | Path) -> RuleBase:
    """Read a domain file alone; costs are those its actions add to ``total-cost``, if it has one.

    Raises:
        RuleFileError, UnsupportedError, InputError: as `load_pddl`.
    """
    return load_pddl_domain_checked(path)[0]


def load_pddl_domain_checked(path: str | Path) -> tuple[RuleBase, tuple[Diagnostic, ...]]:
    """Read a domain file alone; warnings come second. As `load_pddl_domain`."""
    return parse_pddl_domain(_read_text(path), str(path))


def parse_pddl(
    domain: str, problem: str, domain_file: str = "<domain>", problem_file: str = "<problem>"
) -> tuple[Task, tuple[Diagnostic, ...]]:
    """Read a task from the texts of a domain and of a problem; as `load_pddl`."""
    report = Report()
    vocabulary = Vocabulary()
    rules = _domain(Source(domain, domain_file), report, vocabulary)
    source = Source(problem, problem_file)
    groups = parse_groups(source, report)
    # Without a domain every name of the problem would be unknown: its own errors come first.
    context = Context(source, report, vocabulary)
    task = None if rules is None else read_problem(context, groups, rules)
    warnings = report.finish()
    assert task is not None, "a missing task comes with an error"
    return task, warnings


def parse_pddl_domain(text: str, file: str = "<domain>") -> tuple[RuleBase, tuple[Diagnostic, ...]]:
    """Read the text of a domain; as `load_pddl_domain_checked`."""
    report = Report()
    vocabulary = Vocabulary()
    rules = _domain(Source(text, file), report, vocabulary)
    warnings = report.finish()
    assert rules is not None, "a missing domain comes with an error"
    return rules if vocabulary.has_total_cost else at_unit_cost(rules), warnings


def _domain(source: Source, report: Report, vocabulary: Vocabulary) -> RuleBase | None:
    groups = parse_groups(source, report)
    return read_domain(Context(source, report, vocabulary), groups)


def _read_text(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > _SIZE_LIMIT:
        raise InputError(f"{path}: larger than {_SIZE_LIMIT // 2**20} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Comments of older files are in Latin-1, which reads any bytes.
        return data.decode("latin-1")
