"""Programs as clingo's text, and clingo's answer as atoms."""

from __future__ import annotations

import clingo

from planner.kr.formulas import Aggregate, And, Atom, Comparison, Formula, Not
from planner.kr.terms import Arithmetic, Expression, FunctionTerm, Variable

__all__ = ["solve_with_clingo", "to_text"]


def to_text(rules, facts) -> str:
    """A program in clingo's language."""
    lines = [f"{_atom(fact)}." for fact in facts]
    lines += [f"{_atom(rule.head)} :- {_body(rule.body)}." for rule in rules]
    return "\n".join(lines)


def solve_with_clingo(text: str) -> set[tuple]:
    """The atoms of the one answer set, as tuples of the name and the arguments."""
    control = clingo.Control(["-Wnone"], logger=lambda _code, _message: None)
    control.add("base", [], text)
    control.ground([("base", [])])
    return {
        (s.symbol.name, *(_value(a) for a in s.symbol.arguments))
        for s in control.symbolic_atoms
        if s.is_fact
    }


def _value(symbol):
    return symbol.number if symbol.type == clingo.SymbolType.Number else symbol.name


def _body(formula: Formula) -> str:
    match formula:
        case And(parts):
            return ", ".join(_body(part) for part in parts)
        case Not(Atom() as atom):
            return f"not {_atom(atom)}"
        case Atom():
            return _atom(formula)
        case Comparison(sign, left, right):
            return f"{_term(left)} {sign} {_term(right)}"
        case Aggregate(result, function, terms, body):
            elements = ", ".join(_term(t) for t in terms)
            inner = f"{{ {elements} : {_body(body)} }}"
            text = f"{_term(result)} = #{function} {inner}"
            # The extremum of nothing is #sup or #inf there and undefined here.
            some = f", #count {inner} >= 1" if function in ("min", "max") else ""
            return text + some
    raise AssertionError(formula)


def _atom(atom: Atom) -> str:
    if not atom.arguments:
        return atom.predicate
    return f"{atom.predicate}({','.join(_term(a) for a in atom.arguments)})"


def _term(term: Expression) -> str:
    match term:
        case Variable(name):
            return name.upper()
        case Arithmetic(sign, left, right):
            return f"({_term(left)}{sign}{_term(right)})"
        case FunctionTerm():
            raise AssertionError(term)
    return str(term)
