"""What a training did, for a person and for the model's folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from planner.learn.evaluation.evaluate import Solved
    from planner.learn.iterate import Round

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a training did.

    Attributes:
        folder: where the model is.
        tasks: number of training tasks by number of objects.
        states: labelled states.
        held_out: how the model fares on tasks larger than those it was trained on.
        data_s, fit_s: CPU seconds of making the data, and of fitting.
        rounds: of expert iteration.
        unused: actions and rules that no task ever used, in words.
        fingerprints: of the training tasks (`planner.learn.tasks.digest`): no test uses them.
    """

    folder: Path
    kind: str
    seed: int
    tasks: dict[int, int]
    states: int
    held_out: tuple[Solved, ...]
    data_s: float
    fit_s: float
    steps: int
    loss: float
    examples: tuple[tuple[str, str], ...] = field(default=())
    vectors: str = "none"
    rounds: tuple[Round, ...] = ()
    unused: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()

    def render(self) -> str:
        """A few lines for a person."""
        total, sizes = sum(self.tasks.values()), [size for size, n in self.tasks.items() if n]
        lines = [
            f"data: {total} tasks of {min(sizes)} to {max(sizes)} objects, {self.states:,} "
            f"labelled states, {self.data_s:.0f} CPU s",
            f"fit: {self.kind}, {self.steps:,} steps, loss {self.loss:.3f}, {self.fit_s:.0f} CPU s",
            "held out, following the model without search:",
        ]
        lines += [
            f"  {row.size:>3} objects: {row.solved} of {row.tasks} solved"
            + (f", mean plan length {row.length:.1f}" if row.solved else "")
            for row in self.held_out
        ]
        lines += [done.render() for done in self.rounds]
        lines += [f"warning: {text}" for text in self.unused]
        return "\n".join([*lines, f"model: {self.folder}"])

    def to_json(self) -> dict[str, object]:
        """What is kept beside the weights."""
        return {
            "seed": self.seed,
            "examples": [{"file": name, "sha256": digest} for name, digest in self.examples],
            "tasks": {str(size): count for size, count in self.tasks.items()},
            "states": self.states,
            "held_out": [
                {"objects": r.size, "tasks": r.tasks, "solved": r.solved, "length": r.length}
                for r in self.held_out
            ],
            "data_cpu_s": round(self.data_s, 1),
            "fit_cpu_s": round(self.fit_s, 1),
            "steps": self.steps,
            "loss": round(self.loss, 5),
            "vectors": self.vectors,
            "rounds": [asdict(done) for done in self.rounds],
            "unused": list(self.unused),
            "fingerprints": list(self.fingerprints),
        }
