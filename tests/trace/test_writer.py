import itertools

import numpy as np

from planner.interfaces import Expansion
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.trace.events import ProofRecord
from planner.trace.reader import read_trace
from planner.trace.writer import TraceWriter
from tests.trace.searches import corridor_task, record


def test_states_can_be_rebuilt_from_the_differences(tmp_path):
    # given a recorded search
    task = corridor_task()
    space = GroundSpace(ground(task))
    trace = record(tmp_path / "t.jsonl", task, space=space)

    # when the differences on each path are added up
    states = {}
    for expansion in trace.expansions:
        before = states.get(expansion.parent, frozenset())
        states[expansion.node] = (before - set(expansion.removed)) | set(expansion.added)

    # then they are the space's own states
    for expansion in trace.expansions:
        assert sorted(states[expansion.node]) == space.true_atoms(expansion.state).tolist()


def test_facts_and_steps_are_written_in_words(tmp_path):
    trace = record(tmp_path / "t.jsonl", corridor_task())

    assert [step.words for step in trace.plan] == [
        "walk from room0 to room1",
        "walk from room1 to room2",
        "walk from room2 to room3",
    ]
    first = trace.expansions[0]
    assert {(trace.atoms[a].text, trace.atoms[a].words) for a in first.added} == {
        ("in(room0)", "the robot is in room0")
    }
    assert trace.header.goal == "in(room3)"
    assert trace.footer.status == "solved"


def test_proofs_travel_with_the_plan(tmp_path):
    proof = ProofRecord("p", "rule", rule="r", premises=(ProofRecord("q"),))
    trace = record(tmp_path / "t.jsonl", corridor_task(2), proofs=[[proof]])

    assert trace.plan[0].proofs == (proof,)


def test_equal_searches_give_equal_files(tmp_path):
    for name in ("one", "two"):
        record(tmp_path / name, corridor_task())

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_full_record_stops_and_says_so(tmp_path):
    trace = record(tmp_path / "t.jsonl", corridor_task(40), max_bytes=4000)

    assert 0 < len(trace.expansions) < trace.footer.expanded
    assert trace.footer.recorded == len(trace.expansions)
    assert len(trace.plan) == 39
    assert "the record is full" in trace.notes[0]
    assert (tmp_path / "t.jsonl").stat().st_size < 40_000


class _TickingClock:
    """Each look at the clock finds it a tenth of a second later."""

    def __init__(self):
        self._ticks = itertools.count()

    def wall(self):
        return next(self._ticks) / 10

    def cpu(self):
        return 0.0


def test_a_killed_writer_leaves_what_it_flushed(tmp_path):
    # given a writer that is never closed
    task = corridor_task()
    space = GroundSpace(ground(task))
    path = tmp_path / "t.jsonl"
    writer = TraceWriter(path, task, space, clock=_TickingClock())

    # when time goes by
    state = space.initial()
    for node in range(50):
        steps = space.legal_steps(state)
        writer.expanded(Expansion(node, node - 1, -1, state, 0, None, steps))

    # then much of it can be read already, and says that it is unfinished
    trace = read_trace(path)
    assert len(trace.expansions) > 20
    assert trace.footer is None
    assert any("without an outcome" in note for note in trace.notes)
    writer.__exit__(None, None, None)


def test_priors_and_dead_ends_survive(tmp_path):
    trace = record(tmp_path / "t.jsonl", corridor_task(), limit=3)

    first = trace.expansions[0]
    assert np.isclose(sum(np.exp(first.log_prior)), 1, atol=1e-5)
    assert trace.footer.status == "limit"
    assert any(e.value == float("inf") for e in record(tmp_path / "u", corridor_task()).expansions)
