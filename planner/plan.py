"""Plans: a sequence of named steps, and the file format that planners share.

The format is one ``(name arg arg)`` a line, then ``; cost = N``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.errors import PlanFileError
from planner.kr.terms import Constant, Text, show_constant

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Plan", "Step", "parse_plan"]


@dataclass(frozen=True, slots=True)
class Step:
    """A ground action.

    Attributes:
        created: names of the objects the step makes, ``_1``, ``_2``, ... in plan order.
        text: the step in words, from the schema's ``text:``, or ``""``.
    """

    name: str
    arguments: tuple[Constant, ...] = ()
    cost: Fraction = Fraction(1)
    text: str = ""
    created: tuple[str, ...] = ()

    def __str__(self) -> str:
        inner = " ".join([self.name, *(show_constant(a) for a in self.arguments)])
        return f"({inner})" + (f" -> {' '.join(self.created)}" if self.created else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order. Iterating gives the steps."""

    steps: tuple[Step, ...] = ()

    @property
    def cost(self) -> Fraction:
        """Sum of the steps' costs."""
        return sum((step.cost for step in self.steps), Fraction(0))

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        """The plan file: one step a line and the cost."""
        lines = [str(step) for step in self.steps]
        return "\n".join([*lines, f"; cost = {show_constant(self.cost)}", ""])


_STEP = re.compile(r"^\(\s*([^\s()]+)((?:\s+(?:\"[^\"]*\"|[^\s()]+))*)\s*\)(?:\s*->\s*(.+))?$")
_ARGUMENT = re.compile(r"\"[^\"]*\"|[^\s()]+")


def parse_plan(text: str, source: str = "<plan>") -> Plan:
    """Read a plan file; blank lines and comments from ``;`` are skipped.

    Costs are not part of a step's line, so steps come back with cost 1 and `planner.validate`
    works out the true cost.

    Raises:
        PlanFileError: for a line that is not a step, naming file and line.
    """
    steps = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split(";", 1)[0].strip()
        # Temporal planners prefix a step with its time and suffix it with its duration.
        line = re.sub(r"^\d+(\.\d+)?\s*:\s*", "", line)
        line = re.sub(r"\s*\[[\d.]+\]$", "", line)
        if not line:
            continue
        match = _STEP.match(line)
        if match is None:
            raise PlanFileError(
                f"{source}:{number}:1: not a step: {raw.strip()!r}; "
                "write one `(name arg arg)` a line"
            )
        created = tuple((match[3] or "").split())
        arguments = tuple(_constant(token) for token in _ARGUMENT.findall(match[2]))
        steps.append(Step(match[1], arguments, created=created))
    return Plan(tuple(steps))


def _constant(token: str) -> Constant:
    if token.startswith('"'):
        return Text(token[1:-1])
    if re.fullmatch(r"-?\d+", token):
        return int(token)
    if re.fullmatch(r"-?\d+(\.\d+|/0*[1-9]\d*)", token):
        return Fraction(token)
    return token
