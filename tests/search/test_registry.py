"""Searches and guides by name."""

from __future__ import annotations

from importlib import import_module

import pytest

from planner.errors import InputError
from planner.guides.combine import Combined
from planner.guides.goal_count import GoalCount
from planner.guides.relaxation import RelaxationGuide
from planner.search.best_first import Gbfs, LazyGbfs, WeightedAstar
from planner.search.registry import GUIDES, SEARCHES, parse_guide, parse_search


def test_names_with_options_become_searches():
    assert parse_search("gbfs") == Gbfs()
    assert parse_search("gbfs:preferred=no,boost=7") == Gbfs(preferred=False, boost=7)
    assert parse_search(" lazy : boost = 5 ") == LazyGbfs(boost=5)
    assert parse_search("wastar:weight=2") == WeightedAstar(2)


def test_names_joined_by_plus_become_guides():
    assert parse_guide("h_add") == RelaxationGuide("h_add")
    assert parse_guide("h_ff:costs=unit") == RelaxationGuide("h_ff", costs="unit")
    assert parse_guide("h_ff+goal_count") == Combined((RelaxationGuide("h_ff"), GoalCount()))


def test_a_step_model_is_the_guide_named_model():
    class Model:
        kind = "fixed"

    model = Model()
    assert parse_guide("model", model).model is model
    with pytest.raises(InputError, match="--model"):
        parse_guide("model")


@pytest.mark.parametrize("name", sorted({*SEARCHES, *GUIDES}))
def test_every_registered_name_exists_and_calls_itself_so(name):
    made = parse_search(name) if name in SEARCHES else parse_guide(name)
    module, _, attribute = (SEARCHES.get(name) or GUIDES[name]).partition(":")
    assert isinstance(made, getattr(import_module(module), attribute))
    assert made.name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gfbs", "unknown search `gfbs`; did you mean `gbfs`? There are: gbfs, lazy"),
        ("portfolo", "unknown search `portfolo`; did you mean `portfolio`?"),
        ("nothing", "unknown search `nothing`; there are: gbfs, lazy"),
        ("wastar:wieght=3", "unknown option of wastar `wieght`; did you mean `weight`?"),
        ("wastar:weight=heavy", "wastar:weight must be of type int, not `heavy`"),
        ("wastar:weight=0", "the weight must be at least 1"),
        ("lazy:explore=-1", "search lazy: explore must be at least 0, not -1"),
        ("lazy:explore=often", "lazy:explore must be of type int, not `often`"),
        ("lazy:boost=-1", "boost must be at least 0, not -1"),
        ("gbfs:boost=-5", "boost must be at least 0, not -5"),
        ("astar:stubborn=perhaps", "astar:stubborn must be of type bool or none, not `perhaps`"),
        ("mcts:simulations=-1", "simulations must be at least 0, not -1"),
        ("mcts:exploration=nan", "exploration must be at least 0, not nan"),
        ("relay:large=-1", "large must be at least 0, not -1"),
        ("gbfs:preferred=perhaps", "gbfs:preferred must be of type bool"),
        ("gbfs:preferred", "write key=value"),
        ("", "unknown search"),
    ],
)
def test_mistakes_are_explained(text, message):
    with pytest.raises(InputError) as caught:
        parse_search(text)
    assert message in str(caught.value)


def test_mistakes_in_guides_are_explained():
    with pytest.raises(InputError, match="unknown guide `hff`; did you mean `h_ff`"):
        parse_guide("goal_count+hff")
    with pytest.raises(InputError, match="`real` or `unit`"):
        parse_guide("h_ff:costs=free")
