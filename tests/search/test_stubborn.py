"""Stubborn sets: cheapest plans cost the same, and steps that commute are searched in one order."""

import random

import pytest

from planner.guides.goal_count import GoalCount
from planner.guides.lm_cut.guide import LmCut
from planner.guides.relaxed_task import relax, workspace
from planner.guides.uniform import Uniform
from planner.search.best_first import Astar
from planner.search.commuting.kernels import IS_OFF, prune_operators
from planner.search.commuting.tables import new_commuting
from planner.search.limits import Meter
from planner.search.result import Status
from planner.search.stubborn import TRIAL, StubbornSets, can_prune
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost


def plain_task(seed):
    """A random task with negative conditions, but no conditional effects and no axioms."""
    draw = random.Random(seed)
    atoms = draw.randint(4, 9)

    def condition(count):
        chosen = draw.sample(range(atoms), count)
        return [atoms + a if draw.random() < 0.3 else a for a in chosen]

    operators = [
        (
            condition(draw.randint(0, 3)),
            draw.sample(range(atoms), draw.randint(1, 2)),
            draw.sample(range(atoms), draw.randint(0, 2)),
            draw.randint(0, 4),
            [],
        )
        for _ in range(draw.randint(5, 16))
    ]
    start = draw.sample(range(atoms), draw.randint(0, 3))
    return ground_task(atoms, operators, start, condition(3), complements=range(atoms))


def search(task, guide=None, **options):
    return Astar(**options).run(GroundSpace(task), guide or Uniform(), Meter())


@pytest.mark.parametrize("block", range(10))
def test_a_cheapest_plan_costs_the_same(block):
    fewer = 0
    for seed in range(20):
        task = plain_task(20 * block + seed)

        pruned, full = search(task, stubborn=True), search(task)

        assert pruned.status is full.status
        assert pruned.cost == full.cost == cheapest_cost(task)
        fewer += pruned.expanded < full.expanded
    assert fewer


@pytest.mark.parametrize("seed", range(20))
def test_tasks_of_other_kinds_are_searched_as_they_are(seed):
    task = random_task(seed)

    pruned, full = search(task, stubborn=True), search(task)

    assert pruned.cost == full.cost


def test_independent_steps_are_taken_in_one_order():
    # Given eight switches that have nothing to do with one another
    count = 8
    operators = [([], [switch], [], 1, []) for switch in range(count)]
    task = ground_task(count, operators, [], list(range(count)))

    pruned, full = search(task, stubborn=True), search(task)

    # Then a line of states is expanded instead of a hypercube
    assert (pruned.expanded, full.expanded) == (count, 2**count - 1)
    assert pruned.cost == full.cost == count


def test_steps_that_undo_conditions_of_one_another_are_kept():
    # Given one tool that two jobs use up, and a way to get it back
    operators = [
        ([0], [1], [0], 1, []),
        ([0], [2], [0], 1, []),
        ([1], [0], [], 1, []),
    ]
    task = ground_task(3, operators, [0], [1, 2])
    space = GroundSpace(task)
    sets = StubbornSets(space)

    legal = space.legal_steps(space.initial())

    assert sets.prune(space.initial(), legal).tolist() == legal.tolist() == [0, 1]
    assert search(task, stubborn=True).cost == 3


def test_it_is_given_up_where_it_leaves_out_little():
    # Given jobs that all use the same tool: nothing commutes
    count = 12
    operators = [([0], [1 + job], [0], 1, []) for job in range(count)]
    operators.append(([], [0], [], 1, []))
    space = GroundSpace(ground_task(count + 1, operators, [0], list(range(1, count + 1))))
    sets = StubbornSets(space)
    legal = space.legal_steps(space.initial())

    for _ in range(TRIAL):
        assert sets.is_on
        sets.prune(space.initial(), legal)

    assert not sets.is_on
    assert sets.prune(space.initial(), legal) is legal


def test_only_plain_operators_are_of_the_kind():
    plain = ground_task(2, [([], [0], [], 1, [])], [], [0])
    conditional = ground_task(2, [([], [], [], 1, [([0], [1], [])])], [0], [1])

    assert can_prune(plain)
    assert not can_prune(conditional)


def test_an_unsolvable_task_is_proved_so():
    task = ground_task(3, [([], [0], [], 1, []), ([1], [2], [], 1, [])], [], [0, 2])

    assert search(task, GoalCount(), stubborn=True).status is Status.UNSOLVABLE


class Unread:
    """A trace that nobody reads: it has every expansion go through Python."""

    def expanded(self, expansion):
        pass


@pytest.mark.parametrize("seed", range(60))
def test_the_kernel_keeps_the_same_steps(seed):
    task = plain_task(seed)
    space, tables = GroundSpace(task), new_commuting(task)
    sets, work = StubbornSets(space), workspace(relax(task, "real"))
    todo, seen = [space.initial()], {space.initial()}

    while todo and len(seen) < 60:
        state = todo.pop()
        legal = space.legal_steps(state)
        kept = legal.copy()
        count = prune_operators(space.row(state), kept, len(legal), tables, work)

        assert kept[:count].tolist() == sets.prune(state, legal).tolist()
        fresh = dict.fromkeys(space.successors(state, legal).tolist())
        todo += [other for other in fresh if other not in seen]
        seen.update(fresh)


def test_the_kernel_gives_up_where_it_leaves_out_little():
    # Given jobs that all use the same tool: nothing commutes
    count = 12
    operators = [([0], [1 + job], [0], 1, []) for job in range(count)]
    operators.append(([], [0], [], 1, []))
    task = ground_task(count + 1, operators, [0], list(range(1, count + 1)))
    space, tables, work = GroundSpace(task), new_commuting(task), workspace(relax(task, "real"))
    legal = space.legal_steps(space.initial())

    for _ in range(TRIAL):
        assert not tables.numbers[IS_OFF]
        prune_operators(space.row(space.initial()), legal.copy(), len(legal), tables, work)

    assert tables.numbers[IS_OFF]


def test_the_kernel_gives_up_where_sets_take_too_much_of_the_time():
    # Given that one part in five of the work may go into sets, of which this is the first
    task = plain_task(3)
    space, tables = GroundSpace(task), new_commuting(task, part=5)
    work = workspace(relax(task, "real"))
    legal = space.legal_steps(space.initial())

    prune_operators(space.row(space.initial()), legal.copy(), len(legal), tables, work)

    assert len(legal) > 1
    assert tables.numbers[IS_OFF]


def test_lm_cut_leaves_out_steps_once_the_search_proves_long():
    # Given eight jobs of three steps that have nothing to do with one another, at two prices
    operators, count = [], 7
    for job in range(count):
        first, second, done = 3 * job, 3 * job + 1, 3 * job + 2
        operators += [
            ([], [first], [second], 1, []),
            ([], [second], [first], 1, []),
            ([first], [done], [first], 2, []),
            ([second], [done], [second], 2, []),
        ]
    task = ground_task(3 * count, operators, [], [3 * job + 2 for job in range(count)])

    late, never = search(task, LmCut()), search(task, LmCut(), stubborn=False)

    assert late.cost == never.cost == 3 * count
    assert late.expanded <= never.expanded


@pytest.mark.parametrize("guide", [Uniform(), GoalCount(), LmCut()])
def test_compiled_and_traced_searches_find_plans_of_the_same_cost(guide):
    for seed in range(100, 120):
        task = plain_task(seed)

        quick = search(task, guide, stubborn=True)
        slow = Astar(stubborn=True).run(GroundSpace(task), guide, Meter(), trace=Unread())

        assert (quick.status, quick.cost) == (slow.status, slow.cost)
