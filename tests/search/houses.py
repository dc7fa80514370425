"""Houses with lamps, for which there is a rule, and a safe with dials, for which there is none."""

from __future__ import annotations

from planner.io.load import load_task_text
from planner.kr.task import Task

__all__ = ["DIALS", "house"]

DIALS = 12

_HOUSE = """
task: house
types: {{lamp: object, dial: object}}
predicates:
  lit(lamp): ""
  wired(lamp): ""
  dark(lamp): ""
  set(dial): ""
  opened: ""
{rules}
actions:
  light(?l - lamp):
    if: {condition}
    then: lit(?l)
  turn(?d - dial):
    if: not set(?d)
    then: set(?d)
  open-safe:
    if: {all_set}
    then: opened
control:
  - for: lit(?l)
    if: wired(?l)
    prefer: light(?l)
objects: {{lamp: [l0, l1, l2, l3], dial: [{dials}]}}
init: [{wired}]
goal: {goal}
"""

_DARK = """rules:
  - if: lamp(?l) and not lit(?l)
    then: dark(?l)"""


def house(*goals: str, wired: int = 4, derived: bool = False) -> Task:
    """Four lamps, the first so many of them wired, and a safe.

    Where ``derived`` a lamp is lit only where it is dark, a derived fact that actions change: such
    a task has to be grounded.
    """
    dials = [f"d{number}" for number in range(DIALS)]
    return load_task_text(
        _HOUSE.format(
            rules=_DARK if derived else "",
            condition="wired(?l) and dark(?l)" if derived else "wired(?l)",
            all_set=" and ".join(f"set({dial})" for dial in dials),
            dials=", ".join(dials),
            wired=", ".join(f"wired(l{number})" for number in range(wired)),
            goal=" and ".join(goals),
        )
    )
