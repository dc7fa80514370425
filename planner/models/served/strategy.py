"""How a server's answers become probabilities of steps: what the three ways share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.models.served.client import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import FloatArray
    from planner.models.rendering import Situation
    from planner.models.served.client import Client

__all__ = ["INSTRUCTIONS", "Strategy", "choices_of", "menu_of", "text_of"]

INSTRUCTIONS = (
    "You choose the next step of a plan. You are given the goal, the current state and a numbered "
    "list of the steps that are legal now. Answer with the number of the step that leads to the "
    "goal soonest, and with nothing else."
)


class Strategy(Protocol):
    """A way to ask for the next step."""

    @property
    def name(self) -> str:
        """As written after ``mode=``."""
        ...

    def judge(self, client: Client, situations: Sequence[Situation]) -> list[FloatArray]:
        """For each situation the log-probability of each of its steps; at least two steps each.

        Raises:
            ModelServerError: when the server cannot or does not answer.
        """
        ...


def choices_of(answer: Mapping[str, object], what: str) -> list[Mapping[str, object]]:
    """The list ``choices`` of an answer.

    Raises:
        Malformed: when there is none.
    """
    choices = answer.get("choices")
    entries = choices if isinstance(choices, list) else []
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        found = str(answer)[:200]
        raise Malformed(f"the model server's answer to {what} has no `choices`: {found}")
    return entries


def text_of(choice: Mapping[str, object]) -> str:
    """What a choice says."""
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else choice.get("text")
    return content if isinstance(content, str) else ""


def menu_of(situation: Situation, places: Sequence[int]) -> list[dict[str, str]]:
    """Messages that show some of the steps, numbered from 1."""
    lines = [
        f"{number}. {situation.steps[place]}"
        + (f" {situation.sentences[place]}" if situation.sentences[place] else "")
        for number, place in enumerate(places, start=1)
    ]
    known = situation.prompt.rpartition("\n")[0]
    question = "\n".join([known, "Legal steps:", *lines, "Number of the best step:"])
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": question},
    ]
