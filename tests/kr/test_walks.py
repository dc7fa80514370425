"""Which actions are walks."""

from __future__ import annotations

from planner.io.load import load_rules_text
from planner.kr.walks import Movement, movements

HEAD = """
types: {place: object, van: object, person: object}
predicates:
  at(object, place): ""
  road(place, place): ""
  drives(person, van): ""
  licensed(person, place): ""
  clear(place): ""
  seen(place): ""
actions:
  board(?p - person, ?v - van, ?l - place):
    if: at(?p, ?l) and at(?v, ?l)
    then: drives(?p, ?v) and not at(?p, ?l)
  block(?l - place):
    then: not clear(?l)
"""


def moves(condition: str, effect: str = "") -> list[Movement]:
    text = f"""{HEAD}
  move(?v - van, ?a - place, ?b - place, ?p - person):
    if: at(?v, ?a) and road(?a, ?b){condition}
    then: at(?v, ?b) and not at(?v, ?a){effect}
"""
    return list(movements(load_rules_text(text)))


def test_a_move_over_roads_is_a_plain_walk() -> None:
    (found,) = moves("")
    assert (found.dynamic, found.marks, found.needs) == (False, False, ())


def test_what_lets_one_in_changes_the_ways() -> None:
    (found,) = moves(" and clear(?b)")
    assert found.dynamic


def test_what_is_left_behind_is_a_mark_and_changes_no_way() -> None:
    (found,) = moves("", " and seen(?b)")
    assert (found.dynamic, found.marks) == (False, True)


def test_a_driver_is_needed_all_the_way() -> None:
    (found,) = moves(" and drives(?p, ?v)")
    assert [str(atom.predicate) for atom in found.needs] == ["drives"]
    assert found.companions == {"p"}


def test_a_driver_who_may_not_go_everywhere_makes_it_no_walk() -> None:
    assert moves(" and drives(?p, ?v) and licensed(?p, ?b)") == []


def test_a_driver_beside_what_lets_one_in_is_too_much() -> None:
    assert moves(" and drives(?p, ?v) and clear(?b)") == []
