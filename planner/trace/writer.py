"""Writes the record of a search while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

import planner
from planner.kr.formulas import Atom, show
from planner.search.limits import SystemClock
from planner.trace.events import (
    AtomName,
    ExpansionRecord,
    Footer,
    Header,
    PlanStepRecord,
    ProofRecord,
    Record,
    StepName,
    encode,
)
from planner.trace.proofs import step_proofs
from planner.trace.words import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from planner.interfaces import Clock, Expansion, IntArray, StepSpace
    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.search.result import Outcome

__all__ = ["PROVED_STEPS", "TraceWriter"]

PROVED_STEPS = 300
_FLUSH_BYTES = 64 * 1024
_FLUSH_S = 1.0
_NOTHING = np.empty(0, dtype=np.int32)


class TraceWriter:
    """A `planner.interfaces.TraceSink` that appends to a file; a context manager.

    The file is written in blocks, at least once a second. When it reaches ``max_bytes`` no
    further expansions are recorded, and the footer says so; the plan and the outcome still are.
    """

    def __init__(
        self,
        path: str | Path,
        task: Task,
        space: StepSpace,
        search: str = "",
        seed: int = 0,
        *,
        max_bytes: int = 256 * 2**20,
        clock: Clock | None = None,
    ) -> None:
        self._space = space
        self._predicates = tuple(task.rules.predicates.values())
        self._schemas = tuple(schema.name for schema in task.rules.actions)
        self._clock: Clock = clock or SystemClock()
        self._max_bytes = max_bytes
        self._buffer: list[str] = []
        self._buffered = self._written = 0
        self._flushed_at = self._clock.wall()
        self._named_atoms: set[int] = set()
        self._named_steps: set[int] = set()
        self._states: dict[int, int] = {}
        self._recorded = 0
        self._full = False
        self._stream: TextIO = Path(path).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115 - this is the context manager
        self._put(
            Header(
                task=task.name,
                rulebase=task.rules.name,
                source=task.source,
                goal=show(task.goal),
                search=search,
                seed=seed,
                cost_scale=space.cost_scale,
                planner=planner.__version__,
            )
        )

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._flush()
        self._stream.close()

    def expanded(self, expansion: Expansion) -> None:
        """Record one expansion."""
        if self._full or self._written + self._buffered > self._max_bytes:
            self._full = True
            return
        parent = self._states.get(expansion.parent)
        added, removed = self._difference(parent, expansion.state)
        self._states.setdefault(expansion.node, expansion.state)
        self._name_atoms(added)
        self._name_steps(expansion.steps)
        if expansion.step >= 0:
            self._name_steps(np.array([expansion.step], dtype=np.int32))
        prior, successors = expansion.log_prior, expansion.successors
        self._put(
            ExpansionRecord(
                node=int(expansion.node),
                parent=int(expansion.parent) if parent is not None else -1,
                step=int(expansion.step),
                state=int(expansion.state),
                cost=int(expansion.cost),
                value=None if expansion.value is None else float(expansion.value),
                steps=_plain(expansion.steps),
                log_prior=None if prior is None else tuple(np.asarray(prior, float).tolist()),
                successors=None if successors is None else _plain(successors),
                added=_plain(added),
                removed=_plain(removed),
                note=expansion.note,
            )
        )
        self._recorded += 1

    def finish(
        self,
        outcome: Outcome,
        plan: Plan | None,
        proofs: Sequence[Sequence[ProofRecord]] | None = None,
    ) -> None:
        """Record the plan and the outcome.

        Args:
            outcome: what the search returned.
            plan: the same steps by name.
            proofs: for each step of the plan the proofs of its precondition; without them the
                writer asks the engine, for plans of at most `PROVED_STEPS` steps.
        """
        if plan is not None and outcome.steps is not None:
            self._put_plan(outcome.steps, plan, proofs)
        notes = outcome.notes
        if self._full:
            notes += (
                f"the record is full: it stops after {self._recorded} of {outcome.expanded} "
                "expansions",
            )
        self._put(
            Footer(
                status=outcome.status.value,
                cost=None if outcome.cost is None else int(outcome.cost),
                reason=outcome.reason,
                complete=outcome.complete,
                optimal=outcome.optimal,
                bound=outcome.bound,
                expanded=outcome.expanded,
                generated=outcome.generated,
                evaluated=outcome.evaluated,
                model_calls=outcome.model_calls,
                recorded=self._recorded,
                notes=notes,
            )
        )
        self._flush()

    def _put_plan(
        self,
        numbers: tuple[int, ...],
        plan: Plan,
        proofs: Sequence[Sequence[ProofRecord]] | None,
    ) -> None:
        state = self._space.initial()
        asks = proofs is None and len(plan) <= PROVED_STEPS
        for index, (number, step) in enumerate(zip(numbers, plan, strict=True)):
            successor = self._space.successor(state, number)
            shown = step_proofs(self._space, state, step) if asks else ()
            added, removed = self._difference(state, successor)
            self._name_atoms(added)
            self._name_atoms(removed)
            self._name_steps(np.array([number], dtype=np.int32))
            self._put(
                PlanStepRecord(
                    step=int(number),
                    state=int(successor),
                    text=str(step),
                    words=step.text,
                    cost=int(self._space.costs[number]),
                    added=_plain(added),
                    removed=_plain(removed),
                    proofs=shown if proofs is None else tuple(proofs[index]),
                )
            )
            state = successor

    def _difference(self, before: int | None, after: int) -> tuple[IntArray, IntArray]:
        new = self._space.true_atoms(after)
        if before is None:
            return new, _NOTHING
        old = self._space.true_atoms(before)
        return (
            np.setdiff1d(new, old, assume_unique=True),
            np.setdiff1d(old, new, assume_unique=True),
        )

    def _name_atoms(self, numbers: IntArray) -> None:
        for number in numbers.tolist():
            if number not in self._named_atoms:
                self._named_atoms.add(number)
                atom, words = self._atom(number)
                self._put(AtomName(number, str(atom), words))

    def _atom(self, number: int) -> tuple[Atom, str]:
        table, constants = self._space.atoms, self._space.constants
        predicate = self._predicates[int(table.symbol[number])]
        codes = table.arguments[number].tolist()
        atom = Atom(predicate.name, tuple(constants[code] for code in codes if code >= 0))
        return atom, in_words(atom, predicate)

    def _name_steps(self, numbers: IntArray) -> None:
        for number in numbers.tolist():
            if number not in self._named_steps:
                self._named_steps.add(number)
                step = self._space.describe(number)
                schema = self._schemas[int(self._space.steps.symbol[number])]
                cost = int(self._space.costs[number])
                self._put(StepName(number, schema, str(step), step.text, cost))

    def _put(self, record: Record) -> None:
        line = encode(record) + "\n"
        self._buffer.append(line)
        self._buffered += len(line)
        if self._buffered > _FLUSH_BYTES or self._clock.wall() - self._flushed_at > _FLUSH_S:
            self._flush()

    def _flush(self) -> None:
        self._stream.write("".join(self._buffer))
        self._stream.flush()
        self._written += self._buffered
        self._buffer, self._buffered = [], 0
        self._flushed_at = self._clock.wall()


def _plain(numbers: IntArray) -> tuple[int, ...]:
    return tuple(np.asarray(numbers).tolist())
