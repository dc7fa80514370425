"""Annotated disjunctions in files: read, written back, and explained where they are wrong."""

from __future__ import annotations

from fractions import Fraction

import pytest

from planner.diagnostics import Severity
from planner.errors import RuleFileError
from planner.io.dump import dump_rules
from planner.io.load import load_rules_text, load_task_text

RULES = """\
rulebase: balls
types: {ball: object, tint: object}
predicates:
  colour(ball, tint): "{0} is {1}"
  heavy(ball): "{0} is heavy"
  level(ball, int): "{0} has level {1}"
constants: {ball: [p, q], tint: [red, green, blue]}
facts:
  - 0.6::colour(p, red); 0.3::colour(p, blue)
  - 0.5::heavy(p)
judge:
  level: {classes: [1, 2.5, '"high"', red]}
rules:
  - name: painted
    if: ball(?b) and heavy(?b)
    then: 1/3::colour(?b, red); 1/3::colour(?b, green); 1/3::colour(?b, blue)
  - if: colour(?b, red)
    then: 0.2::heavy(?b)
"""


def test_alternatives_are_rules_of_one_group() -> None:
    base = load_rules_text(RULES)

    groups = [(rule.group, rule.probability) for rule in base.rules]
    assert groups[:2] == [(1, Fraction(3, 5)), (1, Fraction(3, 10))]
    assert groups[2:5] == [(2, Fraction(1, 3))] * 3
    assert groups[5] == (None, Fraction(1, 5))
    assert base.rules[0].span.line == 9


def test_writing_and_reading_gives_the_same_rules() -> None:
    base = load_rules_text(RULES)

    again = load_rules_text(dump_rules(base))

    assert again == base
    assert again.judges == base.judges


def test_two_rule_bases_keep_their_groups_apart(tmp_path) -> None:
    (tmp_path / "one.yaml").write_text(RULES)
    text = """
task: both
rules:
  - one.yaml
  - if: ball(?b)
    then: 0.4::heavy(?b); 0.1::colour(?b, red)
goal: heavy(?b)
"""

    task = load_task_text(text, folder=tmp_path)

    assert [rule.group for rule in task.rules.rules][-2:] == [3, 3]


@pytest.mark.parametrize(
    ("head", "message", "hint"),
    [
        (
            "0.6:: colour(?b, red); 0.3:: colour(?b, blue)",
            "no blank",
            "0.6::colour(?b, red); 0.3::",
        ),
        ("0.6::colour(?b, red); 0.5::colour(?b, blue)", "add up to 1.1", "at most one"),
        ("0.6::colour(?b, red); colour(?b, blue)", "no probability", "0.6::p(a)"),
        ("colour(?b, red); 0.5::colour(?b, blue)", "one atom with a probability", "0.6::p(a)"),
        ("colour(?b, red) or colour(?b, blue)", "cannot be a choice", "0.4::p(b)"),
    ],
)
def test_mistakes_are_explained_with_their_place(head: str, message: str, hint: str) -> None:
    lines = [
        "predicates: {'colour(ball, tint)': a colour}",
        "types: [ball, tint]",
        "constants: {tint: [red, blue]}",
        "rules:",
        "  - if: ball(?b)",
        f"    then: {head}",
    ]

    with pytest.raises(RuleFileError) as caught:
        load_rules_text("\n".join(lines))

    first = next(d for d in caught.value.diagnostics if d.severity is Severity.ERROR)
    assert message in first.message
    assert hint in first.suggestion
    assert first.span.line == 6


def test_a_semicolon_elsewhere_is_no_conjunction() -> None:
    with pytest.raises(RuleFileError, match="only between alternatives"):
        load_rules_text("predicates: [p, q, r]\nrules:\n  - if: p; q\n    then: r\n")


def test_tasks_with_actions_have_no_judges() -> None:
    text = """
task: acting
rules:
  types: {lamp: object}
  predicates: {lit(lamp): "{0} is lit", bright(lamp): "{0} is bright"}
  judge: {bright: {}}
  actions:
    light(?l - lamp): {if: bright(?l), then: lit(?l)}
objects: {lamp: [a]}
goal: lit(a)
"""
    with pytest.raises(RuleFileError, match="judges are for tasks without actions"):
        load_task_text(text)
