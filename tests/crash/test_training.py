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

TRAIN = """
import sys
from planner.learn.train import train
train(sys.argv[1], sys.argv[2], kind=sys.argv[3], steps=60, sizes=2, tasks_per_size=3, seed=7,
      resume=True)
"""


def start(folder, kind) -> subprocess.Popen[bytes]:
    base = ROOT / "rules" / "blocksworld"
    return subprocess.Popen([sys.executable, "-c", TRAIN, str(base), str(folder), kind], cwd=ROOT)


@pytest.mark.parametrize("kind", ["relational", "gpt2"])
def test_killed_trainings_end_with_the_same_weights(tmp_path, kind):
    # Given a training that nobody disturbs.
    assert start(tmp_path / "whole", kind).wait() == 0
    whole = (tmp_path / "whole" / "weights.safetensors").read_bytes()
    # When another is killed at moments drawn once its first checkpoint is there, and resumed.
    rng = random.Random(0)
    checkpoint = tmp_path / "parts" / "training" / "checkpoint.safetensors"
    for _ in range(3):
        seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = start(tmp_path / "parts", kind)
        while process.poll() is None:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != seen:
                time.sleep(rng.random() / 20)
                process.kill()
                break
            time.sleep(0.001)
        process.wait()
    assert start(tmp_path / "parts", kind).wait() == 0
    # Then it ends with the same weights.
    parts = (tmp_path / "parts" / "weights.safetensors").read_bytes()
    assert parts == whole
