"""Names that mean one thing in PDDL and would mean another in knowledge, kept apart reversibly.

In PDDL a type, a predicate and a function may share a name. In knowledge the name of a type is
itself a unary predicate, functions are predicates, and ``int``, ``number`` and ``string`` are
built-in types. So, on the way in,

* a predicate named like a type becomes ``is-NAME``,
* a function named like a predicate or a type becomes ``value-NAME``,
* a type named like a built-in type becomes ``type-NAME``,

and a name that already looks like the outcome (``is-NAME`` beside a type ``NAME``) gets the prefix
once more, so that different names stay different and `unescape` finds the way back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = [
    "CONNECTIVES",
    "FUNCTION_PREFIX",
    "PREDICATE_PREFIX",
    "TYPE_PREFIX",
    "escape",
    "is_name",
    "unescape",
]

TYPE_PREFIX = "type-"
PREDICATE_PREFIX = "is-"
FUNCTION_PREFIX = "value-"

CONNECTIVES = frozenset({"and", "or", "not", "imply", "forall", "exists", "when", "=", "either"})
"""Words that begin a formula or a type, and so name nothing."""

# Visible ASCII but quotes, parentheses, `:`, `;`, `?`, `|` and upper case.
_NAME = re.compile(r"[!#-&*+,./0-9<->@\[-{}~-]+")


def is_name(word: object) -> bool:
    """Whether a word of a file may name something; stricter readers take fewer, in all files we
    know of letters, digits, ``-`` and ``_``."""
    if not isinstance(word, str) or word == "-" or word in CONNECTIVES:
        return False
    return _NAME.fullmatch(word) is not None


def escape(name: str, taken: Container[str], prefix: str) -> str:
    """The name in knowledge.

    >>> escape("block", {"block"}, "is-"), escape("is-block", {"block"}, "is-")
    ('is-block', 'is-is-block')
    >>> escape("clear", {"block"}, "is-")
    'clear'
    """
    core = name
    while True:
        if core in taken:
            return prefix + name
        if not core.startswith(prefix):
            return name
        core = core[len(prefix) :]


def unescape(name: str, taken: Container[str], prefix: str) -> str:
    """The name in PDDL, or the name itself where `escape` cannot have made it."""
    shorter = name.removeprefix(prefix)
    return shorter if shorter != name and escape(shorter, taken, prefix) == name else name
