"""The grammar of heads and facts.

::

    head := [probability "::"] atom ("and" atom)*
          | probability "::" atom (";" probability "::" atom)+
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.io.cursor import Cursor
from planner.io.effect_grammar import read_made_atom

if TYPE_CHECKING:
    from planner.io.positions import Place
    from planner.kr.formulas import Atom

__all__ = ["Head", "parse_head"]


@dataclass(frozen=True, slots=True)
class Head:
    """Atoms in front of which a probability may stand.

    Attributes:
        others: alternatives to the one atom, of which at most one comes true.
    """

    atoms: tuple[Atom, ...]
    probability: Fraction | None
    others: tuple[tuple[Fraction, Atom], ...] = ()


def parse_head(text: str, place: Place) -> Head:
    """Read the head of a rule or a fact: atoms, with a probability in front or not.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place)
    probability = None
    if cursor.peek().kind == "::":
        probability = _read_probability(cursor)
    atoms = [_read_head_atom(cursor)]
    while cursor.at("and"):
        cursor.take()
        atoms.append(_read_head_atom(cursor))
    if cursor.at("or"):
        hint = "write rules that say what is certain, or chances: `0.6::p(a); 0.4::p(b)`"
        raise cursor.wrong("a head or a fact cannot be a choice", hint)
    others = _read_alternatives(cursor, probability, len(atoms))
    cursor.finish("atom")
    return Head(tuple(atoms), probability, others)


def _read_alternatives(
    cursor: Cursor, probability: Fraction | None, count: int
) -> tuple[tuple[Fraction, Atom], ...]:
    """Read ``; 0.3::p(b)`` after the first alternative; all of them add up to at most 1."""
    found: list[tuple[Fraction, Atom]] = []
    start = cursor.token
    while cursor.at(";"):
        if probability is None or count > 1:
            message = "each alternative is one atom with a probability"
            raise cursor.wrong(message, "as in `0.6::p(a); 0.3::p(b)`")
        cursor.take()
        if cursor.peek().kind != "::":
            message = "this alternative has no probability"
            raise cursor.wrong(message, "as in `0.6::p(a); 0.3::p(b)`")
        chance = _read_probability(cursor)
        found.append((chance, _read_head_atom(cursor)))
    total = sum((chance for chance, _ in found), start=probability or Fraction(0))
    if total > 1:
        shown = f"{float(total):.6g}"
        message = f"the probabilities of these alternatives add up to {shown}, more than 1"
        raise cursor.wrong(message, "at most one of them comes true", start)
    return tuple(found)


def _read_head_atom(cursor: Cursor) -> Atom:
    if cursor.token.kind == "name" and cursor.token.text == "not" and cursor.peek().kind != "(":
        message = "a head or a fact cannot be negated"
        raise cursor.wrong(message, "leave it out: what is not stated is false")
    return read_made_atom(cursor)


def _read_probability(cursor: Cursor) -> Fraction:
    token = cursor.take()
    if token.kind != "number":
        raise cursor.wrong("a probability is a number", "as in `0.8::p(a)`", token)
    cursor.take()
    try:
        value = Fraction(token.text)
    except ZeroDivisionError:
        value = Fraction(2)
    if not 0 <= value <= 1 or len(token.text) > 40:
        raise cursor.wrong("a probability lies between 0 and 1", "", token)
    return value
