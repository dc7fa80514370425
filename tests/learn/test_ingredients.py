"""What data are made from has a fingerprint that changes with it, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

from planner.io.load import load_rules
from planner.learn.ingredients import ingredients
from planner.learn.tasks.examples import load_base
from tests.conftest import ROOT


def test_only_what_was_edited_has_another_fingerprint(tmp_path):
    # Given a rule base read twice.
    base = load_base(ROOT / "rules" / "blocksworld")
    before = ingredients(base, 5, 16)
    assert ingredients(load_base(ROOT / "rules" / "blocksworld"), 5, 16) == before

    # When an example, the rules that teach, or the number of tasks is another.
    task = base.examples[0]
    edited = replace(base, examples=(replace(task, goal=task.init[0]), *base.examples[1:]))
    taught = replace(base, teacher=load_rules(base.rules.source))

    # Then that is what changed.
    assert changed(before, ingredients(edited, 5, 16)) == ["the examples"]
    assert changed(before, ingredients(taught, 5, 16)) == ["the learned rules"]
    assert changed(before, ingredients(base, 4, 16)) == ["the number of tasks"]


def changed(before, after):
    return [name for name in before if before[name] != after[name]]
