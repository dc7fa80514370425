"""Which literals of a formula fail, for the message about a step or a goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import (
    And,
    Atom,
    Comparison,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    conjuncts,
    free_variables,
    show,
    substitute,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.validate.binding import Binding
    from planner.validate.evaluate import Evaluator

__all__ = ["shortfall"]


def shortfall(evaluator: Evaluator, formula: Formula, binding: Binding) -> tuple[str, ...]:
    """Literals that would have to change for the formula to hold, as rule files write them.

    A positive literal is a fact that is absent, ``not ..`` one that is present. Where parts hold
    one by one but not together, the first part that fails beside those before it is named.
    """
    return tuple(dict.fromkeys(_failing(evaluator, formula, binding)))


def _failing(evaluator: Evaluator, formula: Formula, binding: Binding) -> Iterator[str]:
    if evaluator.holds(formula, binding):
        return
    match formula:
        case And():
            found = [
                text
                for part in conjuncts(formula)
                if free_variables(part).keys() <= binding.keys()
                for text in _failing(evaluator, part, binding)
            ]
            yield from found or _first_conflict(evaluator, conjuncts(formula), binding)
        case Forall(variables, condition, body):
            inner = {k: v for k, v in binding.items() if k not in {x.name for x in variables}}
            guards = (*conjuncts(condition), *variables)
            for found_binding in evaluator.join(formula, guards, inner):
                if not evaluator.holds(body, found_binding):
                    yield from _failing(evaluator, body, found_binding)
                    return
            yield _ground(formula, binding)
        case Not(Exists(_, body)):
            for found_binding in evaluator.solutions(body, binding):
                yield f"not {_bracketed(body, found_binding)}"
                return
            yield _ground(formula, binding)
        case Or() | Exists() | Atom() | Not() | Comparison() | _:
            yield _ground(formula, binding)


def _first_conflict(
    evaluator: Evaluator, parts: tuple[Formula, ...], binding: Binding
) -> Iterator[str]:
    # Parts with a single missing value tell more than the whole conjunction.
    known: list[Formula] = []
    for part in sorted(parts, key=lambda p: len(free_variables(p).keys() - binding.keys())):
        if not evaluator.holds(And((*known, part)), binding):
            before = next(evaluator.solutions(And(tuple(known)), binding), binding)
            yield _ground(part, before)
            return
        known.append(part)


def _ground(formula: Formula, binding: Binding) -> str:
    return show(substitute(formula, binding))


def _bracketed(formula: Formula, binding: Binding) -> str:
    text = _ground(formula, binding)
    return f"({text})" if isinstance(formula, And | Or) else text
