"""Probabilities from the first token of an answer that names a step by its number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.models.served.client import Malformed
from planner.models.served.strategy import choices_of, menu_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import FloatArray
    from planner.models.rendering import Situation
    from planner.models.served.client import Client

__all__ = ["Menu"]

_PAGE = 9
"""Entries of one menu: many tokenizers cut 10 into 1 and 0, so only digits are single tokens."""


@dataclass(frozen=True, slots=True)
class Menu:
    """One token decides among at most nine steps.

    More steps are shown on several pages, and a last menu chooses among the best of each page: a
    step's probability is that of its page's best in the last menu times its own within the page.
    """

    @property
    def name(self) -> str:
        """``menu``."""
        return "menu"

    def judge(self, client: Client, situations: Sequence[Situation]) -> list[FloatArray]:
        """See `planner.models.served.strategy.Strategy`."""
        entries = [(s, list(range(len(s.steps)))) for s in situations]
        return _choose(client, entries)


def _choose(client: Client, entries: list[tuple[Situation, list[int]]]) -> list[FloatArray]:
    """For each situation the log-probability of each of the places listed."""
    pages = [(s, page) for s, places in entries for page in _pages(places)]
    answers = iter(_ask(client, pages))
    found: list[FloatArray] = []
    finals: list[tuple[Situation, list[int]]] = []
    within: list[list[FloatArray]] = []
    for situation, places in entries:
        own = _pages(places)
        within.append([next(answers) for _ in own])
        if len(own) > 1:
            best = [page[int(np.argmax(p))] for page, p in zip(own, within[-1], strict=True)]
            finals.append((situation, best))
    among = iter(_choose(client, finals)) if finals else iter(())
    for parts in within:
        if len(parts) == 1:
            found.append(parts[0])
        else:
            pages_won = next(among)
            found.append(np.concatenate([p + w for p, w in zip(parts, pages_won, strict=True)]))
    return found


def _pages(places: list[int]) -> list[list[int]]:
    """Pages of nearly equal length."""
    count = -(-len(places) // _PAGE)
    return [part.tolist() for part in np.array_split(np.array(places), count)]


def _ask(client: Client, pages: list[tuple[Situation, list[int]]]) -> list[FloatArray]:
    several = [(s, page) for s, page in pages if len(page) > 1]
    bodies = [
        {
            "messages": menu_of(situation, page),
            "max_tokens": 4,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": 20,
        }
        for situation, page in several
    ]
    answers = iter(client.ask("/chat/completions", bodies) if bodies else ())
    return [_read(next(answers), len(page)) if len(page) > 1 else np.zeros(1) for _, page in pages]


def _read(answer: Mapping[str, object], count: int) -> FloatArray:
    """Log-probabilities of the numbers 1 to ``count`` where the first of them could stand."""
    choice = choices_of(answer, "/chat/completions")[0]
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not content:
        raise Malformed("the model server gives no log-probabilities of its answer: use mode=votes")
    for position in content:
        mass = _numbers_at(position, count)
        if mass:
            return _normal(mass, count)
    said = "".join(str(p.get("token", "")) for p in content if isinstance(p, dict))
    raise Malformed(f"the model server was asked for a number of 1 to {count}, it said {said!r}")


def _numbers_at(position: object, count: int) -> dict[int, float]:
    """Log-probability of each number among the likeliest tokens of one position."""
    top = position.get("top_logprobs") if isinstance(position, dict) else None
    mass: dict[int, float] = {}
    for entry in top if isinstance(top, list) else []:
        if not isinstance(entry, dict):
            continue
        token, value = str(entry.get("token", "")).strip().rstrip("."), entry.get("logprob")
        if token.isdecimal() and 1 <= int(token) <= count and isinstance(value, int | float):
            # `1` and ` 1` are different tokens that mean the same.
            number = int(token)
            mass[number] = float(np.logaddexp(mass.get(number, -math.inf), float(value)))
    return mass


def _normal(mass: dict[int, float], count: int) -> FloatArray:
    """Numbers not among the likeliest tokens are a little less likely than the last of them."""
    least = min(mass.values()) - math.log(2)
    scores = np.array([max(-1e6, mass.get(n, least)) for n in range(1, count + 1)])
    normal: FloatArray = scores - np.logaddexp.reduce(scores)
    return normal
