"""planner eval: a table, a JSON document, a chart; what was trained on is left out."""

from __future__ import annotations

import hashlib
import json

import pytest

from planner.cli import main
from tests.conftest import ROOT

GRIPPER = str(ROOT / "rules" / "gripper")
QUICK = ("--tasks", "2", "--seeds", "1", "--sizes", "5", "--expansions", "60", "--cpu", "0")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["eval", *map(str, arguments)])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_a_rule_base_without_a_model_compares_the_guides_there_are(capsys, tmp_path):
    chart = tmp_path / "chart.svg"
    code, out, _ = run(capsys, GRIPPER, "--model", "none", *QUICK, "--plot", chart)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[3:7]] == [
        "uniform",
        "frequency",
        "h_ff",
        "heuristic",
    ]
    assert "solved by objects" in out
    assert chart.read_text().startswith("<svg")


def test_files_named_are_used_but_not_those_trained_on(capsys, tmp_path):
    from planner.models.baseline import FrequencyModel
    from planner.models.pretrained import save

    pytest.importorskip("sacrebleu")
    pytest.importorskip("safetensors")
    first, second = sorted((ROOT / "rules" / "gripper" / "tasks").glob("*.yaml"))[:2]
    seen = {"file": first.name, "sha256": hashlib.sha256(first.read_bytes()).hexdigest()}
    save(FrequencyModel({"move": 1.0}, {"examples": [seen]}), tmp_path / "counts")
    arguments = ("--model", tmp_path / "counts", "--json", "--guides", "h_ff,model", *QUICK)
    code, out, _ = run(capsys, first, second, *arguments)
    document = json.loads(out)
    assert code == 0
    assert document["schema_version"] == 1
    assert {t["task"] for t in document["trials"]} == {0}
    assert [row["guide"] for row in document["ablations"]] == ["h_ff", "model"]
    assert document["likelihood"]["perplexity"] > 1
    assert "was used in training" in document["notes"][-1]
    # With nothing left there is nothing to say.
    code, _, err = run(capsys, first, *arguments)
    assert code == 2
    assert "trained on every one" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--guides", "modle"), "no guide `modle`"),
        (("--sizes", "five"), "expected numbers"),
        (("--plot", "no/such/folder/chart.svg"), "no folder no/such/folder"),
    ],
)
def test_slips_are_usage_errors(capsys, arguments, message):
    code, _, err = run(capsys, GRIPPER, "--model", "none", *QUICK[:4], *arguments)
    assert code == 2
    assert message in err


def test_tasks_that_sizes_do_not_divide_evenly_are_of_the_larger_ones(capsys):
    few = ("--tasks", "2", "--seeds", "1", "--sizes", "4,5,6", *QUICK[6:])
    code, out, _ = run(capsys, GRIPPER, "--model", "none", "--guides", "h_ff", *few, "--json")
    assert code == 0
    assert [row["size"] for row in json.loads(out)["sizes"]] == [5, 6]


def test_pddl_problems_are_examined_too(capsys, tmp_path):
    from planner.io.load import load_task
    from planner.io.pddl.dump import dump_pddl

    task = load_task(sorted((ROOT / "rules" / "gripper" / "tasks").glob("*.yaml"))[0])
    domain, problem = dump_pddl(task)
    (tmp_path / "domain.pddl").write_text(domain)
    (tmp_path / "p.pddl").write_text(problem)
    code, out, _ = run(capsys, tmp_path / "p.pddl", "--guides", "h_ff", *QUICK)
    assert code == 0
    assert "1 tasks" in out


def test_guides_are_compared_where_actions_compute(capsys):
    countdown = ROOT / "rules" / "countdown"
    sizes = ("--tasks", "2", "--seeds", "1", "--sizes", "4", "--expansions", "200", "--cpu", "0")
    code, out, _ = run(capsys, countdown, "--model", "none", "--json", *sizes)
    document = json.loads(out)
    solved = {row["guide"]: row["at_expansions"]["value"] for row in document["ablations"]}
    assert code == 0
    # Grounding is out of the question, so there is no h_FF.
    assert list(solved) == ["uniform", "frequency", "heuristic"]
    assert solved["heuristic"] == 1
    assert {trial["length"] for trial in document["trials"]} <= {None, 1, 2, 3}


def test_tasks_without_objects_are_refused(capsys):
    code, out, err = run(capsys, GRIPPER, "--model", "none", "--sizes", "0,-3")

    assert code == 2
    assert "-3 is no number of objects" in err
    assert not out
