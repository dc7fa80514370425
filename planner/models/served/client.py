"""Ask a model server: kept answers first, then requests within a budget, tried again on failure."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import ModelBudgetError, ModelServerError
from planner.models.served.options import SHORT_ANSWER_S
from planner.models.served.replay import Replay, request_key
from planner.models.served.transport import HttpTransport, Unreachable, api_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from planner.models.served.options import ServerOptions
    from planner.models.served.transport import Reply, Transport

__all__ = ["Client", "Malformed", "Refused", "Spent"]

_LOG = logging.getLogger(__name__)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_PASSING = frozenset({408, 409, 425, 429})  # and all 5xx
_SHOWN = 200  # characters of an answer in a message


class Refused(ModelServerError):
    """The server understood, and does not do that: it has no such endpoint, option or model."""


class Malformed(ModelServerError):
    """The server answered, but not what was asked."""


@dataclass(slots=True)
class Spent:
    """What a run has used up: requests sent, and tokens as the server counts them."""

    calls: int = 0
    tokens: int = 0


class Client:
    """A connection to one server.

    Attributes:
        spent: so far; kept answers cost nothing.
    """

    def __init__(
        self,
        options: ServerOptions,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.options = options
        self.spent = Spent()
        self._transport: Transport = transport or HttpTransport()
        self._sleep = sleep
        self._replay = Replay(_file_of(options))
        self._model = options.model

    @property
    def model(self) -> str:
        """The model's name on the server.

        Raises:
            ModelServerError: when none was given and the server does not have exactly one.
        """
        if not self._model:
            answer = self._one("/models", None)
            entries = answer.get("data")
            names = [
                str(entry.get("id"))
                for entry in (entries if isinstance(entries, list) else [])
                if isinstance(entry, dict) and entry.get("id")
            ]
            if len(names) != 1:
                found = f"has {', '.join(names)}" if names else "names no model"
                raise ModelServerError(self._say(f"{found}: say which with #model=NAME"))
            self._model = names[0]
        return self._model

    def ask(self, path: str, bodies: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        """Answers to requests to one endpoint, in order.

        Raises:
            ModelServerError: when one cannot be had.
            ModelBudgetError: when the budget is used up.
        """
        named = [{"model": self.model, **body} for body in bodies]
        if self.options.parallel == 1 or len(named) < 2:
            return [self._one(path, body) for body in named]
        with ThreadPoolExecutor(self.options.parallel) as pool:
            pending = [pool.submit(self._fetch, path, body) for body in named]
            try:
                return [
                    self._settle(path, b, p.result()) for b, p in zip(named, pending, strict=True)
                ]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _one(self, path: str, body: Mapping[str, object] | None) -> dict[str, object]:
        return self._settle(path, body, self._fetch(path, body))

    def _fetch(
        self, path: str, body: Mapping[str, object] | None
    ) -> tuple[dict[str, object], bool]:
        """An answer, and whether it is new."""
        kept = self._replay.find(request_key(self.options.url + path, body))
        if kept is not None:
            return kept, False
        if self.options.offline:
            where = self.options.folder or "no folder: cache=none"
            raise ModelServerError(
                self._say(f"is not asked (offline), and the answer is not kept in {where}")
            )
        self._within_budget()
        return self._try(path, body), True

    def _settle(
        self, path: str, body: Mapping[str, object] | None, fetched: tuple[dict[str, object], bool]
    ) -> dict[str, object]:
        """Count and keep a new answer; in the order of the requests, whatever came first."""
        answer, is_new = fetched
        if is_new:
            usage = answer.get("usage")
            total = usage.get("total_tokens") if isinstance(usage, dict) else None
            self.spent.tokens += total if isinstance(total, int) else 0
            self._replay.keep(request_key(self.options.url + path, body), body, answer)
        return answer

    def _within_budget(self) -> None:
        calls, tokens = self.options.calls, self.options.tokens
        if calls is not None and self.spent.calls >= calls:
            raise ModelBudgetError(self._say(f"was asked {calls} times, which is the budget"))
        if tokens is not None and self.spent.tokens >= tokens:
            raise ModelBudgetError(
                self._say(f"used {self.spent.tokens} tokens, the budget is {tokens}")
            )
        self.spent.calls += 1

    def _try(self, path: str, body: Mapping[str, object] | None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        timeout = self.options.timeout or SHORT_ANSWER_S
        for attempt in range(self.options.retries + 1):
            wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempt)
            try:
                reply = self._transport.send(self.options.url + path, data, timeout)
                if reply.status not in _PASSING and reply.status < 500:
                    return self._parse(path, reply)
                problem = f"answered {reply.status}: {_excerpt(reply.body)}"
                wait = wait if reply.retry_after is None else min(reply.retry_after, 60.0)
            except Unreachable as error:
                problem = str(error)
            if attempt < self.options.retries:
                _LOG.info("model server: %s; trying again in %g s", self._hide(problem), wait)
                self._sleep(wait)
        tries = self.options.retries + 1
        raise ModelServerError(self._say(f"{problem} ({tries} {'try' if tries == 1 else 'tries'})"))

    def _parse(self, path: str, reply: Reply) -> dict[str, object]:
        """The JSON of an answer that is one; broken JSON may be whole at the next try."""
        status, text = reply.status, _excerpt(reply.body)
        if status in (401, 403):
            hint = "wants another key" if api_key() else "wants a key"
            raise ModelServerError(
                self._say(f"{hint} (PLANNER_API_KEY or OPENAI_API_KEY): {status} {text}")
            )
        if 300 <= status < 400:
            raise ModelServerError(self._say(f"has moved ({status}): give its new URL"))
        if status >= 400:
            raise Refused(self._say(f"refused {path} with {status}: {text}"))
        try:
            answer = json.loads(reply.body)
        except ValueError as error:
            raise Unreachable(f"answered something that is not JSON: {text}") from error
        if not isinstance(answer, dict):
            raise Malformed(self._say(f"must answer with a JSON object, not {text}"))
        if "error" in answer and not answer.get("choices"):
            raise Refused(self._say(f"refused {path}: {text}"))
        return answer

    def _say(self, problem: str) -> str:
        return self._hide(f"the model server {self.options.url} {problem}")

    @staticmethod
    def _hide(text: str) -> str:
        """Servers quote requests; the key must not reach a terminal or a log."""
        key = api_key()
        return text.replace(key, "***") if key else text


def _file_of(options: ServerOptions) -> Path | None:
    folder = options.folder
    if folder is None:
        return None
    return folder / f"answers-{request_key(options.url, None)[:16]}.jsonl"


def _excerpt(body: bytes) -> str:
    text = " ".join(body.decode("utf-8", errors="replace").split())
    return repr(text[:_SHOWN] + ("..." if len(text) > _SHOWN else "")) if text else "(empty)"
