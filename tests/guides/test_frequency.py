"""Schema counts as a prior."""

import numpy as np
import pytest

from planner.errors import InputError
from planner.guides.frequency import Frequency, load_frequency
from planner.plan import Plan, Step
from planner.search.limits import Meter
from planner.search.regret import Regret
from tests.search.worlds import GraphWorld, StripsWorld, blocks_task, replay


def plan(*names):
    return Plan(tuple(Step(name) for name in names))


def test_counts_of_plans():
    guide = Frequency.of_plans([plan("pick", "stack"), plan("pick")])

    assert dict(guide.counts) == {"pick": 2, "stack": 1}


def test_a_schema_shares_its_mass_among_its_legal_steps():
    world = GraphWorld([(0, 1, 0, 1), (0, 2, 1, 1), (0, 3, 1, 1)], [], schemas=2)
    guide = Frequency({"schema0": 1, "schema1": 5}).bind(world)

    (judgement,) = guide.judge([0], [world.legal_steps(0)])

    assert np.exp(judgement.log_prior) == pytest.approx([2 / 8, 3 / 8, 3 / 8])


def test_round_trip(tmp_path):
    guide = Frequency({"a": 3, "b": 0})

    guide.save(tmp_path / "counts.json")

    assert load_frequency(tmp_path / "counts.json").counts == {"a": 3, "b": 0}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"counts": {}}',
        '{"schema_version": 2, "counts": {}}',
        '{"schema_version": 1, "counts": {"a": -1}}',
        '{"schema_version": 1, "counts": {"a": true}}',
    ],
)
def test_what_is_not_a_frequency_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "counts.json"
    path.write_text(text)

    with pytest.raises(InputError, match=r"counts\.json"):
        load_frequency(path)


def test_in_a_search():
    world = StripsWorld(blocks_task(["abc"], "on(a, b) & on(b, c)"))

    outcome = Regret().run(world, Frequency({"stack": 10, "unstack": 3}), Meter())

    assert replay(world, outcome)
