"""Words that hold a formula in other languages, and aggregates where they may not stand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from planner.io.cursor import COMPARISONS
from planner.io.lookahead import bracket_end

if TYPE_CHECKING:
    from planner.io.cursor import Cursor

__all__ = ["AGGREGATES", "FOREIGN_WORDS", "refuse_foreign_word"]

AGGREGATES = ("count", "sum", "min", "max")
FOREIGN_WORDS = {name: name for name in AGGREGATES} | {
    "all": "forall", "every": "forall", "each": "forall", "for-all": "forall",
    "any": "exists", "some": "exists", "exist": "exists",
}  # fmt: skip
"""Each with the word of ours for it."""


def refuse_foreign_word(cursor: Cursor) -> None:
    """Refuse an aggregate where none may stand, and quantifiers of other languages.

    Predicates may have these names: only what holds a formula is refused.
    """
    word = cursor.token.text
    end = bracket_end(cursor)
    inner = cursor.tokens[cursor.index + 2 : end + 1]
    kinds = [token.kind for token in inner]
    if "atom" not in kinds and ("name", "(") not in pairwise(kinds):
        return
    meant = FOREIGN_WORDS[word]
    if meant != word:
        raise cursor.wrong(f"`{word}` is no quantifier", f"write `{meant}(?x - type, ...)`")
    after = cursor.tokens[end + 1]
    sign = after.text if after.kind in COMPARISONS else "="
    message = f"`{word}(...)` stands only after `?n =`"
    raise cursor.wrong(message, f"bind it first: `?n = {word}(...) and ?n {sign} ...`")
