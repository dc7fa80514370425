"""After a rehearsal a process finds every kernel of the engine without Numba."""

from __future__ import annotations

import subprocess
import sys

import pytest

from planner.engine import jit

_REHEARSAL = """
from planner.engine.jit import compile_from_now_on
from planner.engine.rehearsal import rehearse
compile_from_now_on()
rehearse()
"""

_LATER = """
import sys
from planner.engine.rehearsal import rehearse
from planner.engine.runs.compiled import can_load
assert can_load()
rehearse()
assert "numba" not in sys.modules, "a kernel had no image"
print("linked" if "llvmlite.binding" in sys.modules else "interpreted")
"""


@pytest.mark.slow
@pytest.mark.skipif(not jit.HAS_NUMBA, reason="numba is not installed")
def test_a_rehearsal_leaves_images_of_all_that_the_engine_calls(root) -> None:
    subprocess.run([sys.executable, "-c", _REHEARSAL], cwd=root, check=True)

    later = subprocess.run(
        [sys.executable, "-c", _LATER], cwd=root, check=True, capture_output=True, text=True
    )

    assert later.stdout.strip() == "linked"
