"""What learned rules look like to a person."""

from __future__ import annotations

import pytest

from planner.io.dump import control_lines
from planner.io.load import load_rules_text
from planner.learn.rules.options import Advice
from planner.learn.rules.wording import legend, reworded

TYPED = """
types: {car: object, place: object, van: car}
predicates:
  at(car, place): ""
  road(place, place): ""
  heavy(car): ""
  painted(car): ""
actions:
  drive(?c - car, ?from - place, ?to - place):
    if: at(?c, ?from) and road(?from, ?to)
    then: at(?c, ?to) and not at(?c, ?from)
  paint(?v - van, ?where - place):
    if: at(?v, ?where)
    then: painted(?v)
control:
  - name: painted-2
    for: painted(?x0)
    if: at(?x0, ?x1) and heavy(?x0)
    do:
      - walk at ?x0 from ?x1 to ?x2
      - paint(?x0, ?x2)
    rank: 1
  - name: painted-1
    for: painted(?x0)
    if: at(?x0, ?x1)
    prefer: paint(?x0, ?x1)
"""

UNTYPED = """
predicates:
  ball(object): ""
  at(object, object): ""
  held(object): ""
  near(object, object): ""
actions:
  take(?thing, ?spot):
    if: ball(?thing) and at(?thing, ?spot)
    then: held(?thing) and not at(?thing, ?spot)
control:
  - name: held-1
    for: held(?x0)
    if: ball(?x0) and at(?x0, ?x1) and near(?x1, ?x2)
    prefer: take(?x0, ?x1)
"""

BLOCKS = """
types: {block: object}
predicates:
  on(block, block): ""
  clear(block): ""
actions:
  move(?what - block, ?onto - block):
    if: clear(?what) and clear(?onto)
    then: on(?what, ?onto) and not clear(?onto)
control:
  - name: on-1
    for: on(?x3, ?x1)
    if: clear(?x3) and clear(?x1)
    prefer: move(?x3, ?x1)
"""


def written(text: str) -> list[str]:
    base = load_rules_text(text)
    advice = reworded(Advice(base.control, (), {}), base)
    return [line.strip() for rule in advice.control for line in control_lines(rule)]


def test_variables_are_called_by_their_narrowest_type() -> None:
    # Given rules over numbered variables.
    # When they are written for a person.
    lines = written(TYPED)
    # Then types name them.
    assert "for: painted(?van)" in lines
    assert "- walk at ?van from ?place to ?place2" in lines
    assert "- paint(?van, ?place2)" in lines


def test_rules_that_do_the_same_are_numbered_in_the_order_in_which_they_are_asked() -> None:
    # Given the rule of the higher rank first.
    # When they are written.
    lines = written(TYPED)
    # Then the other one comes first, and is number one.
    assert [line for line in lines if "name:" in line] == ["- name: paint-1", "- name: paint-2"]
    assert "rank: 1" in lines[lines.index("- name: paint-2") :]


def test_a_rule_is_named_after_what_it_does() -> None:
    # Given rules with one action, with two, with many, and for several goals.
    lines = written(
        TYPED
        + """
  - {for: painted(?x0), if: 'at(?x0, ?x1)', do: ['drive(?x0, ?x1, ?x2)', 'paint(?x0, ?x2)']}
  - for: painted(?x0)
    if: at(?x0, ?x1)
    do: ["drive(?x0, ?x1, ?x2)", "paint(?x0, ?x2)", "drive(?x0, ?x2, ?x1)", "paint(?x0, ?x1)"]
  - {for: 'at(?x0, ?x2)', if: 'at(?x0, ?x1)', prefer: 'drive(?x0, ?x1, ?x2)', rank: 2}
  - {for: painted(?x0), if: 'at(?x0, ?x1)', prefer: 'drive(?x0, ?x1, ?x2)', rank: 3}
"""
    )
    # Then its actions name it, and its goal where others do the same for another.
    names = [line.removeprefix("- name: ") for line in lines if "name:" in line]
    assert names == [
        "paint-1",
        "drive-then-paint",
        "drive-to-paint",
        "paint-2",
        "drive-for-at",
        "drive-for-painted",
    ]


def test_sources_follow_their_rules() -> None:
    # Given a source for the rule that is written last.
    base = load_rules_text(TYPED)
    # When the rules are renumbered.
    advice = reworded(Advice(base.control, (), {"painted-2": "garage"}), base)
    # Then its source is still its own.
    heavy = next(rule for rule in advice.control if rule.rank)
    assert advice.sources == {heavy.name: "garage"}


def test_without_types_a_property_or_a_parameter_names_a_variable() -> None:
    # Given a domain without types.
    # When its rule is written.
    lines = written(UNTYPED)
    # Then the ball is called one, the place as the action calls it.
    assert "if: ball(?ball) and at(?ball, ?spot) and near(?spot, ?x)" in lines


def test_variables_of_one_kind_are_letters() -> None:
    # Given a rule that speaks of blocks alone.
    # When it is written.
    lines = written(BLOCKS)
    # Then it reads like algebra.
    assert "for: on(?x, ?y)" in lines
    assert "prefer: move(?x, ?y)" in lines


def test_a_condition_is_written_once() -> None:
    # Given a rule that says twice that two blocks differ.
    lines = written(
        BLOCKS.replace("clear(?x1)\n    prefer", "?x3 != ?x1 and ?x3 != ?x1\n    prefer")
    )
    # Then it is written once.
    assert "if: clear(?x) and ?x != ?y" in lines


def test_chains_are_explained_where_they_occur() -> None:
    # Given rules with a chain of facts, or without.
    chained = load_rules_text(BLOCKS.replace("clear(?x1)\n    prefer", "on+(?x1, ?x3)\n    prefer"))
    plain = load_rules_text(BLOCKS)
    # Then the lines for the top of the file speak of it, or not.
    assert "`p+(?x, ?y)`" in " ".join(legend(Advice(chained.control, (), {})))
    assert "`p+(?x, ?y)`" not in " ".join(legend(Advice(plain.control, (), {})))


@pytest.mark.parametrize(("text", "mentioned"), [(TYPED, True), (BLOCKS, False)])
def test_only_what_occurs_is_explained(text: str, mentioned: bool) -> None:
    # Given rules with ranks and walks, or without.
    base = load_rules_text(text)
    # When lines for the top of the file are made.
    lines = " ".join(legend(Advice(base.control, (), {})))
    # Then they explain ranks and walks where these occur.
    assert ("`rank`" in lines) is mentioned
    assert ("`walk`" in lines) is mentioned
