"""The page of a trace: one HTML file that needs no network."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from planner.trace.payload import payload

if TYPE_CHECKING:
    from planner.trace.reader import Trace

__all__ = ["render"]

_SCRIPTS = (
    "inflate.js",
    "data.js",
    "layout.js",
    "colours.js",
    "tree_view.js",
    "chart.js",
    "details.js",
    "plan.js",
    "main.js",
)
_PLACE = re.compile(r"@@(TITLE|STYLE|SCRIPT|DATA)@@")


def render(trace: Trace) -> str:
    """Write the page.

    Everything that comes from the trace is either base64 data, which the script shows as text
    only, or the escaped title; the page's policy forbids it to load anything.
    """
    parts = {
        "TITLE": escape(trace.header.task or "trace"),
        "STYLE": _read("style.css"),
        "SCRIPT": "\n".join(_read(name) for name in _SCRIPTS),
        "DATA": payload(trace),
    }
    return _PLACE.sub(lambda match: parts[match[1]], _read("page.html"))


def _read(name: str) -> str:
    return (files("planner.trace") / "viewer" / name).read_text(encoding="utf-8")
