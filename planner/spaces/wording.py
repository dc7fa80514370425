"""Steps in words: an action's ``text:`` with its placeholders filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.kr.terms import Text, show_expression
from planner.spaces.parameters import printed_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.actions import ActionSchema
    from planner.kr.terms import Term

__all__ = ["StepText"]

_PLACEHOLDER = re.compile(r"\{(\w[\w-]*)\}|<(\w[\w-]*)>")


class StepText:
    """The sentence of an action schema, split once at its placeholders ``{x}`` and ``<x>``.

    A placeholder that names no printed parameter stays as it is written.
    """

    def __init__(self, action: ActionSchema) -> None:
        position = {name: i for i, name in enumerate(printed_parameters(action))}
        self._parts: list[str | int] = []
        end = 0
        for match in _PLACEHOLDER.finditer(action.text):
            name = match[1] or match[2]
            if name in position:
                self._parts += [action.text[end : match.start()], position[name]]
                end = match.end()
        self._parts.append(action.text[end:])

    def fill(self, arguments: Sequence[Term]) -> str:
        """The sentence for one step, or for the steps of a pattern: a term for each parameter."""
        return "".join(
            part if isinstance(part, str) else _plain(arguments[part]) for part in self._parts
        )


def _plain(term: Term) -> str:
    return term.value if isinstance(term, Text) else show_expression(term)
