"""Answers kept by the content of the request, so that a run can be repeated offline."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Replay", "request_key"]

_LOG = logging.getLogger(__name__)
SCHEMA_VERSION = 1


def request_key(url: str, body: Mapping[str, object] | None) -> str:
    """SHA-256 of what is asked and where; headers, and so the key, have no part in it."""
    text = json.dumps([url, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Replay:
    """Kept answers in a file of JSON lines: version, key, request and answer.

    Lines are only ever appended. One that cannot be read, such as the last of a killed run, is
    passed over.

    Args:
        file: made when the first answer is kept; ``None`` keeps them for this run only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._answers: dict[str, dict[str, object]] = {}
        if file is not None and file.is_file():
            self._read(file)

    def find(self, key: str) -> dict[str, object] | None:
        """The answer to a request made before, or ``None``."""
        return self._answers.get(key)

    def keep(
        self, key: str, request: Mapping[str, object] | None, answer: dict[str, object]
    ) -> None:
        """Remember an answer."""
        self._answers[key] = answer
        if self._file is None:
            return
        entry = {
            "schema_version": SCHEMA_VERSION,
            "key": key,
            "request": request,
            "answer": answer,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _read(self, file: Path) -> None:
        damaged = 0
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                damaged += 1
                continue
            if _is_entry(entry):
                self._answers[entry["key"]] = entry["answer"]
            else:
                damaged += 1
        if damaged:
            _LOG.warning("%s: %d lines cannot be read and are passed over", file, damaged)


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("schema_version") == SCHEMA_VERSION
        and isinstance(entry.get("key"), str)
        and isinstance(entry.get("answer"), dict)
    )
