"""Which searches take part, by name.

``portfolio:SEARCH [with GUIDE] [seed N] | ...`` lists them in order. Without a list the first is
the search that was asked for, and the others complement it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.portfolio import is_portfolio
from planner.search.registry import check_names

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepModel
    from planner.kr.task import Task
    from planner.search.protocol import Search

__all__ = ["Member", "choose_members", "parse_members"]

_MEMBER = re.compile(r"(?P<search>\S+)(?:\s+with\s+(?P<guide>\S+))?(?:\s+seed\s+(?P<seed>-?\d+))?")

_OPEN = ("beam:complete=true", "astar", "mcts:improve=true", "regret")
_EXPLORING = "lazy:explore=2 with h_ff:costs=unit+landmarks"
"""Solved eight of the 23 development tasks that the default did not, before it explored, too; no
other single search did as much."""
_GROUND = (_EXPLORING, "bandit", "gbfs", "astar")
_PROOFS_FIRST = ("astar", _EXPLORING, "bandit", "gbfs")
_DRAWING = "bandit"
"""What is run again, with other seeds, when there are more processes than searches."""


@dataclass(frozen=True, slots=True)
class Member:
    """A search with its guide and seed; ``None`` is the guide that goes with the search."""

    search: Search | str
    guide: Guide | StepModel | str | None = None
    seed: int = 0

    def __str__(self) -> str:
        search = self.search if isinstance(self.search, str) else self.search.name
        name = self.guide if isinstance(self.guide, str) else getattr(self.guide, "name", "")
        return search + (f" with {name}" if name else "")


def parse_members(text: str, first: Member) -> tuple[Member, ...]:
    """Read ``portfolio:SEARCH [with GUIDE] [seed N] | ...``.

    Args:
        text: the names; empty where nothing follows ``portfolio``.
        first: whose guide and seed those have that name none.

    Raises:
        InputError: for names that do not exist, and for what is not of this form.
    """
    listed = text.partition(":")[2]
    if not listed.strip():
        return ()
    return tuple(_parse_one(part.strip(), first) for part in listed.split("|"))


def _parse_one(text: str, first: Member) -> Member:
    match = _MEMBER.fullmatch(text)
    if match is None:
        raise InputError(
            f"`{text}` in a portfolio is not a search; write SEARCH [with GUIDE] [seed N], "
            "and `|` between them, such as `portfolio:relay | astar with lm_cut`"
        )
    search, guide = match["search"], match["guide"]
    if is_portfolio(search):
        raise InputError(f"`{text}`: a portfolio cannot take part in another one")
    check_names(search, guide)
    seed = first.seed if match["seed"] is None else int(match["seed"])
    return Member(search, first.guide if guide is None else guide, seed)


def choose_members(
    task: Task, first: Member, count: int, *, has_model: bool, improve: bool
) -> tuple[Member, ...]:
    """The search that was asked for, and others that are good where it is not.

    Args:
        task: what is to be solved.
        first: the search that was asked for.
        count: how many.
        has_model: whether a step model guides the first.
        improve: whether cheapest plans are wanted, so that a proof may as well begin at once.
    """
    from planner.spaces.open_task import is_open

    if is_open(task):
        names: tuple[str, ...] = _OPEN
    else:
        names = _PROOFS_FIRST if improve else _GROUND
        if has_model or task.rules.control:
            names = ("relay", *names)
    asked = first.search if isinstance(first.search, str) else first.search.name
    alone = Member("auto", None, first.seed)
    others = [_parse_one(name, alone) for name in names if name != asked]
    members = [first, *others][:count]
    repeated = Member(_DRAWING, None, first.seed)
    more = range(1, count - len(members) + 1)
    return (*members, *(replace(repeated, seed=first.seed + number) for number in more))
