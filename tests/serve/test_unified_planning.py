"""The engine for unified-planning, on that library's own example problems and its validator."""

import warnings

import pytest

pytest.importorskip("unified_planning", reason="unified-planning is not installed (extra `peers`)")
pytestmark = pytest.mark.filterwarnings("ignore")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from unified_planning.engines import PlanGenerationResultStatus as Outcome
    from unified_planning.engines import SequentialPlanValidator
    from unified_planning.shortcuts import get_environment
    from unified_planning.test.examples import get_example_problems

    from planner.serve.unified_planning import PlannerEngine

NAMES = [
    "basic",
    "basic_conditional",
    "basic_exists",
    "basic_forall",
    "basic_with_costs",
    "complex_conditional",
    "hierarchical_blocks_world",
    "matchcellar",
    "robot_loader",
    "robot_no_negative_preconditions",
]


@pytest.fixture(scope="module")
def problems():
    return {name: example.problem for name, example in get_example_problems().items()}


@pytest.mark.parametrize("name", NAMES)
def test_example_problems_are_solved_or_refused(problems, name):
    problem = problems[name]
    if not PlannerEngine.supports(problem.kind):
        pytest.skip(f"{name} is not classical")

    result = PlannerEngine().solve(problem, timeout=60)

    assert result.status in (Outcome.SOLVED_SATISFICING, Outcome.SOLVED_OPTIMALLY)
    assert SequentialPlanValidator().validate(problem, result.plan)


def test_the_engine_is_found_by_name(problems):
    environment = get_environment()
    environment.factory.add_engine("planner", "planner.serve.unified_planning", "PlannerEngine")

    with environment.factory.OneshotPlanner(name="planner") as engine:
        result = engine.solve(problems["basic"])

    assert len(result.plan.actions) == 1


def test_what_no_step_reaches_is_proved_unsolvable(problems):
    problem = problems["basic"].clone()
    problem.clear_actions()

    assert PlannerEngine().solve(problem).status == Outcome.UNSOLVABLE_PROVEN


def test_no_time_is_a_timeout(problems):
    result = PlannerEngine().solve(problems["robot_loader"], timeout=0.0)

    assert result.status == Outcome.TIMEOUT
    assert result.plan is None


def test_numeric_problems_are_not_claimed(problems):
    assert not PlannerEngine.supports(problems["robot"].kind)
