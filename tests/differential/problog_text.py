"""Probabilistic programs as ProbLog's text, and ProbLog's answers.

ProbLog takes minutes over some cyclic programs and does not heed every signal, so it runs in a
process of its own that is killed when it is late: ``python -m tests.differential.problog_text``
reads a program from each line of stdin, as JSON, and writes a line of answers.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from itertools import groupby

from planner.kr.formulas import And, Atom, Comparison, Formula, Not
from planner.kr.terms import Variable
from tests.conftest import ROOT

__all__ = ["SHIFT", "ProbLog", "to_problog"]

SHIFT = 1
_SIGNS = {"!=": "\\=", "<=": "=<"}
# The last one is its answer to comparing what are no numbers.
_REFUSED = ("NegativeCycle", "InconsistentEvidenceError", "ArithmeticError")


def to_problog(rules, facts, uncertain, arities, given=()) -> str:
    """A program that asks for every atom of every predicate."""
    lines = [f"{_atom(fact)}." for fact in facts]
    lines += [f"{float(u.probability)!r}::{_atom(u.atom)}." for u in uncertain]
    for _, members in groupby(enumerate(rules), key=_group):
        alternatives = [rule for _, rule in members]
        heads = "; ".join(map(_head, alternatives))
        lines.append(f"{heads} :- {', '.join(_body(alternatives[0].body))}.")
    for name, arity in arities.items():
        arguments = ",".join("_" * arity)
        call = f"{name}({arguments})" if arity else name
        # A predicate without clauses would be an error.
        lines += [f"{call} :- fail.", f"query({call})."]
    lines += [f"evidence({_atom(atom)})." for atom in given]
    return "\n".join(lines)


def _group(numbered) -> tuple[int, bool]:
    """Equal for alternatives of one another only."""
    place, rule = numbered
    return (place, False) if rule.group is None else (rule.group, True)


def _head(rule) -> str:
    chance = "" if rule.probability is None else f"{float(rule.probability)!r}::"
    return f"{chance}{_atom(rule.head)}"


class ProbLog:
    """ProbLog in a child process; use as a context manager."""

    def __init__(self, limit_s: float = 10.0) -> None:
        self._limit_s = limit_s
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> ProbLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def solve(self, text: str) -> dict[str, float] | None:
        """The probability of every atom that is not impossible, by its text without blanks.

        ``None`` where ProbLog sees a negative cycle or impossible evidence, or is late.
        """
        if self._child is None:
            command = [sys.executable, "-m", "tests.differential.problog_text"]
            self._child = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert self._child.stdout is not None
            self._child.stdout.readline()
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(text) + "\n")
        self._child.stdin.flush()
        ready, _, _ = select.select([self._child.stdout], [], [], self._limit_s)
        if not ready:
            self._end()
            return None
        line = self._child.stdout.readline()
        if not line:
            # It died of something else than the program: recursion, memory.
            self._end()
            return None
        answer = json.loads(line)
        if isinstance(answer, str):
            if answer in _REFUSED:
                return None
            raise AssertionError(f"ProbLog: {answer}\n{text}")
        return answer

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _serve() -> None:
    from problog import get_evaluatable
    from problog.errors import ProbLogError
    from problog.program import PrologString

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        answer: object
        try:
            program = PrologString(json.loads(line))
            found = get_evaluatable().create_from(program).evaluate()
            answer = {str(t).replace(" ", ""): value for t, value in found.items() if value > 0}
        except ProbLogError as error:
            answer = type(error).__name__
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


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


if __name__ == "__main__":
    _serve()
