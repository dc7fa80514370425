"""Kernels give the same results interpreted and compiled, and start without Numba."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from planner.engine import jit
from planner.engine.jit import kernel


@kernel
def _mix(a: int, b: int) -> int:
    return (a ^ b) * np.int64(0x9E3779B97F4A7C1)


@kernel
def _digest(values) -> int:
    h = np.int64(17)
    for i in range(len(values)):
        h = _mix(h, values[i])
    return h


@pytest.mark.skipif(not jit.HAS_NUMBA, reason="numba is not installed")
def test_a_kernel_that_calls_kernels_gives_the_same_compiled_and_interpreted() -> None:
    values = np.arange(100, dtype=np.int64)

    with np.errstate(over="ignore"):
        interpreted = _digest.__wrapped__(values)

    assert int(_digest.compiled(values)) == int(interpreted)


def test_a_small_task_needs_no_numba(root) -> None:
    script = (
        "import sys\n"
        "from planner import load_task, solve\n"
        "solve(load_task('rules/blocksworld/tasks/three-blocks.yaml'))\n"
        "print('numba' in sys.modules)"
    )

    run = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "False"
