"""Rules and declarations written in Python, as the texts that would stand in a file.

Errors name the line of the Python file that holds the text.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Literal

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.formula_grammar import parse_formula
from planner.io.head_grammar import parse_head
from planner.io.nodes import Scalar
from planner.io.positions import Place
from planner.io.source import source_of_text
from planner.kr.formulas import TRUE
from planner.kr.rules import Predicate, Rule

if TYPE_CHECKING:
    from collections.abc import Collection

    from planner.kr.formulas import Atom, Formula

__all__ = ["caller", "read_facts_text", "read_predicate", "read_question", "read_rules"]


def caller(depth: int = 2) -> tuple[str, int]:
    """File and line of the code that called the function ``depth - 1`` levels up."""
    frame = sys._getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno


def read_rules(head: str, if_: str, name: str, where: tuple[str, int]) -> tuple[Rule, ...]:
    """The rules of one text for the head, of which ``and`` makes several, and one for the body.

    Raises:
        RuleFileError: when a text is not of the language.
    """
    found = parse_head(head, _place(head, where))
    body: Formula = TRUE
    if if_:
        body = parse_formula(if_, place=_place(if_, where), fresh=count(1))
    return tuple(Rule(atom, body, name, found.probability, span=atom.span) for atom in found.atoms)


def read_facts_text(text: str, where: tuple[str, int]) -> tuple[Atom, ...]:
    """The atoms of a text, joined by ``and``.

    Raises:
        RuleFileError: when the text is not of the language, or gives a fact a probability.
    """
    place = _place(text, where)
    found = parse_head(text, place)
    if found.probability is not None:
        message = "facts that come and go are certain: they carry no probability"
        hint = "write uncertain facts under `facts:` or `init:` of a file"
        span = place.span(0, text.index("::") + 2)
        raise RuleFileError([Diagnostic("probability", message, span, hint)])
    return found.atoms


def read_question(text: str, where: tuple[str, int]) -> Formula:
    """A formula whose anonymous variables stand for anything."""
    return parse_formula(text, place=_place(text, where), existential=True)


def read_predicate(
    signature: str,
    meaning: str,
    where: tuple[str, int],
    *,
    properties: Collection[str] = (),
    keep: Literal["", "min", "max"] = "",
    foreign: int | None = None,
) -> Predicate:
    """A declaration such as ``road(place, place, int)``."""
    # Most scripts declare nothing.
    from planner.io.schema_grammar import parse_signature

    found = parse_signature(signature, _place(signature, where))
    plain = Predicate(found.name, found.types, meaning, frozenset(properties), found.span)
    return replace(plain, keep=keep, foreign=foreign)


def _place(text: str, where: tuple[str, int]) -> Place:
    file, line = where
    flat = " ".join(text.split())
    flat = text if len(flat) == len(text) else text.replace("\n", " ")
    source = source_of_text("\n" * (line - 1) + flat, file)
    return Place(source, Scalar(flat, line - 1, 0, line - 1, len(flat), ""))
