"""What a user says of a model server: its URL, and options after ``#``.

``http://localhost:8000/v1#model=qwen,mode=menu,tokens=100000`` is one argument of ``--model``,
written like the options of searches and guides. What follows ``#`` is never sent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from planner.diagnostics import suggest
from planner.errors import InputError
from planner.models.user_cache import user_cache

__all__ = ["LONG_ANSWER_S", "MODES", "SHORT_ANSWER_S", "ServerOptions", "parse_server"]

SHORT_ANSWER_S, LONG_ANSWER_S = 60.0, 900.0

MODES = ("auto", "logprobs", "menu", "votes")
_FALLBACKS = ("none", "uniform")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to ask a server.

    Attributes:
        url: up to and without ``/completions``.
        model: its name on the server; empty asks the server, which must then have just one.
        mode: ``logprobs``, ``menu`` or ``votes``; ``auto`` takes the first that works.
        samples: answers that ``votes`` counts.
        calls, tokens: requests made, and tokens the server reports, after which a run ends with
            the limit ``model_calls``; ``None`` is no bound. Kept answers cost nothing.
        timeout: seconds to wait for one answer; ``None`` is `SHORT_ANSWER_S`, or `LONG_ANSWER_S`
            where more than a line is to be written.
        retries: further tries after a failure that may pass (429, 5xx, no or broken answer).
        cache: folder of kept answers, ``none`` for none.
        offline: answer from the cache only and never open a connection.
        fallback: ``uniform`` goes on without the server when it fails; ``none`` ends the run.
        parallel: requests under way at a time.
    """

    url: str
    model: str = ""
    mode: str = "auto"
    samples: int = 5
    calls: int | None = None
    tokens: int | None = None
    timeout: float | None = None
    retries: int = 3
    cache: str = ""
    offline: bool = False
    fallback: str = "none"
    parallel: int = 1

    def __post_init__(self) -> None:
        _one_of("mode", self.mode, MODES)
        _one_of("fallback", self.fallback, _FALLBACKS)
        at_least_one = {"samples": self.samples, "parallel": self.parallel}
        bounds = {"retries": self.retries, "calls": self.calls, "tokens": self.tokens}
        for name, value in at_least_one.items():
            if value < 1:
                raise InputError(f"model server: {name} must be at least 1, not {value}")
        for name, bound in bounds.items():
            if bound is not None and bound < 0:
                raise InputError(f"model server: {name} must be at least 0, not {bound}")
        if self.timeout is not None and not 0 < self.timeout <= 86_400:
            raise InputError(f"model server: timeout must be between 0 and 86400 s: {self.timeout}")

    @property
    def folder(self) -> Path | None:
        """Where answers are kept, ``None`` for nowhere."""
        if self.cache == "none":
            return None
        return Path(self.cache) if self.cache else user_cache() / "answers"


def parse_server(text: str) -> ServerOptions:
    """Read ``URL[#key=value,...]``.

    >>> parse_server("http://localhost:8000/v1#mode=menu,calls=20").calls
    20

    Raises:
        InputError: for something that is no URL, an unknown key or a value of the wrong kind.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises on a port that is no number
    except ValueError as error:
        raise InputError(f"`{text}` is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"`{text}` is not the URL of a model server, such as http://host:8000/v1")
    if parts.username or parts.password:
        raise InputError(
            "a model server's URL must not hold a password: put the key into the environment "
            "variable PLANNER_API_KEY or OPENAI_API_KEY"
        )
    url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), parts.query, ""))
    kinds = {f.name: str(f.type) for f in fields(ServerOptions) if f.name != "url"}
    given: dict[str, Any] = {}  # each value of the kind that its field has
    for option in filter(None, parts.fragment.split(",")):
        key, equals, value = option.partition("=")
        if not equals or key not in kinds:
            hint = suggest(key, kinds)
            raise InputError(
                f"unknown option `{option}` of a model server; "
                + (f"{hint} " if hint else "")
                + f"there are: {', '.join(f'{name}=' for name in kinds)}"
            )
        given[key] = _value(key, value, kinds[key])
    return ServerOptions(url, **given)


def _value(key: str, text: str, kind: str) -> str | int | float | bool:
    try:
        if kind.startswith("bool"):
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("float"):
            return float(text)
    except (KeyError, ValueError):
        raise InputError(f"model server: {key} must be of type {kind}, not `{text}`") from None
    return text


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        hint = suggest(value, known)
        raise InputError(
            f"model server: unknown {name} `{value}`; "
            + (f"{hint} " if hint else "")
            + f"there are: {', '.join(known)}"
        )
