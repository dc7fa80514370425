"""A slip of the pen in an action's name is told from the action's text."""

from __future__ import annotations

import pytest

from planner.errors import RuleFileError
from planner.io.load import load_rules_text
from planner.kr.actions import ActionSchema
from planner.kr.naming import check_action_name
from planner.kr.places import Findings


def suggestion(name: str, text: str) -> str:
    findings = Findings()
    check_action_name(ActionSchema(name, text=text), findings)
    return findings.found[0].suggestion if findings.found else ""


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("dirve", "drive {t} from {a} to {b}", "drive"),
        ("rebuiild", "{p} rebuilds {db}", "rebuild"),
        ("rol-lback", "{p} rolls back {s}", "roll-back"),
        ("put-donw", "put {x} down on the table", "put-down"),
        ("pick-tp", "pick up {x}", "pick-up"),
        ("restore-traffci", "{p} restores traffic to {s}", "restore-traffic"),
        ("drai", "<p> drains <s>", "drain"),
    ],
)
def test_a_misspelt_name_is_noticed(name: str, text: str, meant: str) -> None:
    assert suggestion(name, text) == f"did you mean `{meant}`?"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drive", "drive {t} from {a}"),
        ("stop", "{p} stopped {s}"),
        ("board", "{p} goes aboard {e}"),
        ("load", "put {p} from the road into {v}"),
        ("cut", "trim {x} out"),
        ("take", "{p} is taking {x}"),
        ("flush-cache", "{p} flushes the cache of {s}"),
        ("anything", ""),
    ],
)
def test_other_words_are_left_alone(name: str, text: str) -> None:
    assert suggestion(name, text) == ""


def test_a_predicate_is_not_named_like_a_type() -> None:
    text = (
        "rulebase: b\ntypes: {phase: object}\n"
        "predicates:\n  phase(phase): it is {0}\n  next(phase, phase): ''\n"
        "rules:\n  - if: next(?x, ?y) and phase(?x)\n    then: next(?y, ?x)\n"
    )

    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text)

    found = [d for d in caught.value.diagnostics if d.code == "type-and-predicate"]
    assert [d.span.line for d in found] == [4]
    assert "is-phase" in found[0].suggestion
