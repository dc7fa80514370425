"""A training that is killed at any moment goes on to the same model, bit for bit."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

pytest.importorskip("torch")
pytestmark = [pytest.mark.crash, pytest.mark.learn]

FIT = """
import sys
from pathlib import Path
from planner.learn.fitting.fit import Budget, fit
from tests.learn.fitting.test_fit import lessons_of, relational
from tests.models.fact_space import FactSpace, blocks_rules, towers
from planner.models.vocabulary import Vocabulary

space = FactSpace(towers([["a", "b", "c"], ["d"]], [("a", "d"), ("b", "a")]))
if sys.argv[2] == "relational":
    learner, lessons = relational(space)
else:
    from planner.learn.fitting.text_learner import TextLearner
    vocabulary = Vocabulary.of(blocks_rules())
    learner = TextLearner(vocabulary, 0, step_width=2, architecture=sys.argv[2])
    lessons = lessons_of(learner, space)[:8]
folder = Path(sys.argv[1])
# A check every moment writes a checkpoint after every step.
fit(learner, lessons, Budget(steps=60), check=lambda: 0.5, check_every_s=0.0, folder=folder,
    resume=True)
from safetensors.torch import save_file
weights = {n: v.detach().clone().contiguous() for n, v in learner.network.state_dict().items()}
save_file(weights, str(folder / "done.safetensors"))
"""


def start(folder, kind) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, "-c", FIT, str(folder), kind], cwd=ROOT)


@pytest.mark.parametrize("kind", ["relational", pytest.param("gpt2", marks=pytest.mark.slow)])
def test_killed_fits_end_with_the_same_weights(tmp_path, kind):
    # Given a fit that nobody disturbs.
    assert start(tmp_path / "whole", kind).wait() == 0
    whole = (tmp_path / "whole" / "done.safetensors").read_bytes()
    # When another is killed at moments drawn once it has gone on, and resumed.
    rng = random.Random(0)
    checkpoint = tmp_path / "parts" / "checkpoint.safetensors"
    killed = 0
    for _ in range(3):
        seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = start(tmp_path / "parts", kind)
        while process.poll() is None:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != seen:
                time.sleep(rng.random() / 20)
                process.kill()
                break
            time.sleep(0.002)
        killed += process.wait() < 0
    assert killed
    assert start(tmp_path / "parts", kind).wait() == 0
    # Then it ends with the same weights.
    assert (tmp_path / "parts" / "done.safetensors").read_bytes() == whole
