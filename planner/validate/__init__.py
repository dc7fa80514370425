"""The independent validator of plans: it shares only the knowledge types with the rest."""

from __future__ import annotations

from planner.validate.check import validate
from planner.validate.verdict import Verdict

__all__ = ["Verdict", "validate"]
