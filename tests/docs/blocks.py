"""The fenced blocks of a document, in order, each with its section and place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^(`{3,})(.*)$")


@dataclass(frozen=True)
class Block:
    """``language`` is the first word after the fence, ``words`` are the others."""

    language: str
    words: tuple[str, ...]
    text: str
    section: str
    line: int


def blocks_of(text):
    """All fenced blocks of a Markdown text."""
    found, section, opened, lines = [], "", None, []
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None:
            if line.startswith("## "):
                section = line[3:].strip()
            if fence:
                opened, lines = (fence[1], fence[2].split(), number), []
        elif fence and fence[1] == opened[0] and not fence[2]:
            words = opened[1] or [""]
            found.append(
                Block(words[0], tuple(words[1:]), "\n".join(lines) + "\n", section, opened[2])
            )
            opened = None
        else:
            lines.append(line)
    assert opened is None, f"the block of line {opened[2]} never ends"
    return found
