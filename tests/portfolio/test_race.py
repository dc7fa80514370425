"""Several searches at once: who wins, what is shared, and that nothing is left over."""

from __future__ import annotations

import os
import signal
import sys
import time
from fractions import Fraction

import pytest

import planner
from planner.errors import InputError, UnsupportedError
from planner.io.load import load_task, load_task_text
from planner.plan import Plan, Step
from planner.portfolio.members import Member
from planner.portfolio.race import Course, race
from planner.result import Result
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
DEAR = Plan((Step("a"), Step("b"), Step("c")))
CHEAP = Plan((Step("a"), Step("b")))
CHEAPEST = Plan((Step("a"),))


@pytest.fixture(scope="module")
def task():
    return load_task(ROOT / "rules/blocksworld/tasks/three-blocks.yaml")


def waits_for_its_end(task, meter):
    """A search that finds nothing until it is told to stop."""
    while not meter.exceeded():
        time.sleep(0.005)
    return Result(task, Status.LIMIT, reason=meter.exceeded())


def run_race(task, *runs, jobs=None, improve=False, on_plan=None, meter=None):
    """Race functions of a meter and a `tell`."""
    members = [Member(f"s{number}") for number in range(len(runs))]
    course = Course(
        task,
        members,
        jobs or len(runs),
        lambda number, member, own, tell: runs[number](own, tell),
        improve,
        on_plan,
    )
    return race(course, meter or Meter(), 0.0)[1]


def solved(task, plan, **more):
    def run(meter, tell):
        tell(plan)
        return Result(task, Status.SOLVED, plan, **more)

    return run


def test_the_first_plan_wins_and_the_others_end(task):
    # Given a search that never ends and one that finds a plan
    result = run_race(task, lambda meter, tell: waits_for_its_end(task, meter), solved(task, CHEAP))

    assert (result.status, result.plan, result.complete) == (Status.SOLVED, CHEAP, True)
    assert "2 s1: found the plan" in result.notes[-1]
    assert "1 s0: stopped" in result.notes[-1]


def test_one_plan_is_told_of_and_is_the_result(task):
    # Given two searches that find plans of different cost at about the same moment
    for _ in range(3):
        told = []

        result = run_race(task, solved(task, DEAR), solved(task, CHEAP), on_plan=told.append)

        assert told == [result.plan]


def test_improvement_keeps_the_cheapest_and_ends_with_a_proof(task):
    told = []

    def proves(meter, tell):
        while meter.incumbent.cost() != 2:  # until the other's plan is known here
            time.sleep(0.002)
        tell(CHEAPEST)
        return Result(task, Status.SOLVED, CHEAPEST, optimal=True, lower_bound=Fraction(1))

    def improves(meter, tell):
        tell(DEAR)
        tell(CHEAP)
        return waits_for_its_end(task, meter)

    result = run_race(task, improves, proves, improve=True, on_plan=told.append)

    assert told == [DEAR, CHEAP, CHEAPEST]
    assert (result.plan, result.optimal, result.lower_bound) == (CHEAPEST, True, 1)


def test_a_bound_of_one_proves_the_plan_of_another(task):
    def proves(meter, tell):
        meter.incumbent.prove(Fraction(2))
        return waits_for_its_end(task, meter)

    def finds(meter, tell):
        tell(CHEAP)
        return waits_for_its_end(task, meter)

    result = run_race(task, proves, finds, improve=True)

    assert (result.plan, result.optimal, result.complete) == (CHEAP, True, True)
    assert result.lower_bound == 2


def test_unsolvability_proved_by_one_ends_all(task):
    def proves(meter, tell):
        return Result(task, Status.UNSOLVABLE)

    result = run_race(task, lambda meter, tell: waits_for_its_end(task, meter), proves)

    assert result.status is Status.UNSOLVABLE


def test_giving_up_is_not_a_proof(task):
    def gives_up(meter, tell):
        return Result(task, Status.EXHAUSTED)

    assert run_race(task, gives_up, gives_up).status is Status.EXHAUSTED


def test_what_waits_begins_when_one_ends_in_vain(task):
    def gives_up(meter, tell):
        return Result(task, Status.EXHAUSTED)

    result = run_race(task, gives_up, gives_up, solved(task, CHEAP), jobs=1)

    assert result.plan == CHEAP


def test_the_best_plan_is_returned_at_a_limit(task):
    def improves(meter, tell):
        tell(CHEAP)
        return waits_for_its_end(task, meter)

    result = run_race(task, improves, improves, improve=True, meter=Meter(Limits(time_s=0.3)))

    assert (result.status, result.plan) == (Status.SOLVED, CHEAP)
    assert (result.complete, result.reason) == (False, "time")


def test_cpu_seconds_of_all_processes_count_together(task):
    def burns(meter, tell):
        while not meter.exceeded():
            pass
        return Result(task, Status.LIMIT, reason=meter.exceeded())

    result = run_race(task, burns, burns, meter=Meter(Limits(cpu_s=0.6)))

    assert (result.status, result.reason) == (Status.LIMIT, "time")
    # Each alone would have taken 0.6.
    assert result.statistics.total_s < 1.1


def test_memory_is_shared_and_a_process_that_outgrows_its_share_ends(task):
    def grows(meter, tell):
        kept = []
        while True:  # never asks
            kept.append(bytearray(8 << 20))
            time.sleep(0.002)

    meter = Meter(Limits(memory_mb=planner.search.limits.resident_mb() * 4 + 200))
    result = run_race(task, grows, solved(task, CHEAP, optimal=False), meter=meter, improve=True)

    assert result.plan == CHEAP
    assert "1 s0: exceeded its share of memory" in result.notes[-1]


def test_expansions_are_divided(task):
    asked = run_race(
        task,
        lambda meter, tell: Result(task, Status.LIMIT, reason=f"{meter.limits.expansions}"),
        lambda meter, tell: Result(task, Status.LIMIT, reason=f"{meter.limits.expansions}"),
        meter=Meter(Limits(expansions=101)),
    )

    assert asked.reason == "50"


def test_a_search_that_fails_leaves_the_others(task):
    def fails(meter, tell):
        raise UnsupportedError("not this one")

    result = run_race(task, fails, solved(task, CHEAP))

    assert result.plan == CHEAP


def test_when_all_fail_the_first_error_is_raised(task):
    def fails(text):
        def run(meter, tell):
            raise InputError(text)

        return run

    with pytest.raises(planner.PlannerError, match="first") as caught:
        run_race(task, fails("first"), fails("second"))
    assert caught.value.exit_code == 31


def test_processes_that_die_are_told_of(task):
    def dies(meter, tell):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(planner.PlannerError, match="signal 9"):
        run_race(task, dies, dies)


def test_an_interrupt_ends_all_and_nothing_is_left_over(task):
    meter = Meter()
    pids = []

    def asks(meter_, tell):
        tell(Plan((Step(str(os.getpid())),)))
        return waits_for_its_end(task, meter_)

    def note(plan):
        pids.append(int(plan.steps[0].name))
        meter.interrupt()

    result = run_race(task, asks, asks, improve=True, on_plan=note, meter=meter)

    assert (result.reason, result.complete) == ("interrupt", False)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_solve_with_jobs_gives_a_valid_plan(task):
    result = planner.solve(task, jobs=2)

    assert result.status is Status.SOLVED
    assert planner.validate(task, result.plan).ok
    assert result.plan.cost == sum(step.cost for step in result.plan)


def test_a_portfolio_by_name_improves_to_the_cheapest_plan(task):
    told = []

    result = planner.solve(
        task,
        search="portfolio: gbfs with goal_count | astar with lm_cut",
        improve=True,
        on_plan=told.append,
    )

    assert result.optimal
    assert told[-1] == result.plan
    assert result.plan.cost == planner.solve(task, search="astar").plan.cost


def test_an_unreachable_goal_is_proved_by_a_portfolio():
    task = load_task_text(
        """
task: stuck
rules:
  types: {place: object}
  predicates:
    at(place): where the traveller is
    road(place, place): a road
  actions:
    go(?a - place, ?b - place):
      if: at(?a) and road(?a, ?b)
      then: at(?b) and not at(?a)
objects: {place: [p, q]}
init:
  - at(p)
  - road(q, p)
goal: at(q)
"""
    )

    result = planner.solve(task, jobs=2)

    assert result.status is Status.UNSOLVABLE
    assert result.unreachable == "at(q)"


def test_open_tasks_are_solved_by_a_portfolio():
    task = load_task(ROOT / "rules/game24/tasks/easy.yaml")

    result = planner.solve(task, jobs=2)

    assert result.status is Status.SOLVED
    assert planner.validate(task, result.plan).ok


def test_a_trace_is_the_winners(task, tmp_path):
    from planner.trace.reader import read_trace

    place = tmp_path / "t.jsonl"
    place.write_text("former")

    result = planner.solve(task, search="portfolio: astar | gbfs", trace=place)

    trace = read_trace(place)
    assert trace.header.search.split()[0] in result.search
    assert [str(step) for step in result.plan] == [step.text for step in trace.plan]
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_query_needs_no_portfolio():
    task = load_task(ROOT / "rules/kinship/tasks/ancestors.yaml")

    result = planner.solve(task, jobs=2)

    assert result.answers


def test_a_checkpoint_is_refused(task, tmp_path):
    from planner.search.checkpoint import Checkpoint

    record = Checkpoint(tmp_path / "c", "x", resume=False)
    with pytest.raises(InputError, match="leave it out"):
        planner.solve(task, jobs=2, checkpoint=record)
    record.close()


def test_no_jobs_are_refused(task):
    with pytest.raises(InputError, match="at least one job"):
        planner.solve(task, jobs=0)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"search": "rely"}, "did you mean `relay`"),
        ({"search": "lazy:explore=-1"}, "explore must be at least 0"),
        ({"guide": "h_fff"}, "did you mean `h_ff`"),
        ({"search": "portfolio", "guide": "h_fff"}, "did you mean `h_ff`"),
    ],
)
def test_mistakes_in_names_are_not_hidden_by_the_searches_that_are_added(task, wanted, message):
    with pytest.raises(InputError, match=message):
        planner.solve(task, jobs=2, **wanted)


def test_a_lifted_search_beside_a_grounded_one(task):
    result = planner.solve(task, search="portfolio: lifted | relay")

    assert result.status is Status.SOLVED
    assert planner.validate(task, result.plan).ok


def test_the_first_follows_the_model_and_control_rules():
    from planner.learned import use_learned

    plain = load_task(ROOT / "rules/blocksworld/tasks/blocks-4-1.yaml")
    task, model, _ = use_learned(plain, "uniform")

    result = planner.solve(task, model=model, jobs=2)
    listed = planner.solve(task, model=model, search="portfolio: levin with model | regret")

    assert planner.validate(plain, result.plan).ok
    assert planner.validate(plain, listed.plan).ok


def test_pddl_tasks_are_solved_by_a_portfolio(tmp_path):
    (tmp_path / "domain.pddl").write_text(
        "(define (domain d) (:predicates (at ?x) (road ?x ?y))"
        " (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))"
        " :effect (and (at ?y) (not (at ?x)))))"
    )
    (tmp_path / "p.pddl").write_text(
        "(define (problem p) (:domain d) (:objects a b c)"
        " (:init (at a) (road a b) (road b c)) (:goal (at c)))"
    )
    task, _ = planner.load_pddl(tmp_path / "domain.pddl", tmp_path / "p.pddl")

    result = planner.solve(task, jobs=2, improve=True)

    assert [str(step) for step in result.plan] == ["(go a b)", "(go b c)"]
    assert result.optimal


def test_different_plans_come_from_the_search_that_found_the_first():
    task = load_task(ROOT / "rules/gripper/tasks/balls-2.yaml")

    result = planner.solve(task, jobs=2, plans=2)

    assert len(result.others) == 1
    assert result.others[0].steps != result.plan.steps
