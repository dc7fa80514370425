"""``--facts``: questions about tables that come beside a rule base."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

NET = """\
rulebase: net
types: {node: object}
predicates:
  edge(node, node): "{0} leads to {1}"
  path(node, node): "a way leads from {0} to {1}"
rules:
  - if: edge(?x, ?y)
    then: path(?x, ?y)
  - if: path(?x, ?y) and edge(?y, ?z)
    then: path(?x, ?z)
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "edges.csv").write_text("from,to\na,b\nb,c\nc,d\n", encoding="utf-8")
    (tmp_path / "more.tsv").write_text("d\te\n", encoding="utf-8")
    (tmp_path / "numbers.csv").write_text("from,to\n1,2\n2,3\n", encoding="utf-8")
    path = tmp_path / "net.yaml"
    path.write_text(NET, encoding="utf-8")
    return path


def edges(net: Path, name: str) -> tuple[str, str]:
    return "--facts", f"edge={net.parent / name}"


def test_rows_of_files_are_facts(planner: Command, net: Path) -> None:
    run = planner("query", net, "path(b, ?x)", *edges(net, "edges.csv"))

    assert run.code == 0
    assert run.out.split("\n") == ["?x = c", "?x = d", "2 answers", ""]


def test_a_file_without_a_header_is_read_from_its_first_line(planner: Command, net: Path) -> None:
    run = planner("query", net, "edge(?x, ?y)", *edges(net, "more.tsv"), "--no-header")

    assert "?x = d, ?y = e" in run.out


def test_numbers_may_name_things(planner: Command, net: Path) -> None:
    run = planner("query", net, "path(1, ?x)", *edges(net, "numbers.csv"))

    assert run.out.split("\n")[:2] == ["?x = 2", "?x = 3"]


def test_proofs_and_failures_rest_on_the_table(planner: Command, net: Path) -> None:
    proved = planner("explain", net, "path(a, c)", *edges(net, "edges.csv"))
    failed = planner("explain", net, "path(c, a)", *edges(net, "edges.csv"))

    assert proved.code == 0
    assert "edge(b, c)  [given]" in proved.out
    assert failed.code == 1
    assert "missing: edge(c, a)" in failed.out


def test_no_header_without_a_table_is_refused(planner: Command, net: Path) -> None:
    run = planner("query", net, "path(?x, ?y)", "--no-header")

    assert run.code == 2
    assert "name one with --facts" in run.err


@pytest.mark.parametrize(
    ("table", "goal", "code", "message"),
    [
        ("edg=edges.csv", "path(?x, ?y)", 31, "did you mean `edge`?"),
        ("edge=none.csv", "path(?x, ?y)", 31, "cannot be read"),
        ("street=edges.csv", "path(?x, ?y)", 31, "there are: edge, path"),
        ("=edges.csv", "path(?x, ?y)", 2, "PREDICATE=FILE"),
        ("edge=edges.csv", "path(z, ?y)", 31, "no object is named `z`"),
        ("edge", "path(?x, ?y)", 2, "PREDICATE=FILE"),
    ],
)
def test_what_does_not_fit_is_told(
    planner: Command,
    net: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    goal: str,
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(net.parent)

    run = planner("query", net, goal, "--facts", table)

    assert run.code == code
    assert message in run.err
