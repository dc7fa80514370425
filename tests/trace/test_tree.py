from planner.trace.events import ExpansionRecord, Header, PlanStepRecord, StepName
from planner.trace.reader import Trace
from planner.trace.tree import build_tree
from tests.trace.searches import corridor_task, record

STEPS = {n: StepName(n, "go", f"(go {n})", cost=2) for n in range(4)}


def test_frontier_nodes_hang_under_the_node_that_made_them(tmp_path):
    trace = record(tmp_path / "t.jsonl", corridor_task())
    tree = build_tree(trace)

    assert tree.parent[0] == -1
    assert all(-1 < parent < node for node, parent in enumerate(tree.parent) if node)
    frontier = [node for node in range(len(tree)) if tree.expansion[node] < 0]
    assert frontier
    assert all(tree.cost[node] == tree.cost[tree.parent[node]] + 1 for node in frontier)


def test_the_plan_is_found_in_the_tree(tmp_path):
    tree = build_tree(record(tmp_path / "t.jsonl", corridor_task()))

    assert tree.plan[0] == 0
    steps = zip(tree.plan, tree.plan[1:], strict=False)
    assert all(tree.parent[after] == before for before, after in steps)


def test_children_that_are_made_late_are_found_by_their_own_expansion():
    # given a search that names successors only when it expands them, the later one first
    trace = Trace(
        Header("t"),
        steps=STEPS,
        expansions=(
            ExpansionRecord(0, -1, -1, 0, 0, steps=(0, 1)),
            ExpansionRecord(5, 0, 1, 1, 2, steps=(2,)),
            ExpansionRecord(9, 0, 0, 2, 2),
        ),
        plan=(PlanStepRecord(1, 1, "(go 1)"), PlanStepRecord(2, 7, "(go 2)")),
    )

    tree = build_tree(trace)

    assert tree.number == [0, 5, 9, 10]
    assert tree.child == [[2, 1], [3], []]
    # the goal, which was never expanded, has become a node
    assert tree.plan == [0, 1, 3]
    assert tree.expansion[3] == -1
    assert tree.cost[3] == 3


def test_a_search_that_names_no_successors_shows_its_whole_plan(tmp_path):
    # given a real search
    from planner.guides.uniform import Uniform
    from planner.plan import Plan
    from planner.search.levin import LevinTS
    from planner.search.limits import Meter
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground
    from planner.trace.reader import read_trace
    from planner.trace.writer import TraceWriter

    task = corridor_task(5)
    space = GroundSpace(ground(task))
    with TraceWriter(tmp_path / "t.jsonl", task, space) as writer:
        outcome = LevinTS().run(space, Uniform(), Meter(), trace=writer)
        writer.finish(outcome, Plan(tuple(map(space.describe, outcome.steps))))

    # when it is read back
    trace = read_trace(tmp_path / "t.jsonl")
    tree = build_tree(trace)

    # then its plan is a path from the root
    assert len(trace.expansions) == outcome.expanded
    assert len(set(tree.plan)) == len(outcome.steps) + 1
    assert [tree.parent[node] for node in tree.plan] == [-1, *tree.plan[:-1]]


def test_a_state_met_again_keeps_its_first_parent_and_the_plan_goes_by_the_state():
    trace = Trace(
        Header("t"),
        steps=STEPS,
        expansions=(
            ExpansionRecord(0, -1, -1, 10, 0, steps=(0, 1), successors=(1, 2)),
            ExpansionRecord(1, 0, 0, 11, 2, steps=(2,), successors=(3,)),
            ExpansionRecord(2, 0, 1, 12, 2, steps=(3,), successors=(3,)),
            ExpansionRecord(3, 1, 2, 13, 4),
        ),
        plan=(PlanStepRecord(1, 12, "(go 1)"), PlanStepRecord(3, 13, "(go 3)")),
    )

    tree = build_tree(trace)

    assert tree.parent == [-1, 0, 0, 1]
    assert tree.child[2] == [3]
    assert tree.plan == [0, 2, 3]
