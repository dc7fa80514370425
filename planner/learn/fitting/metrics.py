"""The course of a fit in files: a line of JSON at a time, and events that TensorBoard shows."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Metrics"]

_FILE, _EVENTS = "metrics.jsonl", "events.out.tfevents."
_DIGITS = 8  # of a step, in the name of a file of events


class Metrics:
    """Writes ``metrics.jsonl``, and events where tensorboardX is installed.

    Args:
        folder: where to; ``None`` writes nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, step: int, values: Mapping[str, float | None]) -> None:
        """Append what is known after a step; absent values are ``null`` and no event."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        if importlib.util.find_spec("tensorboardX") is not None:
            self._write_events(step, values)

    def rewind(self, step: int) -> None:
        """Drop the lines and events after a step: a resumed fit goes through these again."""
        for events in [] if self._folder is None else sorted(self._folder.glob(f"{_EVENTS}*")):
            if _number(events.suffix.removeprefix(".")) > step:
                events.unlink()
        path = None if self._folder is None else self._folder / _FILE
        if path is None or not path.is_file():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if _step_of(line) <= step]
        draft = path.with_name(f"{_FILE}.new")
        draft.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        draft.replace(path)

    def _write_events(self, step: int, values: Mapping[str, float | None]) -> None:
        # One short file a report instead of one kept open: a kill never leaves half an event.
        from tensorboardX import SummaryWriter

        suffix = f".{step:0{_DIGITS}d}"
        with SummaryWriter(str(self._folder), filename_suffix=suffix) as writer:
            for name, value in values.items():
                if value is not None:
                    writer.add_scalar(f"fit/{name}", value, step)


def _number(text: str) -> float:
    """The step that the name of a file of events ends with; none for files of others."""
    return float(text) if text.isdecimal() and len(text) == _DIGITS else float("-inf")


def _step_of(line: str) -> float:
    """The step of a line; a line that a kill cut off belongs to none."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
