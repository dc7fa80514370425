"""What each step does to the goal: the literals that it makes true or false, or names.

Whether "put this here" is what the goal asks for relates three objects (the thing, the place and
who holds it), and message passing cannot tell such a triangle from a longer round of like facts
(it sees what logic of two variables with counting can say: Barceló et al. 2020). Read off the
effects it is exact, whatever the number of movers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kr.formulas import TRUE
from planner.kr.terms import Variable

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.actions import ActionSchema, Effect
    from planner.models.goals import GoalLiteral

    Long = npt.NDArray[np.int64]

__all__ = ["GoalSteps"]

_MAKES, _BREAKS, _COVERS = range(3)


class GoalSteps:
    """For each step of a space the goal's literals that it makes true or false, or names.

    Only effects without conditions and with plain arguments are read. A step names a literal whose
    objects are all among its arguments, whatever it does: taking the picture that is asked for.

    Args:
        space: its table of steps may grow; `refresh` reads what is new.
        goal: the literals, numbered in order.
    """

    def __init__(self, space: StepSpace, goal: tuple[GoalLiteral, ...]) -> None:
        self._space = space
        self._goal = goal
        self._constants = {constant: n for n, constant in enumerate(space.constants)}
        self._known = 0
        self._offsets: Long = np.zeros(1, dtype=np.int64)
        self._literal: IntArray = np.zeros(0, dtype=np.int32)
        self._kind: IntArray = np.zeros(0, dtype=np.int32)
        self.refresh()

    def refresh(self) -> None:
        """Read the steps that are new in the space's table."""
        count = len(self._space.steps)
        if count == self._known:
            return
        step, literal, kind = self._read(self._known, count)
        order = np.lexsort((literal, step))
        more = np.bincount(step - self._known, minlength=count - self._known).cumsum()
        self._offsets = np.concatenate([self._offsets, self._offsets[-1] + more])
        self._literal = np.concatenate([self._literal, literal[order]])
        self._kind = np.concatenate([self._kind, kind[order]])
        self._known = count

    def of(self, steps: IntArray) -> tuple[Long, IntArray, IntArray]:
        """What some steps do: positions in ``steps``, literals, and what is done to each.

        0: made true; 1: made false; 2: all its objects are arguments of the step.
        """
        start = self._offsets[steps]
        counts = self._offsets[steps + 1] - start
        position = np.repeat(np.arange(len(steps), dtype=np.int64), counts)
        before = np.repeat(counts.cumsum() - counts, counts)
        entry = np.repeat(start, counts) + np.arange(len(position)) - before
        return position, self._literal[entry], self._kind[entry]

    def _read(self, begin: int, end: int) -> tuple[Long, IntArray, IntArray]:
        schemas = self._space.steps.symbol[begin:end]
        arguments = self._space.steps.arguments[begin:end]
        found: dict[tuple[int, int], bool] = {}
        for number, schema in enumerate(self._space.task.rules.actions):
            rows = np.flatnonzero(schemas == number)
            if not len(rows):
                continue
            # Adding wins over deleting, so what is added is read last.
            for effect in sorted(schema.effects, key=lambda e: e.positive):
                self._match(schema, effect, rows + begin, arguments[rows], found)
        deeds = [(step, number, _MAKES if m else _BREAKS) for (step, number), m in found.items()]
        deeds += self._covering(begin, arguments)
        table = np.array(deeds, dtype=np.int64).reshape(len(deeds), 3)
        return table[:, 0], table[:, 1].astype(np.int32), table[:, 2].astype(np.int32)

    def _covering(self, begin: int, arguments: IntArray) -> list[tuple[int, int, int]]:
        """The steps whose arguments are all the objects of a literal, and others."""
        entry, place = np.nonzero(arguments >= 0)
        named = arguments[entry, place]
        order = np.argsort(named, kind="stable")
        cuts = np.searchsorted(named[order], np.arange(len(self._constants) + 1))
        steps_of = np.split(entry[order], cuts[1:-1]) if len(named) else []
        found = []
        for number, literal in enumerate(self._goal):
            objects = dict.fromkeys(self._constants.get(a, -1) for a in literal.arguments)
            if not objects or -1 in objects or not steps_of:
                continue
            common = set.intersection(*(set(steps_of[a].tolist()) for a in objects))
            found += [(begin + step, number, _COVERS) for step in sorted(common)]
        return found

    def _match(
        self,
        schema: ActionSchema,
        effect: Effect,
        steps: Long,
        arguments: IntArray,
        found: dict[tuple[int, int], bool],
    ) -> None:
        """Note the literals that an effect of a schema touches in some steps."""
        wanted = [(n, g) for n, g in enumerate(self._goal) if g.predicate == effect.atom.predicate]
        if not wanted or effect.condition != TRUE or effect.variables:
            return
        parameters = {p.name: place for place, p in enumerate(schema.parameters)}
        columns = []
        for argument in effect.atom.arguments:
            if isinstance(argument, Variable):
                if argument.name not in parameters:
                    return
                columns.append(arguments[:, parameters[argument.name]])
            else:
                number = self._constants.get(argument, -1) if isinstance(argument, str) else -1
                columns.append(np.full(len(steps), number, dtype=np.int32))
        rows: dict[tuple[int, ...], list[int]] = {}
        for step, *row in zip(steps.tolist(), *(c.tolist() for c in columns), strict=True):
            rows.setdefault(tuple(row), []).append(step)
        for number, literal in wanted:
            row_of = tuple(self._constants.get(a, -2) for a in literal.arguments)
            for step in rows.get(row_of, ()):
                found[step, number] = effect.positive == literal.positive
