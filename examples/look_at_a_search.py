"""Solve a task, say why each step was possible, and write the page of the search.

python examples/look_at_a_search.py examples/river.yaml river.html
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import planner
from planner.trace.html import render
from planner.trace.reader import read_trace


def main(task_path: str, page_path: str) -> None:
    """Print the plan with its reasons and write the page."""
    task = planner.load_task(task_path)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "search.jsonl"
        planner.solve(task, search="gbfs", trace=record)
        trace = read_trace(record)
    for number, step in enumerate(trace.plan, start=1):
        reasons = ", ".join(proof.words or proof.fact for proof in step.proofs)
        sys.stdout.write(f"{number}. {step.words} (since {reasons})\n")
    Path(page_path).write_text(render(trace), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
