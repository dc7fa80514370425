"""The rule base to train for, and the example tasks beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.kr.task import Task
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.task import RuleBase

__all__ = ["Base", "base_of_tasks", "file_hash", "is_open_base", "load_base"]

_LARGEST = 12  # objects of an example; larger ones are left for solving
_MOST = 12  # examples
_LESSONS = 40  # training tasks whose plans are learned from
_HELD_OUT = 8  # of the others, that tell how good a model is while it is fitted
_SHARE = 6  # at least one of so many tasks is no lesson, where there are as many


@dataclass(frozen=True, slots=True)
class Base:
    """A rule base with small examples of its tasks.

    Attributes:
        folder: where the rule base lies, and where ``model/`` goes.
        examples: the smallest tasks in ``tasks/`` that have actions to learn from.
        files: the files of the tasks learned from, with their SHA-256.
        lessons: tasks whose plans are learned from too; without any, only generated tasks are.
        held_out: large tasks that are not learned from; without any, tasks are generated for that.
        teacher: the rule base with control rules whose plans may be learned from, if there are any.
    """

    rules: RuleBase
    folder: Path
    examples: tuple[Task, ...]
    files: tuple[tuple[str, str], ...]
    lessons: tuple[Task, ...] = ()
    held_out: tuple[Task, ...] = ()
    teacher: RuleBase | None = None

    @property
    def smallest(self) -> int:
        """Objects of the smallest example, with which generated tasks begin; 3 without any."""
        return min((len(task.objects) for task in self.examples), default=3)


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
    files = tuple((file.name, file_hash(file)) for file, _ in small)
    return Base(rules, file.parent, tuple(task for _, task in small), files)


def base_of_tasks(tasks: Sequence[tuple[Path, Task]]) -> Base:
    """The rule base of training tasks: the smallest serve as examples, up to 40 as lessons.

    Lessons are of all sizes; of the larger half some of the others are held out.

    Raises:
        InputError: without tasks, or when they belong to different rule bases.
    """
    if not tasks:
        raise InputError("there are no tasks to learn from")
    rules = tasks[0][1].rules
    if any(task.rules != rules for _, task in tasks):
        raise InputError("the training tasks belong to different rule bases")
    ordered = sorted(tasks, key=lambda pair: len(pair[1].objects))
    places = _evenly(len(ordered), min(_LESSONS, len(ordered) - len(ordered) // _SHARE))
    found = [ordered[place] for place in places]
    taken = set(places)
    others = [ordered[i] for i in range(len(ordered) // 2, len(ordered)) if i not in taken]
    held_out = tuple(others[place][1] for place in _evenly(len(others), _HELD_OUT))
    small = [task for _, task in found if len(task.objects) <= _LARGEST]
    files = tuple((file.name, file_hash(file)) for file, _ in found)
    examples = tuple((small or [task for _, task in found[:2]])[:_MOST])
    folder = Path(rules.source or ".").parent
    return Base(rules, folder, examples, files, tuple(task for _, task in found), held_out)


def is_open_base(base: Base) -> bool:
    """Whether actions create objects or compute numbers, so that tasks are not grounded."""
    return is_open(Task(base.rules))


def _evenly(count: int, wanted: int) -> list[int]:
    """Up to ``wanted`` of the first ``count`` numbers, the last one among them."""
    if count <= wanted:
        return list(range(count))
    return [(place + 1) * count // wanted - 1 for place in range(wanted)]


def file_hash(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _tasks(rules: RuleBase, folder: Path) -> list[tuple[Path, Task]]:
    """Tasks of exactly this rule base."""
    from planner.io.load import load_task

    loaded = [(file, load_task(file)) for file in sorted(folder.glob("*.yaml"))]
    return [(file, task) for file, task in loaded if task.rules == rules]
