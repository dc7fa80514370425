"""Running out of memory ends a run like a limit on memory: best so far, status and exit code."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from planner.io.load import load_task
from planner.search.best_first import Gbfs
from planner.search.levin import LevinTS
from planner.search.result import Status
from planner.solve import solve
from tests.conftest import ROOT
from tests.crash.processes import SMALL


@dataclass(frozen=True)
class Exhausting:
    """A search for which there is never enough memory."""

    name: str = "exhausting"

    def run(self, space, guide, meter, *, seed=0, trace=None):
        raise MemoryError


@dataclass(frozen=True)
class OnceOnly:
    """A search for whose second run there is not enough memory."""

    runs: list[int]
    name: str = "once"

    def run(self, space, guide, meter, *, seed=0, trace=None):
        self.runs.append(1)
        if len(self.runs) > 1:
            raise MemoryError
        return Gbfs().run(space, guide, meter)


@pytest.fixture
def task():
    return load_task(ROOT / SMALL)


def test_a_search_without_memory_meets_a_limit(task):
    result = solve(task, search=Exhausting())

    assert (result.status, result.reason) == (Status.LIMIT, "memory")
    assert result.plan is None


def test_a_plan_found_before_memory_ended_is_returned(task):
    # Given a search that finds one plan and then has no memory for another
    told = []

    # When two plans are asked for
    result = solve(task, search=OnceOnly([]), plans=2, on_plan=told.append)

    # Then the first is the result, and what cut the search short is said
    assert (result.status, result.reason, result.complete) == (Status.SOLVED, "memory", False)
    assert told[-1] == result.plan


def test_a_guide_that_runs_out_of_memory_ends_a_policy_search(task):
    class Heavy:
        name = "heavy"

        def bind(self, space):
            return self

        def judge(self, states, steps):
            raise MemoryError

    result = solve(task, search=LevinTS(), guide=Heavy())

    assert (result.status, result.reason) == (Status.LIMIT, "memory")


def test_preparing_without_memory_meets_a_limit(task, monkeypatch):
    # Given that there is no memory for grounding's tables
    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr("planner.search.auto.choose", no_memory)

    result = solve(task)

    assert (result.status, result.reason) == (Status.LIMIT, "memory")
