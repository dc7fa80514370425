"""A result for a person, and for a program."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING

import planner
from planner.cli.failure import LIMIT_CODES, diagnostic_as_json
from planner.kr.terms import Text, show_constant
from planner.search.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.diagnostics import Diagnostic
    from planner.engine.probability.infer import ProbableAnswer
    from planner.kr.terms import Constant
    from planner.plan import Plan
    from planner.solve import Result

__all__ = [
    "answer_as_json",
    "answer_line",
    "as_json",
    "as_text",
    "exit_code",
    "probability_as_json",
    "probable_line",
]


def exit_code(result: Result) -> int:
    """The exit code of CONTRACT section 4."""
    match result.status:
        case Status.SOLVED:
            return 0 if result.complete else 3
        case Status.UNSOLVABLE:
            return 11
        case Status.EXHAUSTED:
            return 12
        case Status.LIMIT:
            return LIMIT_CODES[result.reason]


def as_json(result: Result, warnings: Sequence[Diagnostic] = ()) -> str:
    """One JSON document with the keys of CONTRACT section 4."""
    document = {
        "schema_version": 1,
        "version": planner.__version__,
        "status": result.status.value,
        "reason": result.reason,
        "complete": result.complete and result.status is not Status.LIMIT,
        "optimal": result.optimal,
        "plan": None if result.plan is None else _plan_rows(result.plan),
        "cost": None if result.cost is None else _number(result.cost),
        "plans": _plans(result),
        "answers": [answer_as_json(answer) for answer in result.answers],
        "probabilities": [probability_as_json(answer) for answer in result.probabilities],
        "lower_bound": None if result.lower_bound is None else _number(result.lower_bound),
        "bound": result.bound,
        "search": result.search,
        "seed": result.seed,
        "unreachable": result.unreachable,
        "notes": list(result.notes),
        "statistics": {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(result.statistics).items()
        },
        "warnings": [diagnostic_as_json(w) for w in warnings],
        "errors": [],
    }
    return json.dumps(document)


def answer_as_json(answer: Mapping[str, Constant]) -> dict[str, str | int | float]:
    """The bindings of an answer, numbers as numbers."""
    return {name: _constant(value) for name, value in answer.items()}


def probability_as_json(answer: ProbableAnswer) -> dict[str, str | float]:
    """An answer's probability, what encloses it, and how it was found."""
    return {
        "probability": answer.probability,
        "lower": answer.lower,
        "upper": answer.upper,
        "method": answer.method,
    }


def _plan_rows(plan: Plan) -> list[dict[str, object]]:
    return [
        {
            "name": step.name,
            "args": [_constant(a) for a in step.arguments],
            "cost": _number(step.cost),
            "text": step.text,
            **({"created": list(step.created)} if step.created else {}),
        }
        for step in plan
    ]


def _plans(result: Result) -> list[dict[str, object]]:
    """All plans, that of ``plan`` first."""
    plans = () if result.plan is None else (result.plan, *result.others)
    return [{"plan": _plan_rows(plan), "cost": _number(plan.cost)} for plan in plans]


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


def _constant(value: Constant) -> str | int | float:
    if isinstance(value, Fraction):
        return _number(value)
    return value.value if isinstance(value, Text) else value


def as_text(result: Result, *, verbose: bool = False) -> str:
    """The plan in words with its cost, or the answers, or what the failure means.

    Where ``verbose`` with the part of the time that was spent in a step model.
    """
    lines = [f"search: {result.search}"] if result.search else []
    if result.plan is not None:
        lines += _plan_lines(result)
    elif result.status is Status.SOLVED:
        if result.probabilities:
            lines += [probable_line(answer) for answer in result.probabilities]
        else:
            lines += [answer_line(answer) for answer in result.answers]
        lines.append(f"{len(result.answers)} answer{'s' if len(result.answers) != 1 else ''}")
    else:
        lines.append(_failure_line(result))
    lines += [f"note: {note}" for note in result.notes]
    lines.append(_budget_line(result))
    if verbose and result.statistics.model_calls:
        lines.append(_model_line(result))
    return "\n".join(lines)


def _plan_lines(result: Result) -> list[str]:
    assert result.plan is not None
    width = len(str(len(result.plan)))
    lines = [
        f"{number:>{width}}. {step.text or str(step)}"
        for number, step in enumerate(result.plan, start=1)
    ]
    count = len(result.plan)
    quality = "the cheapest there is" if result.optimal else "checked step by step"
    lines.append(
        f"plan: {count} step{'s' if count != 1 else ''}, "
        f"cost {show_constant(result.plan.cost)}, {quality}"
    )
    if not result.complete:
        lines.append(f"stopped by a limit ({result.reason}): a better plan may exist")
    if result.lower_bound is not None and not result.optimal:
        lines.append(f"no plan costs less than {show_constant(result.lower_bound)}")
    for number, other in enumerate(result.others, start=2):
        lines.append(f"plan {number}, cost {show_constant(other.cost)}:")
        lines += [f"  {step.text or step}" for step in other]
    return lines


def probable_line(answer: ProbableAnswer) -> str:
    """An answer after its probability, with what encloses it where it is not exact."""
    shown = f"{answer.probability:.6f}  {answer_line(answer.binding)}"
    if answer.method == "exact":
        return shown
    return f"{shown}  (between {answer.lower:.6f} and {answer.upper:.6f}, {answer.method})"


def answer_line(answer: Mapping[str, Constant]) -> str:
    """The bindings of an answer, or ``yes`` where the question has no variables."""
    pairs = [f"?{name} = {show_constant(value)}" for name, value in answer.items()]
    return ", ".join(pairs) if pairs else "yes"


def _failure_line(result: Result) -> str:
    if result.status is Status.UNSOLVABLE:
        if result.unreachable:
            line = f"unsolvable: nothing can ever make {result.unreachable} true"
            return line + _causes(result)
        return "no answer" if result.task.is_deduction else "unsolvable: proved by exhaustion"
    if result.status is Status.EXHAUSTED:
        return "no plan found: the search was incomplete and has run out of steps to try"
    return f"no plan yet: the limit on {result.reason.replace('_', ' ')} was reached"


def _causes(result: Result) -> str:
    """What the unreachable atom needs and nothing makes true, if that is so."""
    from planner.kr.usage import missing_causes

    causes = missing_causes(result.task, result.unreachable.partition("(")[0])
    lines = (
        f"\n  `{name}` needs `{needs[0]}`, and nothing makes `{needs[0]}` true in this task"
        for name, needs in causes.items()
    )
    return next(lines, "")


def _model_line(result: Result) -> str:
    s = result.statistics
    share = 100 * s.model_s / max(1e-9, s.total_s)
    return f"in the model: {s.model_s:.2f} CPU s, {share:.0f} % of the time"


def _budget_line(result: Result) -> str:
    s = result.statistics
    parts = []
    if result.bound is not None:
        parts.append(f"bound {result.bound:,.0f} expansions")
    if not result.task.is_deduction:
        parts.append(f"{s.expanded:,} expanded, {s.generated:,} generated")
    if s.model_calls:
        parts.append(f"{s.model_calls:,} model calls")
    parts.append(f"{s.total_s:.2f} CPU s, {s.peak_memory_mb:.0f} MB")
    return "; ".join(parts)
