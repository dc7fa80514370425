"""Open lists."""

from __future__ import annotations

from planner.search.open_list import Alternation, OpenList


def test_least_key_first_then_least_tie_then_first_come():
    queue: OpenList[str] = OpenList()
    for item, key, tie in (("d", 2, 0), ("b", 1, 5), ("a", 1, 2), ("c", 1, 5)):
        queue.push(item, key, tie)
    assert [queue.pop()[0] for _ in range(len(queue))] == ["a", "b", "c", "d"]


def test_lists_take_turns_and_a_boost_favours_the_preferred():
    # Given two items in each list of one pair
    lists: Alternation[str] = Alternation(1)
    for item in ("r1", "r2", "r3"):
        lists.push(0, item, 1, 0, preferred=False)
    for item in ("p1", "p2", "p3"):
        lists.push(0, item, 1, 0, preferred=True)

    # Then they alternate, until the boost
    order = [lists.pop()[0], lists.pop()[0]]
    lists.boost(1000)
    while (entry := lists.pop()) is not None:
        order.append(entry[0])
    assert order == ["r1", "p1", "p2", "p3", "r2", "r3"]
