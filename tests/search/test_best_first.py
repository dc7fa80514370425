"""Best-first searches: compiled and stepwise agree, A* is optimal, limits are honest."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

import pytest

from planner.guides.combine import Combined
from planner.guides.goal_count import GoalCount
from planner.guides.landmarks.guide import LandmarkCount
from planner.guides.lm_cut.guide import LmCut
from planner.guides.novelty.guide import NoveltyGuide
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.search.best_first import Astar, Gbfs, LazyGbfs, WeightedAstar
from planner.search.limits import Limits, Meter
from planner.search.reduction import reduce_task
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task

SEARCHES = (
    Gbfs(),
    Gbfs(preferred=False),
    Gbfs(boost=2),
    LazyGbfs(),
    LazyGbfs(preferred=False),
    Astar(),
    WeightedAstar(3),
)
GUIDES = (
    Uniform(),
    GoalCount(),
    RelaxationGuide("h_max"),
    RelaxationGuide("h_add"),
    RelaxationGuide("h_ff"),
    RelaxationGuide("h_ff", costs="unit"),
    LandmarkCount(),
    LmCut(),
    NoveltyGuide(),
    Combined((RelaxationGuide("h_ff"), GoalCount())),
    Combined((RelaxationGuide("h_ff", costs="unit"), LandmarkCount(), NoveltyGuide())),
    Combined((GoalCount(), RelaxationGuide("h_ff", costs="unit"))),
)


@dataclass
class Recorder:
    """A trace that remembers the order of expansion."""

    expansions: list = field(default_factory=list)

    def expanded(self, expansion):
        self.expansions.append(expansion)


def cheapest_cost(task):
    """Dijkstra's algorithm over the whole space: cost of the cheapest plan, or None."""
    space = GroundSpace(task)
    queue, done = [(0, space.initial())], set()
    while queue:
        cost, state = heapq.heappop(queue)
        if state in done:
            continue
        done.add(state)
        if space.is_goal(state):
            return cost
        for step in space.legal_steps(state).tolist():
            heapq.heappush(queue, (cost + int(task.costs[step]), space.successor(state, step)))
    return None


def replay(task, steps):
    space = GroundSpace(task)
    state = space.initial()
    for step in steps:
        assert step in space.legal_steps(state)
        state = space.successor(state, step)
    return space.is_goal(state)


def assert_agreement(search, guide, fast, slow):
    if search.variant.by_f and isinstance(guide, LmCut):
        # Compiled, nodes are estimated late, so that counts, and plans of equal cost, may differ.
        assert fast.status is slow.status
        assert search != Astar() or fast.cost == slow.cost
    else:
        assert fast == slow, (search, guide)


@pytest.mark.parametrize("seed", range(25))
def test_compiled_and_stepwise_searches_agree(seed):
    # Given a random task with every feature
    task, _ = reduce_task(random_task(seed))

    for search in SEARCHES:
        for guide in GUIDES:
            # When it is searched by the kernel, and step by step because of a trace
            fast = search.run(GroundSpace(task), guide, Meter())
            slow = search.run(GroundSpace(task), guide, Meter(), trace=Recorder())

            # Then plan, outcome and every count are the same
            assert_agreement(search, guide, fast, slow)
            if fast.steps is not None:
                assert replay(task, fast.steps)


@pytest.mark.parametrize("seed", range(25))
def test_searches_expand_in_the_same_order(seed):
    task, _ = reduce_task(random_task(seed))
    for search in (Gbfs(), LazyGbfs(), LazyGbfs(explore=2), Astar()):
        # Given the order of expansion of the stepwise search
        trace = Recorder()
        guide = RelaxationGuide("h_ff")
        whole = search.run(GroundSpace(task), guide, Meter(), trace=trace)

        # When the compiled search is cut off after each number of expansions
        for count in range(1, whole.expanded):
            meter = Meter(Limits(expansions=count))
            part = search.run(GroundSpace(task), guide, meter)

            # Then it stops exactly there, with the stepwise search cut off likewise
            assert part.expanded == meter.expanded == count
            cut = Meter(Limits(expansions=count))
            assert part == search.run(GroundSpace(task), guide, cut, trace=Recorder())
        assert len(trace.expansions) == whole.expanded


@pytest.mark.parametrize("seed", range(40))
def test_astar_with_an_admissible_guide_is_optimal(seed):
    # Given a random task and its cheapest cost, found by exhausting it
    task = random_task(seed)
    expected = cheapest_cost(task)

    for guide in (Uniform(), RelaxationGuide("h_max"), LmCut()):
        # When it is solved by A*
        outcome = Astar().run(GroundSpace(task), guide, Meter())

        # Then the cost is that, and said to be; or there is no plan, and that is proved
        if expected is None:
            assert outcome.status is Status.UNSOLVABLE
        else:
            assert outcome.status is Status.SOLVED
            assert outcome.cost == outcome.lower_bound == expected
            assert outcome.optimal


@pytest.mark.parametrize("seed", range(40))
def test_every_search_finds_a_plan_where_there_is_one(seed):
    task = random_task(seed)
    expected = cheapest_cost(task)
    for search in SEARCHES:
        for guide in GUIDES:
            outcome = search.run(GroundSpace(task), guide, Meter())
            assert (outcome.status is Status.SOLVED) == (expected is not None), (search, guide)
            if expected is None:
                assert outcome.status is Status.UNSOLVABLE
            else:
                assert outcome.cost >= expected
            if isinstance(search, WeightedAstar) and guide == RelaxationGuide("h_max"):
                assert expected is None or outcome.cost <= search.weight * expected


def test_optimality_is_claimed_for_admissible_guides_only():
    task = next(t for t in map(random_task, range(99)) if cheapest_cost(t) is not None)
    space = GroundSpace(task)
    assert not Astar().run(space, RelaxationGuide("h_add"), Meter()).optimal
    assert not Astar().run(space, RelaxationGuide("h_max", costs="unit"), Meter()).optimal
    assert not WeightedAstar(2).run(space, RelaxationGuide("h_max"), Meter()).optimal
    assert not Gbfs().run(space, RelaxationGuide("h_max"), Meter()).optimal


def counter(bits):
    """A binary counter that must count up to all ones: 2**bits states, one way on."""
    operators = []
    for bit in range(bits):
        lower = list(range(bit))
        operators.append(([bits + bit, *lower], [bit], lower, 1, []))
    return ground_task(bits, operators, [], range(bits), complements=range(bits))


def test_tables_grow_during_a_search():
    # Given a task with 2**15 states in a row, more than the tables start with
    task = counter(15)
    for search in (Gbfs(), LazyGbfs(), LazyGbfs(explore=2), Astar()):
        # When it is searched
        outcome = search.run(GroundSpace(task), RelaxationGuide("h_add"), Meter())

        # Then the only plan is found
        assert outcome.cost == 2**15 - 1
        assert replay(task, outcome.steps)


def test_large_costs_leave_the_buckets():
    # Given costs far beyond the buckets of the queues
    task, _ = reduce_task(random_task(3))
    dear = replace(task, costs=task.costs * 99_991 + (task.costs > 0))
    for search in SEARCHES:
        for guide in GUIDES:
            fast = search.run(GroundSpace(dear), guide, Meter())
            slow = search.run(GroundSpace(dear), guide, Meter(), trace=Recorder())
            assert_agreement(search, guide, fast, slow)


def test_limits_stop_a_search_and_say_which():
    task = counter(18)
    guide = Uniform()

    outcome = Gbfs().run(GroundSpace(task), guide, Meter(Limits(expansions=1000)))
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "expansions")
    assert outcome.expanded == 1000

    outcome = Gbfs().run(GroundSpace(task), guide, Meter(Limits(cpu_s=0.0)))
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "time")

    meter = Meter()
    meter.interrupt()
    outcome = LazyGbfs().run(GroundSpace(task), guide, meter)
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "interrupt")

    outcome = Astar().run(GroundSpace(task), guide, Meter(Limits(memory_mb=1)))
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "memory")


def test_a_cut_off_astar_gives_a_lower_bound():
    task = counter(8)
    meter = Meter(Limits(expansions=100))
    outcome = Astar().run(GroundSpace(task), RelaxationGuide("h_max"), meter)
    assert outcome.status is Status.LIMIT
    assert outcome.lower_bound is not None
    assert 0 < outcome.lower_bound <= 2**8 - 1


def test_an_initial_state_that_is_a_goal_needs_no_steps():
    task = ground_task(2, [([0], [1], [], 1, [])], [0], [0])
    for search in SEARCHES:
        outcome = search.run(GroundSpace(task), RelaxationGuide("h_ff"), Meter())
        assert outcome.status is Status.SOLVED
        assert outcome.steps == ()
        assert outcome.cost == 0


def test_a_trace_has_each_expansion_with_its_children():
    task = next(t for t in map(random_task, range(99)) if (cheapest_cost(t) or 0) > 3)
    trace = Recorder()
    outcome = Gbfs().run(GroundSpace(task), RelaxationGuide("h_ff"), Meter(), trace=trace)
    assert len(trace.expansions) == outcome.expanded
    root = trace.expansions[0]
    assert (root.node, root.parent, root.step, root.cost) == (0, -1, -1, 0)
    children = {
        int(child): (e.node, int(step))
        for e in trace.expansions
        for step, child in zip(e.steps, e.successors, strict=True)
        if child >= 0
    }
    for expansion in trace.expansions[1:]:
        assert expansion.node in children
