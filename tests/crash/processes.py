"""The command line in a process of its own, with the CPU seconds it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

BLOCKS = "rules/blocksworld/tasks/blocks-50-1.yaml"
SMALL = "rules/blocksworld/tasks/three-blocks.yaml"
# Nothing a search can do about: no estimate leads it, so it goes on until it is stopped.
ENDLESS = (BLOCKS, "--guide", "uniform", "--model", "none", "--no-learned")


@dataclass(frozen=True)
class Ended:
    """How a process ended; ``cpu_s`` is user and system time of its whole life."""

    code: int
    out: str
    err: str
    cpu_s: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start the command line in the repository's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "planner", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end, however it comes."""
    before = sum(os.times()[2:4])
    try:
        out, err = process.communicate(timeout=1200)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, out, err, sum(os.times()[2:4]) - before)


def run(*arguments: object) -> Ended:
    return finish(start(*arguments))


def _fields(pid: int) -> list[str]:
    """The fields of a process's `stat` behind its name (Linux)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_so_far(process: subprocess.Popen[str]) -> float:
    """CPU seconds a running process has taken (Linux)."""
    return sum(map(int, _fields(process.pid)[11:13])) / os.sysconf("SC_CLK_TCK")


def tree_cpu(pid: int) -> float:
    """CPU seconds that a process and what it has started have taken so far (Linux)."""
    try:
        own = sum(map(int, _fields(pid)[11:15])) / os.sysconf("SC_CLK_TCK")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return own + sum(tree_cpu(int(child)) for child in children)


def wide_task(objects: int) -> str:
    """A task with objects**5 operators: grounding goes on until it is stopped."""
    names = ", ".join(f"p{i}" for i in range(objects))
    return f"""
task: wide
rules:
  types: {{place: object}}
  predicates:
    at(place): the traveller is at {{0}}
    seen(place, place, place, place): four places were seen
  actions:
    jump(?a - place, ?b - place, ?c - place, ?d - place, ?e - place):
      if: at(?a) and ?a != ?b and ?b != ?c
      then: at(?e) and seen(?a, ?b, ?c, ?d) and not at(?a)
objects: {{place: [{names}]}}
init:
  - at(p0)
goal: at(p1) and at(p2)
"""


def closure_query(objects: int) -> str:
    """A query with objects**3 facts: deduction goes on until it is stopped."""
    names = ", ".join(f"n{i}" for i in range(objects))
    edges = "".join(f"  - edge(n{i}, n{(i + 1) % objects})\n" for i in range(objects))
    return f"""
task: closure
rules:
  types: {{node: object}}
  predicates:
    edge(node, node): an edge
    path(node, node): a path
    via(node, node, node): a path by a third
  rules:
    - if: edge(?x, ?y)
      then: path(?x, ?y)
    - if: path(?x, ?y) and path(?y, ?z)
      then: path(?x, ?z) and via(?x, ?y, ?z)
objects: {{node: [{names}]}}
init:
{edges}goal: via(n0, ?y, ?z)
"""
