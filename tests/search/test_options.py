"""Options of the policy-guided searches."""

import pytest

from planner.search.alternate import Alternate
from planner.search.beam import Beam
from planner.search.levin import PHS, LevinTS
from planner.search.mcts import Mcts
from planner.search.regret import Regret
from planner.search.rule_steps import RuleSteps


@pytest.mark.parametrize("search", [Regret, LevinTS, PHS, Beam, Mcts, RuleSteps, Alternate])
@pytest.mark.parametrize("epsilon", [0.0, 1.0, -0.1])
def test_epsilon_lies_between_0_and_1(search, epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        search(epsilon=epsilon)


@pytest.mark.parametrize(
    ("search", "options", "word"),
    [
        (Regret, {"against": "some"}, "against"),
        (Beam, {"width": 0}, "width"),
        (Mcts, {"batch": 0}, "batch"),
        (RuleSteps, {"raw": 1.0}, "raw"),
    ],
)
def test_other_options_are_checked(search, options, word):
    with pytest.raises(ValueError, match=word):
        search(**options)
