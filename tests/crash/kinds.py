"""The kinds of runs that `tests.crash.many` disturbs, and what must be true of each."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import PlannerError
from planner.io.load import load_task
from planner.plan import parse_plan
from planner.trace.reader import read_trace
from planner.validate import validate
from tests.conftest import ROOT
from tests.crash.processes import (
    BLOCKS,
    ENDLESS,
    Ended,
    closure_query,
    finish,
    run,
    start,
    wide_task,
)
from tests.crash.test_training import FIT

_BLOCKS = "rules/blocksworld/tasks/blocks-{}.yaml"
_SIX = "rules/countdown/tasks/six-1.yaml"
_ALONE = ("--model", "none", "--no-learned")
_COUNTS = ("expanded", "generated", "evaluated", "model_calls")
_RESULT = ("status", "reason", "plan", "cost", "complete", "optimal", "lower_bound")


def wrong_plan(task: str, plan: Path) -> list[str]:
    """What is wrong with a plan file that is there."""
    if not plan.exists():
        return []
    steps = parse_plan(plan.read_text(), str(plan))
    return [] if validate(load_task(ROOT / task), steps).ok else ["the plan file is not valid"]


def wrong_trace(trace: Path) -> list[str]:
    """What is wrong with a trace that is there; one that was never written to may be empty."""
    if not trace.exists() or not trace.stat().st_size:
        return []
    try:
        read_trace(trace)
    except PlannerError as error:
        return [f"the trace cannot be read: {error}"]
    return []


@dataclass(frozen=True)
class Signalled:
    """A run that gets a signal.

    Attributes:
        arguments: of the command line; ``text`` is written to a file that comes first.
        cpu_s: moments are drawn up to here.
    """

    name: str
    arguments: tuple[str, ...]
    text: str = ""
    cpu_s: float = 2.5
    codes: tuple[int, ...] = (0, 3, 12, 130)
    traced: bool = False

    def command(self, folder: Path) -> list[object]:
        """The arguments of the run, whose files are in a folder of its own."""
        if self.arguments[:1] == ("train",):
            places = ["--out", folder / "model", "--rules-out", folder / "learned.yaml"]
            return [*self.arguments, *places]
        words: list[object] = ["solve", *self.arguments]
        if self.text:
            (folder / "task.yaml").write_text(self.text)
            words.insert(1, folder / "task.yaml")
        if self.traced:
            words += ["--trace", folder / "trace.jsonl"]
        return [*words, "--plan-out", folder / "plan.txt", "--json", "--quiet"]

    def complaints(self, folder: Path, ended: Ended) -> list[str]:
        """What is wrong with the end of a run."""
        wrong = []
        if ended.code not in self.codes:
            wrong.append(f"exit code {ended.code}: {ended.err[-500:]}")
        if self.arguments[:1] == ("train",):
            model = folder / "model"
            half = (model / "config.json").exists() and not list(model.glob("*.safetensors"))
            return [*wrong, *(["half a model"] if half else [])]
        plan = folder / "plan.txt"
        if ended.code in (0, 3) and ended.json["plan"] and not plan.exists():
            wrong.append("a plan, and no plan file")
        if ended.code == 130 and plan.exists():
            wrong.append("a plan file, and no plan")
        if not self.text:
            wrong += wrong_plan(self.arguments[0], plan)
        return [*wrong, *wrong_trace(folder / "trace.jsonl")]


SIGNALLED = (
    Signalled("mcts", (*ENDLESS, "--search", "mcts")),
    Signalled("astar", (*ENDLESS, "--search", "astar")),
    Signalled("gbfs with a trace", (*ENDLESS, "--search", "gbfs"), traced=True),
    Signalled("levin", (_BLOCKS.format("8-1"), *_ALONE, "--improve", "--search", "levin")),
    Signalled("beam", (_SIX, "--search", "beam:complete=true", "--improve")),
    Signalled("relay", (*ENDLESS, "--search", "relay")),
    Signalled("improvement", (_BLOCKS.format("20-1"), *_ALONE, "--improve")),
    Signalled("rules", (BLOCKS,), cpu_s=1.5),
    Signalled("portfolio", (*ENDLESS, "--jobs", "2"), cpu_s=4.0),
    Signalled(
        "portfolio, improvement",
        (_BLOCKS.format("20-1"), *_ALONE, "--improve", "--jobs", "2"),
        cpu_s=4.0,
    ),
    Signalled("grounding", (), text=wide_task(60)),
    Signalled("deduction", (), text=closure_query(1500)),
    Signalled("training", ("train", "rules/gripper", "--minutes", "1"), cpu_s=8.0, codes=(0, 130)),
)


class Killed:
    """A run of the command line that is killed and begun again.

    Args:
        counts: whether the counts must be those of a run that nobody disturbs.
        checkpoint: whether it goes on from a checkpoint.
        traced: whether it writes a trace.

    Attributes:
        seldom: whether it takes so long that it has one turn in four.
    """

    seldom = False

    def __init__(
        self,
        name: str,
        *arguments: object,
        counts: bool = True,
        checkpoint: bool = True,
        traced: bool = False,
    ) -> None:
        self.name, self._arguments = name, (*arguments, "--json", "--quiet")
        self._counts, self._checkpoint, self._traced = counts, checkpoint, traced

    @functools.cached_property
    def undisturbed(self) -> Ended:
        """The run that nobody disturbs."""
        return run("solve", *self._arguments)

    def start(self, folder: Path, *, again: bool) -> subprocess.Popen[str]:
        """Begin, or go on."""
        words = [*self._arguments, "--plan-out", folder / "plan.txt"]
        if self._checkpoint:
            words += ["--checkpoint", folder / "checkpoint", *(["--resume"] if again else [])]
        if self._traced:
            words += ["--trace", folder / "trace.jsonl"]
        return start("solve", *words)

    def debris(self, folder: Path) -> list[str]:
        """What is wrong with what a killed run leaves."""
        wrong = wrong_plan(str(self._arguments[0]), folder / "plan.txt")
        return [*wrong, *wrong_trace(folder / "trace.jsonl")]

    def differences(self, folder: Path, ended: Ended) -> list[str]:
        """How the last run differs from one that nobody disturbed."""
        whole = self.undisturbed
        if ended.code != whole.code:
            return [f"exit code {ended.code} instead of {whole.code}: {ended.err[-500:]}"]
        found: dict[str, Any] = ended.json
        expected: dict[str, Any] = whole.json
        keys = _RESULT if self._counts else ("status", "cost", "optimal", "lower_bound")
        wrong = [f"another {key}" for key in keys if found[key] != expected[key]]
        if self._counts:
            first, second = found["statistics"], expected["statistics"]
            wrong += [f"another number {key}" for key in _COUNTS if first[key] != second[key]]
        return [*wrong, *self.debris(folder), *self._files(folder, found)]

    def _files(self, folder: Path, found: dict[str, Any]) -> list[str]:
        """What is wrong with the files in the end."""
        wrong = []
        plan = folder / "plan.txt"
        if bool(found["plan"]) != plan.exists():
            wrong.append("the plan file does not go with the plan")
        if self._traced and read_trace(folder / "trace.jsonl").footer is None:
            wrong.append("the trace has no end")
        left = [part.name for part in folder.glob(".*.part")]
        return [*wrong, *(f"left {name}" for name in left)]


class KilledFit(Killed):
    """A model that is fitted: its weights must be the same, bit for bit."""

    def __init__(self, name: str) -> None:
        super().__init__(name)

    @functools.cached_property
    def undisturbed(self) -> Ended:
        """The fit that nobody disturbs; ``out`` is its weights as text."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            ended = finish(self.start(Path(folder), again=False))
            return Ended(ended.code, _weights(Path(folder)), ended.err, ended.cpu_s)

    def start(self, folder: Path, *, again: bool) -> subprocess.Popen[str]:
        """Begin, or go on, with a checkpoint after every step."""
        return subprocess.Popen(
            [sys.executable, "-c", FIT, str(folder), "relational"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def debris(self, folder: Path) -> list[str]:
        """A killed fit may leave anything but what cannot be gone on from, which the end tells."""
        return []

    def differences(self, folder: Path, ended: Ended) -> list[str]:
        """Whether the weights are others."""
        if ended.code:
            return [f"exit code {ended.code}: {ended.err[-500:]}"]
        same = _weights(folder) == self.undisturbed.out
        return [] if same else ["other weights"]


def _weights(folder: Path) -> str:
    return (folder / "done.safetensors").read_bytes().hex()


class KilledTraining(Killed):
    """``planner train``: it stops by the clock, so what must be is a model that can be used."""

    seldom = True

    def __init__(self, name: str) -> None:
        super().__init__(name)

    @functools.cached_property
    def undisturbed(self) -> Ended:
        """The training that nobody disturbs."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            return finish(self.start(Path(folder), again=False))

    def start(self, folder: Path, *, again: bool) -> subprocess.Popen[str]:
        """Begin, or go on."""
        words: list[object] = ["train", "rules/gripper", "--minutes", 0.05, "--rules-cpu", 1]
        places = ["--out", folder / "model", "--rules-out", folder / "learned.yaml"]
        return start(*words, *places, *(["--resume"] if again else []))

    def debris(self, folder: Path) -> list[str]:
        """A model's configuration is written last."""
        model = folder / "model"
        half = (model / "config.json").exists() and not list(model.glob("*.safetensors"))
        return ["half a model"] if half else []

    def differences(self, folder: Path, ended: Ended) -> list[str]:
        """Whether the model cannot be used."""
        if ended.code:
            return [f"exit code {ended.code}: {ended.err[-500:]}"]
        task = "rules/gripper/tasks/balls-2.yaml"
        solved = run("solve", task, "--model", folder / "model", "--max-expansions", 3000)
        return [] if solved.code == 0 else [f"the model does not solve: {solved.err[-500:]}"]


KILLED: tuple[Killed, ...] = (
    Killed("gbfs", _BLOCKS.format("20-1"), *_ALONE, "--search", "gbfs", "--guide", "goal_count",
           "--max-expansions", 20000),
    Killed("astar", _BLOCKS.format("20-2"), *_ALONE, "--search", "astar",
           "--guide", "h_max", "--max-expansions", 20000),
    Killed("mcts", _BLOCKS.format("8-1"), *_ALONE, "--search", "mcts:improve=true",
           "--max-expansions", 1500),
    Killed("levin with a model", _BLOCKS.format("6-1"), "--no-learned", "--model", "uniform",
           "--search", "levin", "--max-expansions", 3000),
    Killed("mcts with a model", _BLOCKS.format("7-1"), "--no-learned", "--model", "uniform",
           "--search", "mcts:improve=true", "--max-expansions", 1000),
    Killed("beam", _SIX, "--search", "beam:complete=true"),
    Killed("relay", _BLOCKS.format("50-1"), *_ALONE, "--search", "relay"),
    Killed("improvement", _BLOCKS.format("8-1"), *_ALONE, "--improve"),
    Killed("portfolio", _BLOCKS.format("8-1"), *_ALONE, "--improve", "--jobs", 2,
           counts=False, checkpoint=False),
    Killed("trace", _BLOCKS.format("8-1"), *_ALONE, "--search", "gbfs", "--guide", "goal_count",
           checkpoint=False, traced=True),
    KilledFit("fit"),
    KilledTraining("training"),
)  # fmt: skip
