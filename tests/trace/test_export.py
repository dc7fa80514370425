import itertools
import json
import re
import sys

import pytest

from planner.errors import MissingExtraError
from planner.trace.export import to_dot, to_graphml, to_mermaid, to_networkx, to_node_link
from tests.trace.searches import corridor_task, record


@pytest.fixture
def trace(tmp_path):
    return record(tmp_path / "t.jsonl", corridor_task())


def test_networkx_has_the_tree_and_the_plan(trace):
    import networkx

    graph = to_networkx(trace)

    assert networkx.is_arborescence(graph)
    assert networkx.dag_longest_path_length(graph, default_weight=1) == 3
    path = [node for node, data in graph.nodes(data=True) if data["plan"]]
    assert networkx.is_path(graph, path)
    assert [graph.edges[edge]["step"] for edge in itertools.pairwise(path)] == [
        step.text for step in trace.plan
    ]


def test_graphml_reads_back(trace):
    import networkx

    again = networkx.parse_graphml(to_graphml(trace))

    assert again.number_of_nodes() == to_networkx(trace).number_of_nodes()
    assert {data["action"] for *_, data in again.edges(data=True)} == {"walk", "fall"}


def test_node_link_json_is_strict(trace):
    def refuse(constant):
        raise AssertionError(constant)

    document = json.loads(to_node_link(trace), parse_constant=refuse)

    assert len(document["nodes"]) == to_networkx(trace).number_of_nodes()
    assert "inf" in {node.get("value") for node in document["nodes"]}


def test_a_missing_networkx_says_what_to_install(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)

    with pytest.raises(MissingExtraError, match=r"planner\[graph\]"):
        to_networkx(trace)


def test_names_cannot_leave_their_quotes(tmp_path):
    task = corridor_task(names=['a"];x', "b\\", "c|d"])
    trace = record(tmp_path / "t.jsonl", task)

    dot = to_dot(trace)
    for line in dot.splitlines():
        unescaped = re.sub(r"\\.", "", line)
        assert unescaped.count('"') % 2 == 0
    mermaid = to_mermaid(trace)
    for line in mermaid.splitlines():
        assert line.count('"') in (0, 2)
    assert "a#quot;];x" in mermaid


def test_dot_marks_the_plan(trace):
    dot = to_dot(trace)

    assert dot.startswith("digraph search {")
    assert dot.count("penwidth=3];") == len(trace.plan)
