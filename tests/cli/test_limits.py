"""Amounts given as options: what could never be reached is refused."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", "rules/blocksworld/tasks/three-blocks.yaml", "--time", "nan"),
        ("train", "rules/kinship", "--minutes", "nan"),
        ("train", "rules/kinship", "--rules-cpu", "nan"),
        ("eval", "rules/gripper", "--cpu", "nan"),
    ],
)
def test_budgets_that_compare_with_nothing_are_refused(planner: Command, arguments) -> None:
    run = planner(*arguments)

    assert run.code == 2
    assert "nan is not a number" in run.err
