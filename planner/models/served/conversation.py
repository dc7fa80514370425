"""A conversation with a model server: each answer is asked for with all that was said before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.models.served.strategy import choices_of, text_of

if TYPE_CHECKING:
    from planner.models.served.client import Client

__all__ = ["Conversation"]

_ENDPOINT = "/chat/completions"


class Conversation:
    """Says one thing after the other. Answers are kept, so a conversation can be had offline.

    Args:
        client: asks the server.
        opening: what the server is to know of its part.
        longest: tokens of an answer.
    """

    def __init__(self, client: Client, opening: str, longest: int = 2_000) -> None:
        self._client = client
        self._messages = [{"role": "system", "content": opening}]
        self._longest = longest

    def say(self, text: str) -> str:
        """The answer to a text.

        Raises:
            ModelServerError: when there is none.
            ModelBudgetError: when the budget is used up.
        """
        self._messages.append({"role": "user", "content": text})
        body = {"messages": list(self._messages), "max_tokens": self._longest, "temperature": 0}
        (answer,) = self._client.ask(_ENDPOINT, [body])
        said = text_of(choices_of(answer, _ENDPOINT)[0])
        self._messages.append({"role": "assistant", "content": said})
        return said
