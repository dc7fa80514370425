"""Facts from tables, files and graphs; results as columns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.tables import add_columns, add_csv, add_frame, add_graph, columns_of
from planner.errors import InputError
from planner.kr.formulas import Atom


def shown(facts: Facts, predicate: str) -> list[str]:
    return [str(atom) for atom in evaluate([], facts).atoms(predicate)]


def test_columns_of_several_kinds() -> None:
    facts = Facts()

    add_columns(facts, "p", [np.array([2, 1, 2]), ["a", "b", "a"], [0.1, 3, Fraction(1, 2)]])

    model = evaluate([], facts)
    assert model.holds(Atom("p", (2, "a", Fraction(1, 10))))
    assert model.holds(Atom("p", (1, "b", 3)))
    numbers, names, _ = columns_of(model, "p")
    assert numbers.dtype == np.int64
    assert sorted(zip(numbers.tolist(), names.tolist(), strict=True)) == [
        (1, "b"), (2, "a"), (2, "a"),
    ]  # fmt: skip


def test_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "roads.csv"
    path.write_text('from,to,km\na,"b, the old",2.5\nb,c,10\n', encoding="utf-8")
    facts = Facts()

    add_csv(facts, "road", path, has_header=True)

    model = evaluate([], facts)
    assert model.holds(Atom("road", ("a", "b, the old", Fraction(5, 2))))
    assert model.holds(Atom("road", ("b", "c", 10)))
    path.write_text("a,b\nc\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads.csv:2: 1 cells"):
        add_csv(facts, "road", path)
    with pytest.raises(InputError, match="cannot be read"):
        add_csv(facts, "road", tmp_path / "none.csv")


def test_graphs_with_and_without_direction() -> None:
    networkx = pytest.importorskip("networkx", reason="extra `graph`")
    one_way, both_ways = Facts(), Facts()

    add_graph(one_way, "edge", networkx.DiGraph([("a", "b"), ("b", "c")]))
    add_graph(both_ways, "edge", networkx.Graph([("a", "b")]))

    assert shown(one_way, "edge") == ["edge(a, b)", "edge(b, c)"]
    assert shown(both_ways, "edge") == ["edge(a, b)", "edge(b, a)"]


def test_a_data_frame_by_its_columns() -> None:
    class Frame(dict):
        columns = property(lambda self: list(self))

    class Series(list):
        def to_numpy(self):
            return np.array(self)

    facts = Facts()

    add_frame(facts, "age", Frame(name=Series(["ann", "bob"]), years=Series([3, 4])))

    assert shown(facts, "age") == ["age(ann, 3)", "age(bob, 4)"]


@pytest.mark.parametrize("value", [None, True, float("nan"), object()])
def test_what_is_no_constant_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="no object"):
        add_columns(Facts(), "p", [[value]])
    with pytest.raises(InputError, match="lengths"):
        add_columns(Facts(), "p", [["a"], ["a", "b"]])
