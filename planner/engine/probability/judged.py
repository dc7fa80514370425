"""Predicates whose facts carry the probability that a model gives them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from planner.errors import InputError
from planner.kr.terms import VALUE_TYPES, show_constant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.engine.probability.choices import Judged
    from planner.engine.symbols import SymbolTable
    from planner.kr.judges import Judge
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["JudgeModel", "JudgedPredicate", "judged_predicates"]

# Objects in, probabilities out: shape (n, outputs), or (n,) of a yes-or-no judge. What a caller's
# function returns is anything that NumPy takes for an array.
JudgeModel: TypeAlias = "Callable[[Sequence[tuple[Constant, ...]]], Any]"

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class JudgedPredicate:
    """A predicate, all objects that could be judged, and the model.

    Attributes:
        objects: rows of codes: the arguments before the class.
        classes: codes of the last argument, empty for a yes-or-no judge.
    """

    predicate: str
    objects: tuple[tuple[int, ...], ...]
    classes: tuple[int, ...]
    model: JudgeModel

    def alternatives(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Every possible row with the output of the model that is its probability."""
        for row in self.objects:
            if not self.classes:
                yield row, -1
            for output, code in enumerate(self.classes):
                yield (*row, code), output

    def probabilities(self, questions: Sequence[Judged], symbols: SymbolTable) -> list[float]:
        """The answers to questions, from one call of the model.

        Raises:
            InputError: when the model's answer has another shape, or is no distribution.
        """
        rows = list(dict.fromkeys(question.objects for question in questions))
        if not rows:
            return []
        names = [tuple(map(symbols.constant, row)) for row in rows]
        table = self._checked(self.model(names), names)
        place = {row: number for number, row in enumerate(rows)}
        return [float(table[place[q.objects]][max(q.output, 0)]) for q in questions]

    def _checked(self, answer: Any, names: Sequence[tuple[Constant, ...]]) -> Any:
        import numpy as np

        table = np.asarray(answer, dtype=np.float64)
        width = max(1, len(self.classes))
        if table.ndim == 1 and not self.classes:
            table = table[:, None]
        if table.shape != (len(names), width):
            raise InputError(
                f"the judge of `{self.predicate}` answers with shape {table.shape}, "
                f"and ({len(names)}, {width}) is needed"
            )
        sums = table.sum(axis=1)
        wrong = ~((table >= 0.0) & (table <= 1.0 + _ROUNDING)).all(axis=1)
        wrong |= ~(sums <= 1.0 + _ROUNDING)
        if wrong.any():
            row = names[int(np.argmax(wrong))]
            shown = ", ".join(map(show_constant, row))
            raise InputError(
                f"the judge of `{self.predicate}` gives {shown} what are no probabilities: "
                f"{table[int(np.argmax(wrong))].tolist()}"
            )
        # In single precision ten classes may add up to a little more than 1.
        return np.clip(table / np.maximum(sums, 1.0)[:, None], 0.0, 1.0)


def judged_predicates(
    task: Task, models: Mapping[str, JudgeModel], symbols: SymbolTable
) -> tuple[JudgedPredicate, ...]:
    """The judged predicates of a task with their models.

    Raises:
        InputError: for a judge without a model, or over arguments that are not objects.
    """
    unknown = [name for name in models if all(j.predicate != name for j in task.rules.judges)]
    if unknown:
        raise InputError(f"`{unknown[0]}` is given a judge, and the rules name none: add `judge:`")
    return tuple(_judged(judge, task, models, symbols) for judge in task.rules.judges)


def _judged(
    judge: Judge, task: Task, models: Mapping[str, JudgeModel], symbols: SymbolTable
) -> JudgedPredicate:
    name = judge.predicate
    if name not in models:
        where = f"{judge.span}: " if judge.span is not None else ""
        raise InputError(f"{where}the judge of `{name}` has no model: name its folder in `model:`")
    places = task.rules.predicates[name].types[: -1 if judge.classes else None]
    if any(VALUE_TYPES.intersection(types) for types in places):
        raise InputError(f"a judge is asked about objects, and `{name}` has a place for values")
    columns = [[symbols.code(o) for o in task.objects_of(types)] for types in places]
    objects = tuple(product(*columns))
    return JudgedPredicate(name, objects, tuple(map(symbols.code, judge.classes)), models[name])
