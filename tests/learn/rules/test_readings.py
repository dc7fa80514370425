"""Learned rules read aloud in the words of the rule base."""

import pytest

from planner.io.learned_file import load_learned_text
from planner.io.load import load_rules_text
from planner.learn.rules.options import Advice
from planner.learn.rules.readings import readings

RULES = """
types: {block: object, room: object}
predicates:
  on(block, block): "{0} is on {1}"
  clear(block): "nothing is on {0}"
  holding(block): the hand holds <0>
  robot(room): "the robot is in {0}"
  in(block, room): "{0} lies in {1}"
  wet(block):
actions:
  stack(?b - block, ?to - block):
    if: holding(?b)
    then: on(?b, ?to) and clear(?b) and not holding(?b) and not clear(?to)
    text: "stack {b} on <to>"
  pick(?b - block, ?r - room):
    if: in(?b, ?r) and robot(?r)
    then: holding(?b) and not in(?b, ?r)
    text: "pick up {b}"
  go(?a - room, ?b - room):
    if: robot(?a)
    then: robot(?b) and not robot(?a)
    text: "go from {a} to {b}"
  mute(?b - block):
    then: wet(?b)
"""


def told(text, rules=RULES):
    base = load_rules_text(rules)
    learned = load_learned_text(f"learned_from: x\n{text}", base)
    return readings(Advice(learned.control, learned.orders, {}), base)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "{name: a, for: 'on(?x, ?y)', if: 'holding(?x) and clear(?y)',"
            " prefer: 'stack(?x, ?y)'}",
            "So that ?x is on ?y: if the hand holds ?x and nothing is on ?y, stack ?x on ?y.",
        ),
        (
            "{name: a, for: 'on(?x, ?y)', if: 'robot(?from) and in(?x, ?to)',"
            " do: ['walk robot from ?from to ?to', 'pick(?x, ?to)']}",
            "So that ?x is on ?y: if the robot is in ?from and ?x lies in ?to, "
            "go from ?from to ?to, then pick up ?x.",
        ),
        (
            "{name: a, if: 'holding(?x) and on+(?y, ?z) and not on(?, ?z) and ?x != ?y',"
            " prefer: 'stack(?x, ?y)'}",
            "If the hand holds ?x, ?y is on ?z (directly or through others), it is not so that "
            "something is on ?z and ?x is not ?y, stack ?x on ?y.",
        ),
        (
            "{name: a, for: 'on(?x, ?y)', if: 'robot(?from) and in(?x, ?to)', run: first,"
            " do: ['walk robot from ?from to ?to', 'pick(?x, ?to)', 'stack(?x, ?y)']}",
            "So that ?x is on ?y: if the robot is in ?from and ?x lies in ?to, "
            "go from ?from to ?to, then pick up ?x; later stack ?x on ?y.",
        ),
        (
            "{name: a, for: 'on(?x, ?y)', if: 'wet(?x)', prefer: 'stack(?x, ?y)'}",
            "So that ?x is on ?y: if wet(?x), stack ?x on ?y.",
        ),
    ],
)
def test_a_rule_is_a_sentence(rule, sentence):
    assert told(f"control: [{rule}]") == {"a": sentence}


def test_an_order_is_a_sentence():
    orders = "order: ['on(?, ?x) after on(?y, ?) if on+(?x, ?y)', 'on(?, ?x) after on(?x, ?)']"

    assert told(orders) == {
        "on(?, ?x) after on(?y, ?) if on+(?x, ?y)": (
            "That something is on ?x waits until ?y is on something, if ?x is on ?y "
            "(directly or through others)."
        ),
        "on(?, ?x) after on(?x, ?)": "That something is on ?x waits until ?x is on something.",
    }


def test_what_has_no_words_is_not_read():
    assert told("control: [{name: a, for: 'wet(?x)', prefer: 'pick(?x, ?r)', if: 'in(?x, ?r)'}]",
                ) == {}  # fmt: skip
    assert told("control: [{name: a, prefer: 'mute(?x)', if: 'holding(?x)'}]") == {}
    assert told("order: ['wet(?x) after wet(?y) if on(?x, ?y)']") == {}
