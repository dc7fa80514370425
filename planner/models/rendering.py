"""States, goals and steps as plain text, for language models that read any rule base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.formulas import show

if TYPE_CHECKING:
    from planner.interfaces import IntArray, StepSpace, Table

__all__ = ["Situation", "TaskText"]

_MOST_STATIC = 200
"""Facts that never change which are written out; with more of them prompts would be all facts."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One state with its legal steps, as text.

    Attributes:
        prompt: what is known, ending where the next step would follow.
        steps: each legal step by name, ``(stack a b)``; they differ.
        sentences: each step in words, or ``""``.
    """

    prompt: str
    steps: tuple[str, ...]
    sentences: tuple[str, ...]


class TaskText:
    """Writes what a space's states say, what stays the same first.

    Prompts of one task so begin alike, and what they share is read once by models that keep it.
    """

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._names = list(space.task.rules.predicates)
        self._always = self._static()

    def prompt(self, state: int) -> str:
        """What a model reads of a state before it names a step."""
        true = self._space.true_atoms(state).tolist()
        sentences = [self._sentence(self._space.atoms, number) for number in true]
        return (
            f"Goal: {show(self._space.task.goal)}.\n{self._always}"
            f"State: {', '.join(sentences)}.\nThe best next step:"
        )

    def situation(self, state: int, steps: IntArray) -> Situation:
        """A state with its legal steps."""
        described = [self._space.describe(int(step)) for step in steps]
        names = tuple(str(step) for step in described)
        return Situation(self.prompt(state), names, tuple(step.text for step in described))

    def _static(self) -> str:
        static = self._space.static
        count = len(static)
        if not count:
            return ""
        shown = [self._sentence(static, number) for number in range(min(count, _MOST_STATIC))]
        rest = f", and {count - _MOST_STATIC} more" if count > _MOST_STATIC else ""
        return f"Always true: {', '.join(shown)}{rest}.\n"

    def _sentence(self, table: Table, number: int) -> str:
        constants = self._space.constants
        arguments = [str(constants[a]) for a in table.arguments[number].tolist() if a >= 0]
        name = self._names[int(table.symbol[number])]
        meaning = self._space.task.rules.predicates[name].meaning
        for place, argument in enumerate(arguments):
            meaning = meaning.replace(f"{{{place}}}", argument).replace(f"<{place}>", argument)
        return meaning or " ".join([name, *arguments])
