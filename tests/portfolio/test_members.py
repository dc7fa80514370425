"""Which searches take part."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.io.load import load_task
from planner.portfolio import is_parallel
from planner.portfolio.members import Member, choose_members, parse_members
from tests.conftest import ROOT

FIRST = Member("auto", "h_add", 7)


def test_a_list_names_searches_guides_and_seeds():
    text = "portfolio: relay | astar with lm_cut | mcts:improve=true seed 3"

    assert parse_members(text, FIRST) == (
        Member("relay", "h_add", 7),
        Member("astar", "lm_cut", 7),
        Member("mcts:improve=true", "h_add", 3),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("portfolio: relay || astar", "is not a search"),
        ("portfolio: relay astar", "is not a search"),
        ("portfolio: rely", "did you mean `relay`"),
        ("portfolio: relay with h_f", "did you mean `h_ff`"),
        ("portfolio: relay seed x", "is not a search"),
        ("portfolio: portfolio:relay", "cannot take part in another"),
        ("portfolio: lazy:explore=-1", "explore must be at least 0"),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(InputError, match=message.replace("`", ".")):
        parse_members(text, FIRST)


def test_the_search_that_was_asked_for_comes_first_and_no_two_are_alike():
    task = load_task(ROOT / "rules/blocksworld/tasks/three-blocks.yaml")
    for count in (1, 2, 5, 9):
        for asked in ("auto", "gbfs"):
            first = Member(asked, None, 0)

            members = choose_members(task, first, count, has_model=False, improve=False)

            assert members[0] is first
            assert len(members) == len(set(members)) == count


@pytest.mark.parametrize(
    ("search", "jobs", "parallel"),
    [
        ("auto", None, False),
        ("auto", 1, False),
        ("auto", 2, True),
        ("portfolio", None, True),
        ("portfolio:relay", 1, True),
    ],
)
def test_what_runs_in_several_processes(search, jobs, parallel):
    assert is_parallel(search, jobs) is parallel
