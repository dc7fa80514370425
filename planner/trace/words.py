"""Facts in words, by the meanings that predicates declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.kr.terms import Text, show_expression

if TYPE_CHECKING:
    from planner.kr.formulas import Atom
    from planner.kr.rules import Predicate
    from planner.kr.terms import Expression

__all__ = ["in_words"]

_PLACE = re.compile(r"\{(\d+)\}|<(\d+)>")


def in_words(atom: Atom, predicate: Predicate | None) -> str:
    """The meaning of an atom's predicate with its arguments filled in, ``""`` without a meaning.

    >>> from planner.kr.rules import Predicate
    >>> on = Predicate("on", (("object",), ("object",)), "{0} is on {1}")
    >>> in_words(Atom("on", ("a", "b")), on)
    'a is on b'
    """
    if predicate is None or not predicate.meaning:
        return ""

    def fill(match: re.Match[str]) -> str:
        place = int(match[1] or match[2])
        return _plain(atom.arguments[place]) if place < len(atom.arguments) else match[0]

    return _PLACE.sub(fill, predicate.meaning)


def _plain(argument: Expression) -> str:
    return argument.value if isinstance(argument, Text) else show_expression(argument)
