"""Mistakes of a first rule base are answered once, with the word that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import RuleFileError
from planner.io.load import load_rules_text, load_task

RULES = """rulebase: lamps
types: {lamp: object}
predicates: {lit(lamp): "{0} is lit"}
actions:
  light(?l - lamp):
    if: not lit(?l)
    then: lit(?l)
"""
TASK = """task: lamps
rules: rules.yaml
objects: {lamp: [desk]}
goal: lit(desk)
"""


@pytest.mark.parametrize(
    ("rules", "code"), [(None, "unreadable-file"), ("", "empty-file"), ("a:\n  b: c\n d\n", "yaml")]
)
def test_rules_that_cannot_be_read_are_the_only_mistake(
    tmp_path: Path, rules: str | None, code: str
) -> None:
    if rules is not None:
        (tmp_path / "rules.yaml").write_text(rules)
    task = tmp_path / "task.yaml"
    task.write_text(TASK)

    with pytest.raises(RuleFileError) as caught:
        load_task(task)

    assert [d.code for d in caught.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("written", "meant"), [("effect", "then"), ("precondition", "if"), ("description", "text")]
)
def test_words_of_pddl_are_understood_in_the_message(written: str, meant: str) -> None:
    text = RULES.replace("    then:", '    text: "light {l}"\n    then:')
    text = text.replace(f"    {meant}:", f"    {written}:")

    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text)

    assert [d.code for d in caught.value.diagnostics] == ["unknown-key"]
    assert f"`{meant}`" in caught.value.diagnostics[0].suggestion


FAMILY = """rulebase: family
types: {person: object}
predicates:
  parent(person, person): "{0} is a parent of {1}"
  old(person): "{0} is old"
  age(person, int): "{0} is {1}"
  either(person, person): "{0} or {1}"
constants: {person: [ann, bob]}
facts:
  - parent(ann, bob) and age(ann, 70)
"""


@pytest.mark.parametrize(
    ("rules", "message", "suggestion"),
    [
        ("- old(?x) :- parent(?x, ?y).", "must be a mapping", "`- if: parent(?x, ?y)` and below"),
        ("- parent(?x, ann) => old(?x)", "must be a mapping", "`- if: parent(?x, ann)` and below"),
        ("- if age(?x, 70) then old(?x)", "must be a mapping", "below it `  then: old(?x)`"),
        ("elders:\n    if: age(?x, 70)\n    then: old(?x)", "must be a list", "`- name: elders`"),
        ("- when: age(?x, 70)\n    then: old(?x)", "no key `when`", "`if`"),
        ("- if: age(?x, 70)\n    conclusion: old(?x)", "no key `conclusion`", "`then`"),
        (
            "- if: count(?y, parent(?x, ?y)) > 2\n    then: old(?x)",
            "`count(...)` stands only after `?n =`",
            "`?n = count(...) and ?n > ...`",
        ),
        ("- if: all(?x, age(?x, 70))\n    then: old(ann)", "`all` is no quantifier", "`forall(?x"),
        (
            "- if: age(?x, 70) or age(?y, 70)\n    then: either(?x, ?y)",
            "`?x` has a value in one alternative of the `or` only",
            "a rule for each alternative",
        ),
    ],
)
def test_a_first_rule_in_other_words_is_answered_with_its_spelling(
    rules: str, message: str, suggestion: str
) -> None:
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(f"{FAMILY}rules:\n  {rules}\n")

    found = caught.value.diagnostics
    assert message in found[0].message
    assert suggestion in found[0].suggestion
    # What the unread rule would have used is no mistake of its own.
    assert {d.code for d in found} == {found[0].code}


def test_a_predicate_may_be_called_as_an_aggregate() -> None:
    text = FAMILY.replace("either(", "count(").replace("old(", "all(")
    text += "rules:\n  - if: count(?x, ?y) and all(?y)\n    then: all(?x)\n"

    assert len(load_rules_text(text).rules) == 1
