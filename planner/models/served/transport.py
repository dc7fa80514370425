"""HTTP to a model server, and nothing but HTTP: a transport can be swapped for a recorded one."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from planner.errors import ModelServerError

if TYPE_CHECKING:
    from email.message import Message

__all__ = ["HttpTransport", "Reply", "Transport", "Unreachable", "api_key"]

_LOG = logging.getLogger(__name__)
_LARGEST = 64 * 2**20  # bytes of one answer


class Unreachable(ModelServerError):
    """No answer came, or none that was whole: trying again may help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came.

    Attributes:
        retry_after: seconds the server asks to wait, ``None`` when it says nothing.
    """

    status: int
    body: bytes
    retry_after: float | None = None


class Transport(Protocol):
    """Carries one request to the server."""

    def send(self, url: str, body: bytes | None, timeout: float) -> Reply:
        """POST a JSON body, or GET without one.

        Raises:
            Unreachable: when no whole answer came within ``timeout`` seconds.
        """
        ...


def api_key() -> str:
    """The key for model servers from the environment, or ``""``."""
    return os.environ.get("PLANNER_API_KEY") or os.environ.get("OPENAI_API_KEY") or ""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to whoever is named in it."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Refuse."""


class HttpTransport:
    """Requests over urllib. The key goes into a header and is kept nowhere else."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(_NoRedirects())
        self._warned = False

    def send(self, url: str, body: bytes | None, timeout: float) -> Reply:
        """See `Transport.send`."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = api_key()
        if key and self._may_carry_key(url):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                body = answer.read(_LARGEST)
                if len(body) < min(_LARGEST, int(answer.headers.get("Content-Length") or 0)):
                    raise http.client.IncompleteRead(body)
                return _reply(answer.status, body, answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, _rest_of(error), error.headers)
        except urllib.error.URLError as error:
            raise Unreachable(f"cannot be reached: {error.reason}") from error
        except TimeoutError as error:
            raise Unreachable(f"did not answer within {timeout:g} s") from error
        except http.client.IncompleteRead as error:
            raise Unreachable("broke off in the middle of an answer") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable(f"failed: {error!r}") from error

    def _may_carry_key(self, url: str) -> bool:
        """Whether nobody on the way can read the key."""
        parts = urlsplit(url)
        if parts.scheme == "https" or _is_local(parts.hostname or ""):
            return True
        if not self._warned:
            _LOG.warning("the API key is not sent to %s, since http is not encrypted", parts.netloc)
            self._warned = True
        return False


def _rest_of(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_LARGEST)
    except (OSError, http.client.HTTPException):
        return b""  # the status says enough


def _reply(status: int, body: bytes, headers: Message) -> Reply:
    wait = headers.get("Retry-After", "")
    return Reply(status, body, float(wait) if wait.isdigit() else None)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
