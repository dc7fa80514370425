"""Probabilistic programs as ProbLog's text, and ProbLog's answers."""

from __future__ import annotations

from planner.kr.formulas import And, Atom, Comparison, Formula, Not
from planner.kr.terms import Variable

__all__ = ["SHIFT", "solve_with_problog", "to_problog"]

SHIFT = 1
_SIGNS = {"!=": "\\=", "<=": "=<"}


def to_problog(rules, facts, uncertain, arities, given=()) -> str:
    """A program that asks for every atom of every predicate."""
    lines = [f"{_atom(fact)}." for fact in facts]
    lines += [f"{float(u.probability)!r}::{_atom(u.atom)}." for u in uncertain]
    for rule in rules:
        chance = "" if rule.probability is None else f"{float(rule.probability)!r}::"
        lines.append(f"{chance}{_atom(rule.head)} :- {', '.join(_body(rule.body))}.")
    for name, arity in arities.items():
        arguments = ",".join("_" * arity)
        call = f"{name}({arguments})" if arity else name
        # A predicate without clauses would be an error.
        lines += [f"{call} :- fail.", f"query({call})."]
    lines += [f"evidence({_atom(atom)})." for atom in given]
    return "\n".join(lines)


def solve_with_problog(text: str) -> dict[str, float]:
    """The probability of every atom that is not impossible, by its text without blanks."""
    from problog import get_evaluatable
    from problog.program import PrologString

    found = get_evaluatable().create_from(PrologString(text)).evaluate()
    return {str(term).replace(" ", ""): value for term, value in found.items() if value > 0}


def _body(formula: Formula) -> list[str]:
    parts = formula.parts if isinstance(formula, And) else (formula,)
    # Goals run from left to right: atoms bind what tests read.
    ordered = sorted(parts, key=lambda part: not isinstance(part, Atom))
    return [_literal(part) for part in ordered] or ["true"]


def _literal(part: Formula) -> str:
    match part:
        case Atom():
            return _atom(part)
        case Not(Atom() as atom):
            return f"\\+{_atom(atom)}"
        case Comparison(sign, left, right):
            return f"{_term(left)} {_SIGNS.get(sign, sign)} {_term(right)}"
    raise AssertionError(part)


def _atom(atom: Atom) -> str:
    if not atom.arguments:
        return atom.predicate
    return f"{atom.predicate}({','.join(map(_term, atom.arguments))})"


def _term(term) -> str:
    if isinstance(term, int):
        # ProbLog 2.3 takes negative integers for variables of its own; order is what counts here.
        return str(term + SHIFT)
    return term.name.upper() if isinstance(term, Variable) else str(term)
