"""From training tasks to ``learned.yaml``: learn control rules and write them beside the rules."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.io.learned_file import LearnedFile, dump_learned, load_learned
from planner.kr.formulas import Atom, conjuncts
from planner.learn.rules.consult import consult
from planner.learn.rules.learn import LearnedRules, learn_rules
from planner.learn.rules.options import Advice
from planner.learn.rules.readings import readings
from planner.learn.rules.wording import legend, reworded
from planner.learned import rules_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.task import Task
    from planner.learn.rules.consult import Consultation
    from planner.learn.tasks.examples import Base
    from planner.models.served.options import ServerOptions

__all__ = ["RulesReport", "train_rules", "training_tasks", "with_teacher"]

_SIZES = range(10)
_TASKS_OF_A_SIZE = 8
_ENOUGH = 20
"""Tasks given that need no generated ones beside them."""


@dataclass(frozen=True, slots=True)
class RulesReport:
    """What learning gave.

    Attributes:
        file: where the rules were written; ``None`` where nothing could be learned.
        consultation: what came of asking a model for rules; ``None`` where none was asked.
        reason: why nothing could be learned.
        moved: where rules of an earlier training went, since none were learned now.
    """

    file: Path | None
    learned: LearnedRules | None
    consultation: Consultation | None = None
    reason: str = ""
    moved: Path | None = None

    def render(self) -> str:
        """A few lines for a person."""
        parts = [self._of_learning()]
        for name in () if self.learned is None else self.learned.unused:
            parts.append(f"warning: action `{name}` was in no plan that rules were learned from")
        if self.consultation is not None:
            parts.append(self.consultation.render())
        if self.file is not None:
            parts.append(f"rules written to {self.file}")
        if self.moved is not None:
            parts.append(f"rules learned before are no longer used: moved to {self.moved}")
        return "\n".join(parts)

    def _of_learning(self) -> str:
        if self.learned is None:
            return f"rules: none could be learned ({self.reason})"
        found = self.learned
        if not found.solved:
            return f"rules: what was learned solves none of {found.checked} training tasks"
        return (
            f"rules: {len(found.advice.control)} control rules and {len(found.advice.orders)} "
            f"goal orders from {found.tasks} tasks and {found.plans} plans for single goals, "
            f"{found.cpu_s:.0f} CPU s\n"
            f"rules alone solve {found.solved} of {found.checked} training tasks"
        )


def train_rules(
    tasks: Sequence[Task],
    out: str | Path | None = None,
    *,
    cpu_s: float = 60.0,
    seed: int = 0,
    advisor: ServerOptions | None = None,
    proposals: int = 3,
) -> RulesReport:
    """Learn control rules from tasks of one rule base, and write them.

    Args:
        tasks: training tasks; their rule base was read from a file.
        out: the file to write, ``learned.yaml`` beside the rule base when not given.
        cpu_s: CPU seconds, and as many again to try what an advisor proposes.
        seed: draws the order of goals.
        advisor: a model server that proposes rules when learning is done.
        proposals: how often it is asked.

    Raises:
        InputError: without tasks, or when they belong to different rule bases.
    """
    if not tasks:
        raise InputError("there are no tasks to learn rules from")
    base = tasks[0].rules
    if any(task.rules != base for task in tasks):
        raise InputError("the training tasks belong to different rule bases")
    learned = learn_rules(tasks, cpu_s=cpu_s, seed=seed)
    # Rules that solve nothing by themselves would only delay the search.
    advice = learned.advice if learned is not None and learned.solved else Advice((), (), {})
    advice, notes = reworded(advice, base), []
    if learned is not None:
        notes += [
            f"Learned by `planner train` from {learned.tasks} tasks and {learned.plans} plans "
            f"for single goals, seed {seed}.",
            f"The rules alone solve {learned.solved} of {learned.checked} training tasks.",
        ]
    consultation = None
    if advisor is not None:
        consultation = consult(base, tasks, advice, advisor, rounds=proposals, cpu_s=cpu_s)
        advice = consultation.advice
        if consultation.helped:
            notes.append(f"With proposals of a model {consultation.after}")
    file = Path(out) if out is not None else Path(base.source).parent / "learned.yaml"
    if not advice.control:
        return RulesReport(None, learned, consultation, _why_nothing(tasks), _moved_aside(file))
    text = dump_learned(
        LearnedFile(
            advice.control,
            advice.orders,
            rules_hash(base.source),
            advice.sources,
            (
                *notes,
                *legend(advice),
                "You may edit this file; training again overwrites it.",
            ),
            advice.predicates,
            advice.rules,
            readings(advice, base),
        )
    )
    # Written beside and moved, so that a killed run never leaves half a file.
    draft = file.with_name(f".{file.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
    return RulesReport(file, learned, consultation)


def _moved_aside(file: Path) -> Path | None:
    """Where an older file of learned rules is now: left there it would teach and be used."""
    if not file.is_file():
        return None
    aside = file.with_name(f"{file.name}.old")
    file.replace(aside)
    return aside


def _why_nothing(tasks: Sequence[Task]) -> str:
    """Why there was nothing to learn from, as far as the rule base and the goals tell."""
    if not any(isinstance(part, Atom) for task in tasks for part in conjuncts(task.goal)):
        return "goals that ask for no fact outside `not`, `or` and quantifiers"
    return "no fact that a goal asks for has a plan"


def with_teacher(base: Base, file: str | Path) -> Base | None:
    """The base, with a step model to learn from the plans of learned rules as well.

    ``None`` where the file does not exist or was learned from other rules.

    Raises:
        RuleFileError: when the file has problems.
    """
    rules = base.rules
    if not Path(file).is_file():
        return None
    learned = load_learned(Path(file), rules)
    if learned.rules_hash != rules_hash(rules.source):
        return None
    return replace(base, teacher=learned.added_to(rules))


def training_tasks(base: Base, seed: int = 0, given: Sequence[Task] = ()) -> list[Task]:
    """Tasks of a rule base, and where these are few, tasks generated from it, larger ones too.

    Args:
        base: its examples show what generated tasks look like.
        seed: draws the tasks.
        given: tasks to learn from, the examples where there are none.
    """
    from planner.learn.tasks.generate import Generator

    if len(given) >= _ENOUGH:
        return list(given)
    generator = Generator(base.rules, base.examples, random.Random(seed), like_examples=True)
    sizes = (base.smallest + more for more in _SIZES)
    made = [task for size in sizes for task in generator.tasks(size, _TASKS_OF_A_SIZE)]
    return [*(given or base.examples), *made]
