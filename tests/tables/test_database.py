"""A database from Python: tables in, rules and functions over them, tables out."""

from __future__ import annotations

import sqlite3
from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest

import planner
from planner.errors import InputError, RuleFileError
from planner.io.load import load_rules_text

if TYPE_CHECKING:
    from pathlib import Path

ROADS = [("a", "b", 1), ("b", "c", 2), ("a", "c", 9)]


def distances() -> planner.Database:
    db = planner.Database()
    db.declare("dist(place, place, number)", keep="min")
    db.rule("dist(?x, ?y, ?d)", if_="road(?x, ?y, ?d)")
    db.rule("dist(?x, ?z, ?d + ?e)", if_="dist(?x, ?y, ?d) and road(?y, ?z, ?e)")
    return db


def test_rows_of_every_source_give_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    columns = {name: [row[i] for row in ROADS] for i, name in enumerate(("from", "to", "km"))}
    path = tmp_path / "roads.csv"
    path.write_text("from,to,km\n" + "".join(f"{a},{b},{d}\n" for a, b, d in ROADS))
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE road (a, b, km)")
    connection.executemany("INSERT INTO road VALUES (?, ?, ?)", ROADS)
    frame = pandas.DataFrame(columns)
    sources = [
        ROADS,
        iter(ROADS),
        columns,
        {name: np.array(column, dtype=object) for name, column in columns.items()},
        frame,
        frame.astype({"from": "category"}),
        pyarrow.table(columns),
        pyarrow.table(columns).combine_chunks(),
        path,
        connection.execute("SELECT a, b, km FROM road"),
    ]

    for source in sources:
        db = distances()
        db.add("road", source)
        assert sorted(db.query("dist(a, ?to, ?km)")) == [("b", 1), ("c", 3)], type(source)
    connection.close()


def test_graphs_in_and_out() -> None:
    db = planner.Database()
    db.add("link", nx.path_graph(4))
    db.rule("near(?x, ?y)", if_="link(?x, ?z) and link(?z, ?y) and ?x < ?y")

    graph = db.rows("near").to_networkx()

    assert sorted(graph.edges) == [(0, 2), (1, 3)]
    assert sorted(db.rows("link", ("from", "to")).to_networkx().edges) == [
        (0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2),
    ]  # fmt: skip


def test_edges_of_directed_graphs_lead_one_way() -> None:
    db = planner.Database()

    db.add("link", nx.DiGraph([("a", "b"), ("b", "c")]))

    assert sorted(db.rows("link")) == [("a", "b"), ("b", "c")]


def test_results_as_columns_frames_and_files(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    db = distances()
    db.add("road", [("a", "b", 0.5), ("b", "c", Fraction(1, 4))])

    found = db.query("dist(a, ?to, ?km)")

    assert list(found) == [("b", Fraction(1, 2)), ("c", Fraction(3, 4))]
    assert found.columns["km"].dtype == np.float64
    expected = pandas.DataFrame({"to": ["b", "c"], "km": [0.5, 0.75]})
    pandas.testing.assert_frame_equal(found.to_pandas(), expected, check_dtype=False)
    assert found.to_arrow().to_pydict() == {"to": ["b", "c"], "km": [0.5, 0.75]}
    found.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().split() == ["to,km", "b,0.5", "c,0.75"]
    connection = sqlite3.connect(":memory:")
    found.to_sqlite(connection, "dist from a")
    listed = connection.execute('SELECT "to", km FROM "dist from a"').fetchall()
    connection.close()
    assert listed == [("b", 0.5), ("c", 0.75)]


def test_changes_show_in_the_next_answer() -> None:
    db = distances()
    db.add("road", ROADS)
    before = db.model()
    assert ("c", 3) in list(db.query("dist(a, ?to, ?km)"))

    db.fact("road(a, c, 2)", "road(c, d, 1)")

    assert sorted(db.query("dist(a, ?to, ?km)")) == [("b", 1), ("c", 2), ("d", 3)]
    assert before.count("road") == 3
    assert "road(c, d, 1)" in db.why("dist(a, d, 3)")
    assert db.why("dist(a, d, 4)") == ""
    assert db.prove("dist(a, d, 4)") is None


def test_texts_and_objects_follow_the_declaration() -> None:
    db = planner.Database()
    db.declare("label(item, string)")
    db.add("label", [("x", "Made in Oslo"), ("y", "plain")])
    db.rule("norse(?x)", if_='label(?x, "Made in Oslo")')

    assert list(db.rows("norse")) == [("x",)]
    assert sorted(db.query("item(?x)")) == [("x",), ("y",)]


def test_a_rule_base_from_a_file_with_facts_from_a_table() -> None:
    base = load_rules_text(
        """
types: {place: object}
predicates:
  road(place, place, int): "from {0} to {1} it is {2} km"
  hops(place, place, int): {meaning: "{0} to {1} in {2} roads", keep: min}
  alone(place): "{0} leads nowhere"
rules:
  - if: road(?x, ?y, ?)
    then: hops(?x, ?y, 1)
  - if: hops(?x, ?y, ?n) and road(?y, ?z, ?)
    then: hops(?x, ?z, ?n + 1)
  - if: place(?x) and not road(?x, ?, ?)
    then: alone(?x)
"""
    )
    db = planner.Database(base)
    db.add("road", ROADS)

    assert sorted(db.query("hops(a, ?to, ?n)")) == [("b", 1), ("c", 1)]
    assert list(db.rows("alone")) == [("c",)]
    with pytest.raises(InputError, match="column 3 of `road` holds far, which is no int"):
        db.add("road", [("a", "b", "far")])


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("dits(?x, ?y, ?d)", r"speaks of `dits` .*test_database.py:\d+:1\): did you mean `dist`"),
        ("dist(?x, ?y", r"test_database.py:\d+:\d+"),
        ("not dist(?x, ?y, 3)", r"`\?x` occurs only under `not`"),
    ],
)
def test_bad_questions_name_the_line(question: str, message: str) -> None:
    db = distances()
    db.add("road", ROADS)

    with pytest.raises(InputError, match=message):
        db.query(question)


def test_bad_tables_are_refused() -> None:
    db = planner.Database()
    db.declare("road(place, place, int)")

    with pytest.raises(InputError, match="takes 3 columns, and 2 are given"):
        db.add("road", [("a", "b")])
    with pytest.raises(InputError, match=r"different lengths: \[2, 3\]"):
        db.add("road", [("a", "b", 1), ("a", "b")])
    with pytest.raises(InputError, match="cannot have the argument None"):
        db.add("road", [("a", None, 1)])
    with pytest.raises(InputError, match="cannot be filled from int"):
        db.add("road", 7)
    with pytest.raises(RuleFileError, match="compares the last argument"):
        db.declare("best(place, place)", keep="min")


def test_the_rules_so_far_are_a_rule_base() -> None:
    db = distances()

    base = db.base

    assert isinstance(base, planner.RuleBase)
    assert base.predicates["dist"].keep == "min"
    assert len(base.rules) == 2
