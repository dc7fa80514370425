"""Proofs and failures as text and as DOT."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.engine.proofs import Absent, ByRule, Computed, Given
from planner.kr.formulas import show
from planner.kr.terms import show_constant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.diagnostics import Span
    from planner.engine.proofs import FailedRule, Proof, WhyNot
    from planner.kr.formulas import Formula
    from planner.kr.rules import Rule

__all__ = ["proof_dot", "proof_text", "why_not_text"]

_NO_ORIGINS: Mapping[Formula, str] = MappingProxyType({})


def proof_text(proof: Proof, origins: Mapping[Formula, str] = _NO_ORIGINS) -> str:
    """A proof as an indented tree; what was shown before is referred to by number.

    Each line says what holds and why: the rule with its place in a file, or where a fact stands;
    of what is in ``origins`` what that says.
    """
    numbers: dict[int, int] = {}
    lines: list[str] = []
    stack = [(proof, 0)]
    while stack:
        part, depth = stack.pop()
        indent = "  " * depth
        shown = numbers.get(id(part))
        if shown is not None and isinstance(part.justification, ByRule):
            lines.append(f"{indent}{show(part.atom)}  (shown above as {shown})")
            continue
        if isinstance(part.justification, ByRule):
            numbers[id(part)] = len(numbers) + 1
            stack.extend((p, depth + 1) for p in reversed(part.justification.premises))
        reason = f"[{origins[part.atom]}]" if part.atom in origins else _reason(part)
        lines.append(f"{indent}{show(part.atom)}  {reason}")
    return "\n".join(lines)


def why_not_text(result: WhyNot) -> str:
    """What stands between an atom and each rule that could derive it."""
    atom = show(result.atom)
    if result.holds:
        return f"{atom} holds"
    if not result.attempts:
        lines = [f"{atom} does not hold: it is no fact, and no rule derives it"]
    else:
        lines = [f"{atom} does not hold"]
    for attempt in result.attempts:
        lines += _attempt_lines(attempt)
    for number, assumed in enumerate(result.assumptions):
        start = "it would hold with" if number == 0 else "or with"
        lines.append(f"  {start}: {', '.join(map(show, assumed))}")
    return "\n".join(lines)


def proof_dot(proof: Proof) -> str:
    """A proof as a graph in DOT, premises below what they support."""
    lines = ["digraph proof {", "  node [shape=box];"]
    numbers: dict[int, int] = {}
    for part in proof.steps():
        number = numbers[id(part)] = len(numbers)
        label = f"{show(part.atom)}\n{_reason(part)}".replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{number} [label="{label}"];'.replace("\n", "\\n"))
        if isinstance(part.justification, ByRule):
            lines += (f"  n{number} -> n{numbers[id(p)]};" for p in part.justification.premises)
    return "\n".join([*lines, "}"])


def _reason(proof: Proof) -> str:
    match proof.justification:
        case Given(_, span):
            return f"[given{_at(span)}]"
        case ByRule(rule):
            return f"[by {_rule_name(rule)}{_at(rule.span)}]"
        case Absent():
            return "[nothing says otherwise]"
        case Computed():
            return "[computed]"


def _attempt_lines(attempt: FailedRule) -> Iterator[str]:
    rule = attempt.rule
    bound = ", ".join(f"?{name} = {show_constant(value)}" for name, value in attempt.bindings)
    where = f" with {bound}" if bound else ""
    yield f"  {_rule_name(rule)}{_at(rule.span)}{where}"
    for formula in attempt.satisfied:
        yield f"    holds:   {show(formula)}"
    for formula in attempt.missing:
        yield f"    missing: {show(formula)}"


def _rule_name(rule: Rule) -> str:
    return rule.name or f"{show(rule.head)} <- {show(rule.body)}"


def _at(span: Span | None) -> str:
    return f" at {span.file}:{span.line}" if span is not None else ""
