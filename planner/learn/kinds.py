"""The kinds of step models that can be fitted, and what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InputError, MissingExtraError
from planner.learn.tasks.examples import is_open_base

if TYPE_CHECKING:
    from planner.learn.lessons.curriculum import Collection
    from planner.learn.lessons.lesson import Learner
    from planner.learn.tasks.examples import Base

__all__ = ["KINDS", "check_kind", "learner_of", "need_torch"]

KINDS = ("relational", "lstm", "gpt2", "bert", "numbers", "frequency")
"""Kinds by name; ``text`` is another name of ``lstm``."""

_OPEN_KINDS = ("numbers", "frequency")


def check_kind(kind: str, base: Base, rounds: int) -> None:
    """Refuse a kind of model that cannot read the tasks of a rule base.

    Raises:
        InputError: saying which kinds can.
    """
    where = base.rules.source or base.rules.name
    if not is_open_base(base):
        if kind == "numbers":
            raise InputError(
                f"{where}: a model of numbers reads what actions compute, and no action here "
                "computes: take the kind `relational`"
            )
    elif kind not in _OPEN_KINDS:
        raise InputError(
            f"{where}: actions create objects or compute numbers, which a `{kind}` model does not "
            f"read: take the kind {' or '.join(f'`{name}`' for name in _OPEN_KINDS)}"
        )
    elif rounds:
        raise InputError(
            f"{where}: expert iteration needs tasks whose objects are given, and actions here "
            "create or compute: leave --rounds out"
        )


def need_torch() -> None:
    """Refuse to train where torch is not installed.

    Raises:
        MissingExtraError: naming the extra.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "learn") from error
    torch.set_num_threads(1)


def learner_of(kind: str, base: Base, data: Collection, seed: int) -> Learner[Any]:
    """What is fitted; lessons have another form for each kind, hence `Any`."""
    from planner.learn.lessons.curriculum import reducible, step_width
    from planner.models.vocabulary import Vocabulary

    if kind == "numbers":
        from planner.learn.fitting.numbers_learner import NumbersLearner

        return NumbersLearner([action.name for action in base.rules.actions], seed)
    spaces = [space for space, _ in data.labelled]
    vocabulary = Vocabulary.of(base.rules, reduced=reducible(spaces))
    if kind in ("lstm", "gpt2", "bert"):
        from planner.learn.fitting.text_learner import TextLearner

        width = step_width(spaces)
        return TextLearner(vocabulary, seed, step_width=width, architecture=kind)
    from planner.learn.fitting.relational_learner import RelationalLearner
    from planner.models.relational_numpy import RelationalShape, hint_level

    shape = RelationalShape(step_width=step_width(spaces), hints=hint_level(base.rules))
    return RelationalLearner(vocabulary, shape, seed)
