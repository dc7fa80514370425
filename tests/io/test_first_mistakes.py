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
