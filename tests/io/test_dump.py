"""Round trips: what is written reads back as the same values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from planner.io.dump import dump_rules, dump_task, yaml_text
from planner.io.load import load_rules, load_rules_text, load_task, load_task_text
from planner.io.nodes import Scalar, Sequence
from planner.io.problems import Problems
from planner.io.source import source_of_text
from planner.io.yaml_nodes import compose
from tests.strategies import rule_bases, tasks, texts

if TYPE_CHECKING:
    from planner.kr.task import RuleBase, Task

RULES = Path(__file__).resolve().parents[2] / "rules"
BASES = sorted(RULES.glob("*/rules.yaml"))
TASKS = sorted(RULES.glob("*/tasks/*.yaml"))
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(rule_bases())
@PATIENT
def test_a_rule_base_survives_writing_and_reading(base: RuleBase) -> None:
    again = load_rules_text(dump_rules(base))

    assert again == base
    assert list(again.constants.items()) == list(base.constants.items())
    assert dump_rules(again) == dump_rules(base)


@given(tasks())
@PATIENT
def test_a_task_survives_writing_and_reading(task: Task) -> None:
    assert load_task_text(dump_task(task)) == task


@given(texts)
@settings(max_examples=500, deadline=None)
def test_any_text_survives_as_a_scalar(text: str) -> None:
    problems = Problems()

    node = compose(source_of_text(f"- {yaml_text(text)}\n"), problems)

    assert isinstance(node, Sequence)
    (scalar,) = node.items
    assert isinstance(scalar, Scalar)
    assert scalar.value == text
    assert not problems.sorted()


@pytest.mark.parametrize("path", BASES, ids=lambda p: p.parent.name)
def test_shipped_rule_bases_survive(path: Path) -> None:
    base = load_rules(path)

    assert load_rules_text(dump_rules(base)) == base


@pytest.mark.parametrize("path", TASKS, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_shipped_tasks_survive(path: Path) -> None:
    task = load_task(path)

    assert load_task_text(dump_task(task)) == task


def test_what_is_written_looks_like_what_people_write() -> None:
    text = (RULES / "blocksworld" / "rules.yaml").read_text(encoding="utf-8")
    base = load_rules_text(text)

    written = dump_rules(base)

    assert '  on(block, block): "{0} is on {1}"' in written
    assert "    if: on(?x, ?y)\n    then: above(?x, ?y)" in written
    assert "  stack(?x - block, ?y - block):\n    if: " in written


def test_objects_keep_their_order_when_types_come_back() -> None:
    text = "task: t\nobjects:\n  - a: [x, y]\n  - b: z\n  - a: [w]\n" + (
        "types: [a, b]\npredicates: [p(object)]\ninit:\n"
        "  - p(x)\n  - p(y)\n  - p(z)\n  - p(w)\ngoal: p(w)\n"
    )
    task = load_task_text(text)

    again = load_task_text(dump_task(task))

    assert list(again.objects.items()) == [("x", "a"), ("y", "a"), ("z", "b"), ("w", "a")]
