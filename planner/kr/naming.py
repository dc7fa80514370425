"""Is an action called what its own text calls it?

Nothing else in a rule base needs to say an action's name, so a slip of the pen in it can only be
told from the action's ``text:``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.diagnostics import slips_between
from planner.kr.places import locate

if TYPE_CHECKING:
    from planner.kr.actions import ActionSchema
    from planner.kr.places import Findings

__all__ = ["check_action_name"]

_PLACEHOLDER = re.compile(r"\{[^{}]*\}|<[^<>]*>")
_ENDINGS = ("", "s", "es", "d", "ed", "ing")
_SHORTEST = 4
"""Shorter words are too often one letter from another (put, cut, out)."""


def check_action_name(action: ActionSchema, findings: Findings) -> None:
    """Warn where a part of the name is one slip from a word of the text that lacks the name.

    The first part is compared with the first word alone, where a sentence has its verb; the others
    with every word; a name of several parts with as many words in a row.
    """
    words = re.findall(r"[^\W\d_]+", _PLACEHOLDER.sub(" ", action.text).lower())
    parts = re.split(r"[-_]", action.name.lower())
    meant = _meant(parts, words)
    if meant:
        message = f"the text of `{action.name}` calls it `{meant}`"
        place = locate(action.span, action.name)
        findings.warn("action-name", message, place, f"did you mean `{meant}`?")


def _meant(parts: list[str], words: list[str]) -> str:
    """The name that the words give an action, where it is one slip from the name it has."""
    known = {form for word in words for form in _forms(word)}
    strange = [p for p in parts if p not in known and not any(f in words for f in _forms(p))]
    if strange and len(parts) > 1:
        phrase = _one_slip_away("-".join(parts), _phrases(words, len(parts)))
        if phrase:
            return phrase
    for part in strange:
        at = parts.index(part)
        other = _one_slip_away(part, words if at else words[:1])
        if other:
            return "-".join([*parts[:at], other, *parts[at + 1 :]])
    return ""


def _phrases(words: list[str], length: int) -> list[str]:
    """So many words in a row, the first, a verb perhaps, also without its ending."""
    starts = range(len(words) - length + 1)
    return [
        "-".join([first, *words[at + 1 : at + length]])
        for at in starts
        for first in sorted(_bare(words[at]), key=len)
    ]


def _forms(word: str) -> tuple[str, ...]:
    """The word itself, without an ending, and with one; ``aboard`` for ``board``."""
    longer = [stem + ending for stem in (word, word[:-1]) for ending in _ENDINGS[1:]]
    return (*_bare(word), *longer, f"a{word}", f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")


def _bare(word: str) -> list[str]:
    return [word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)]


def _one_slip_away(part: str, words: list[str]) -> str:
    """The word, stripped of an ending, that differs from ``part`` in one slip of the pen."""
    for word in words:
        for stem in _bare(word):
            long_enough = min(len(part) + 1, len(stem)) >= _SHORTEST
            if long_enough and slips_between(part, stem, 1) == 1:
                return stem
    return ""
