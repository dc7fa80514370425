"""Facts from tables, files and graphs; results as columns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from planner.engine.delimited import read_delimited
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.tables import add_columns, decoded
from planner.errors import InputError
from planner.kr.formulas import Atom


def test_columns_of_several_kinds() -> None:
    facts = Facts()

    add_columns(facts, "p", [np.array([2, 1, 2]), ["a", "b", "a"], [0.1, 3, Fraction(1, 2)]])

    model = evaluate([], facts)
    assert model.holds(Atom("p", (2, "a", Fraction(1, 10))))
    assert model.holds(Atom("p", (1, "b", 3)))
    numbers, names, _ = decoded(model.rows("p"), model.symbols)
    assert numbers.dtype == np.int64
    assert sorted(zip(numbers.tolist(), names.tolist(), strict=True)) == [
        (1, "b"), (2, "a"), (2, "a"),
    ]  # fmt: skip


def test_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "roads.csv"
    path.write_text('from,to,km\na,"b, the old",2.5\nb,c,10\n', encoding="utf-8")
    facts = Facts()

    add_columns(facts, "road", read_delimited(path, ",", has_header=True))

    model = evaluate([], facts)
    assert model.holds(Atom("road", ("a", "b, the old", Fraction(5, 2))))
    assert model.holds(Atom("road", ("b", "c", 10)))
    path.write_text("a,b\nc\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads.csv:2: 1 cells"):
        read_delimited(path, ",", has_header=False)
    with pytest.raises(InputError, match="cannot be read"):
        read_delimited(tmp_path / "none.csv", ",", has_header=False)


@pytest.mark.parametrize("value", [None, True, float("nan"), object()])
def test_what_is_no_constant_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="no object"):
        add_columns(Facts(), "p", [[value]])
    with pytest.raises(InputError, match="lengths"):
        add_columns(Facts(), "p", [["a"], ["a", "b"]])
