"""The rule base to train for, and the example tasks beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError

if TYPE_CHECKING:
    from planner.kr.task import RuleBase, Task

__all__ = ["Base", "load_base"]

_LARGEST = 12  # objects of an example; larger ones are left for solving
_MOST = 12  # examples


@dataclass(frozen=True, slots=True)
class Base:
    """A rule base with small examples of its tasks.

    Attributes:
        folder: where the rule base lies, and where ``model/`` goes.
        examples: the smallest tasks in ``tasks/`` that have actions to learn from.
        files: the examples' files with their SHA-256.
    """

    rules: RuleBase
    folder: Path
    examples: tuple[Task, ...]
    files: tuple[tuple[str, str], ...]


def load_base(path: str | Path) -> Base:
    """Read a rule base, given as its file or its folder, and its example tasks.

    Raises:
        InputError: when there is no rule base, or it has no actions.
        RuleFileError: when a file has problems.
    """
    from planner.io.load import load_rules

    given = Path(path)
    file = given / "rules.yaml" if given.is_dir() else given
    if not file.is_file():
        raise InputError(f"{file} does not exist: give a rule base or the folder of one")
    rules = load_rules(file)
    if not rules.actions:
        raise InputError(f"{file} has no actions: there are no steps to learn")
    found = sorted(
        _tasks(rules, file.parent / "tasks"), key=lambda pair: (len(pair[1].objects), pair[0])
    )
    small = [pair for pair in found if len(pair[1].objects) <= _LARGEST][:_MOST] or found[:2]
    files = tuple((name.name, hashlib.sha256(name.read_bytes()).hexdigest()) for name, _ in small)
    return Base(rules, file.parent, tuple(task for _, task in small), files)


def _tasks(rules: RuleBase, folder: Path) -> list[tuple[Path, Task]]:
    """Tasks of exactly this rule base."""
    from planner.io.load import load_task

    loaded = [(file, load_task(file)) for file in sorted(folder.glob("*.yaml"))]
    return [(file, task) for file, task in loaded if task.rules == rules]
