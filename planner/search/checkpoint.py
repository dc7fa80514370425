"""A record from which an interrupted run goes on to the identical result.

Searches are deterministic functions of the task, the options and what a step model answers. So a
checkpoint keeps the answers, which are what costs time, and the plans found so far; resuming runs
the search again and takes the answers from the record until it reaches new ground. Searches
without a model are simply run again.

The file is JSON, a record a line behind a header that says whose run it is; records are only ever
appended, and a last line that a killed run left unfinished is dropped.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import InputError
from planner.guides.model_guide import CALL_WORK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from planner.interfaces import BoundStepModel, FloatArray, IntArray, StepModel, StepSpace
    from planner.plan import Plan

__all__ = ["Checkpoint", "RecordedModel"]

_SCHEMA_VERSION = 1

# What JSON holds is `Any` until it is looked at.
_Record = dict[str, Any]


class Checkpoint:
    """An open checkpoint file.

    Args:
        path: where it is; it is replaced unless the run resumes.
        identity: everything the result depends on, as text.
        resume: go on with the records of the file, where there is one.

    Raises:
        InputError: when the file belongs to another run, or is no checkpoint.
    """

    def __init__(self, path: Path, identity: str, *, resume: bool) -> None:
        self._path = path
        self._answers: dict[int, _Record] = {}
        self.plan_count = 0
        header = {"checkpoint": _SCHEMA_VERSION, "run": identity}
        if resume and path.exists():
            end = self._read(header)
            self._stream: BinaryIO = path.open("r+b")
            self._stream.truncate(end)
            self._stream.seek(end)
        else:
            draft = path.with_name(f".{path.name}.part")
            draft.write_text(json.dumps(header) + "\n", encoding="utf-8")
            draft.replace(path)
            self._stream = path.open("ab")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def found(self, plan: Plan) -> None:
        """Record a plan."""
        self._append({"plan": [str(step) for step in plan]})

    def recall(self, state: int, legal: IntArray) -> tuple[FloatArray, float | None] | None:
        """The answer on record for a state with these legal steps, ``None`` without one.

        Raises:
            InputError: when the record is of other steps: the run is not the same.
        """
        record = self._answers.get(state)
        if record is None:
            return None
        if record["steps"] != _digest(legal):
            raise InputError(
                f"{self._path}: the run that was recorded went another way; is the model the same?"
            )
        return _unpacked(record["prior"]), record["value"]

    def record(self, state: int, legal: IntArray, prior: FloatArray, value: float | None) -> None:
        """Record an answer of a model."""
        packed = base64.b64encode(prior.astype("<f8").tobytes()).decode("ascii")
        record: _Record = {
            "state": state,
            "steps": _digest(legal),
            "prior": packed,
            "value": value,
        }
        self._answers[state] = record
        self._append(record)

    def _append(self, record: _Record) -> None:
        body = json.dumps(record)
        self._stream.write(f"{zlib.crc32(body.encode()):08x} {body}\n".encode())
        self._stream.flush()

    def _read(self, header: _Record) -> int:
        """Read the records; the offset behind the last whole one."""
        with self._path.open("rb") as stream:
            first = stream.readline()
            try:
                found = json.loads(first)
            except ValueError:
                found = None
            if not isinstance(found, dict) or "checkpoint" not in found:
                raise InputError(f"{self._path}: this is no checkpoint")
            if found["checkpoint"] != _SCHEMA_VERSION:
                raise InputError(f"{self._path}: a checkpoint of version {found['checkpoint']}")
            if found != header:
                raise InputError(
                    f"{self._path}: this checkpoint is of another run; the task, the model and "
                    "the options must be those it was made with (limits may differ)"
                )
            end = len(first)
            for line in stream:
                checksum, _, body = line.partition(b" ")
                if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(body[:-1]):
                    break
                end += len(line)
                record = json.loads(body)
                if "state" in record:
                    self._answers[record["state"]] = record
                else:
                    self.plan_count += 1
        return end


def _unpacked(text: str) -> FloatArray:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(np.float64)


class RecordedModel:
    """A step model whose answers are recorded, and taken from the record as long as it lasts."""

    def __init__(self, model: StepModel, checkpoint: Checkpoint) -> None:
        self._model, self._checkpoint = model, checkpoint

    @property
    def kind(self) -> str:
        """The kind of the model."""
        return self._model.kind

    def bind(self, space: StepSpace) -> BoundStepModel:
        """Prepare the model for a space."""
        return _BoundRecorded(self._model.bind(space), self._checkpoint)


class _BoundRecorded:
    def __init__(self, model: BoundStepModel, checkpoint: Checkpoint) -> None:
        self._model, self._checkpoint = model, checkpoint
        self._values: dict[int, float | None] = {}
        # Searches that share time by it must not go another way when they are resumed.
        self.call_work = int(getattr(model, "call_work", CALL_WORK))

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps."""
        known = {}
        for state, legal in zip(states, steps, strict=True):
            answer = self._checkpoint.recall(state, legal)
            if answer is not None:
                known[state] = answer
        new = [pair for pair in zip(states, steps, strict=True) if pair[0] not in known]
        if new:
            known.update(self._ask([state for state, _ in new], [legal for _, legal in new]))
        self._values = {state: value for state, (_, value) in known.items()}
        return [known[state][0] for state in states]

    def values(self, states: Sequence[int]) -> list[float] | None:
        """Estimated steps to the goal of states that were just asked about."""
        values = [self._values[state] for state in states]
        found = [value for value in values if value is not None]
        return found if len(found) == len(values) else None

    def _ask(
        self, states: list[int], steps: list[IntArray]
    ) -> dict[int, tuple[FloatArray, float | None]]:
        priors = self._model.log_probs(states, steps)
        values = self._model.values(states)
        answers = {}
        for i, (state, legal, prior) in enumerate(zip(states, steps, priors, strict=True)):
            value = None if values is None else float(values[i])
            self._checkpoint.record(state, legal, prior, value)
            answers[state] = prior, value
        return answers


def _digest(legal: IntArray) -> int:
    """What tells one list of steps from another."""
    return zlib.crc32(np.asarray(legal, dtype="<i8").tobytes())
