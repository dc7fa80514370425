"""Where answers and converted models are kept between runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["user_cache"]


def user_cache() -> Path:
    """The planner's folder among the user's caches; ``PLANNER_CACHE`` names another.

    The folder need not exist.
    """
    named = os.environ.get("PLANNER_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "planner" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "planner"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "planner"
