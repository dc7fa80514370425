"""Guides side by side: what was solved within which bound, and how sure that is."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from planner.guides.goal_count import GoalCount
from planner.guides.uniform import Uniform
from planner.learn.evaluation.ablation import Bounds, Entrant, ablate, compete, render_ablations
from planner.learn.evaluation.chart import ablation_chart
from planner.learn.evaluation.intervals import share_interval
from planner.search.levin import LevinTS
from tests.models.fact_space import FactSpace, towers

TASKS = [towers([["a", "b"], ["c"]], [("c", "a")]), towers([["a", "b", "c"]], [("a", "c")])]
ENTRANTS = {
    "uniform": Entrant(LevinTS(), Uniform()),
    "goal_count": Entrant(LevinTS(), GoalCount()),
}


class Ticking:
    """A clock that adds a second each time it is asked for the CPU's."""

    def __init__(self) -> None:
        self.now = 0.0

    def wall(self) -> float:
        return self.now

    def cpu(self) -> float:
        self.now += 1.0
        return self.now


def trials(bounds, **kinds):
    return list(compete(TASKS, ENTRANTS, bounds, FactSpace, **kinds))


def rows_of(found, bounds):
    best = {(t.seed, t.task): t.cost for t in found if t.steps is not None}
    return ablate(found, bounds, best)


def test_each_guide_runs_on_each_task_under_the_same_bounds():
    bounds = Bounds(1000, 0.0)
    rows = rows_of(trials(bounds), bounds)
    assert [row.guide for row in rows] == ["uniform", "goal_count"]
    assert all(row.tasks == 2 and row.at_expansions.value == 1 for row in rows)
    assert all(row.expanded >= 1 and row.length >= 2 and row.ratio >= 1 for row in rows)
    table = render_ablations(rows, bounds).splitlines()
    assert "at 1,000 exp." in table[0]
    assert table[1].startswith("uniform")
    assert "100 %" in table[1]


def test_a_run_goes_on_until_both_bounds_are_spent_and_counts_for_each():
    # Given one expansion, far too few, and a clock under which seconds suffice.
    bounds = Bounds(1, 100_000.0)
    found = trials(bounds, clock=Ticking())
    (first, *_) = rows_of(found, bounds)
    assert first.at_expansions.value == 0
    assert first.at_cpu_s.value == 1
    # And without seconds the same tasks stay unsolved.
    assert all(t.steps is None for t in trials(Bounds(1, 0.0)))


def test_a_search_that_divides_its_limit_has_a_run_under_each():
    # Given a search that says under which limits it ran.
    limits = []

    class Asking(LevinTS):
        def run(self, space, guide, meter, **kinds):
            limits.append((meter.limits.expansions, meter.limits.cpu_s))
            return super().run(space, guide, meter, **kinds)

    bounds = Bounds(1, 100_000.0)
    entrants = {"asking": Entrant(Asking(), Uniform(), divides=True)}
    found = list(compete(TASKS, entrants, bounds, FactSpace))
    (row,) = rows_of(found, bounds)
    # Then each bound was the limit of a run on each task, and each run counts for its own.
    assert limits == [(1, None), (None, 100_000.0)] * 2
    assert row.tasks == 2
    assert row.at_expansions.value == 0
    assert row.at_cpu_s.value == 1


def test_what_is_not_solved_counts_as_such():
    bounds = Bounds(1, 0.0)
    for row in rows_of(trials(bounds), bounds):
        assert row.at_expansions.value == row.at_cpu_s.value == 0
        assert row.expanded == row.length == row.ratio == 0


def test_intervals_hold_the_share_and_narrow_with_more_tasks():
    few, many = share_interval([True, False] * 5), share_interval([True, False] * 100)
    assert few.low < 0.5 < few.high
    assert many.high - many.low < few.high - few.low
    # A normal approximation says 0.5 +- 0.069 for 200 tasks.
    assert many.low == pytest.approx(0.431, abs=0.02)
    # Nothing but successes is no certainty.
    assert share_interval([True] * 10).low == pytest.approx(1 - 0.308, abs=0.001)
    assert share_interval([]).high == 1


def test_more_seeds_on_the_same_tasks_do_not_narrow_an_interval():
    # Given ten tasks, half of them solved, and the same with three seeds that all agree.
    once = [True, False] * 5
    thrice, tasks = once * 3, list(range(10)) * 3

    # Then only runs on tasks of their own say more.
    assert share_interval(thrice, tasks=tasks) == share_interval(once)
    alone = share_interval(thrice)
    assert alone.high - alone.low < 0.7 * (share_interval(once).high - share_interval(once).low)
    assert share_interval([True] * 30, tasks=tasks).low == share_interval([True] * 10).low


def test_the_chart_is_one_xml_document_with_a_bar_for_each_share():
    bounds = Bounds(1000, 0.0)
    rows = rows_of(trials(bounds), bounds)
    root = ElementTree.fromstring(ablation_chart(rows, bounds, "a < b"))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "a < b" in texts
    assert "goal_count" in texts
    assert sum(element.get("fill") == "#5b8db8" for element in root.iter()) == 1 + len(rows)
    # What is drawn later hides what is drawn before: lines of the grid must not cross the bars.
    kinds = [element.tag.rpartition("}")[2] for element in root.iter()]
    last_of_grid = len(kinds) - 1 - kinds[::-1].index("line")
    assert last_of_grid < kinds.index("path")
    assert (texts.count("100 %"), texts.count("0 %")) == (1 + len(rows), 1 + len(rows))
    assert any(text and "95 % intervals, 2 tasks" in text for text in texts)


def test_an_exam_adds_solve_rates_by_size_and_what_the_model_thinks():
    from planner.learn.evaluation.exam import examine
    from planner.models.baseline import UniformModel

    pytest.importorskip("sacrebleu")
    bounds = Bounds(1000, 0.0)
    exam = examine({0: TASKS, 1: TASKS}, ENTRANTS, bounds, FactSpace, UniformModel(), ["a note"])
    assert [(r.guide, r.size, r.tasks, r.solved) for r in exam.sizes] == [
        ("uniform", 3, 4, 4),
        ("goal_count", 3, 4, 4),
    ]
    assert exam.likelihood is not None
    assert exam.likelihood.perplexity > 1
    assert exam.likelihood.exact == 1
    text = exam.render()
    assert text.startswith("2 tasks with each of the seeds 0, 1; ")
    assert "perplexity" in text
    assert text.endswith("a note")
    document = json.loads(json.dumps(exam.to_json()))
    assert len(document["trials"]) == 8
    assert document["ablations"][0]["at_expansions"]["value"] == 1
