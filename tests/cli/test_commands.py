"""The other commands, and what all commands share."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

BLOCKS = "rules/blocksworld/tasks/three-blocks.yaml"


def test_version(planner: Command) -> None:
    import planner as package

    assert package.__version__ in planner("--version").out


def test_help_of_every_command_has_an_example(planner: Command) -> None:
    listed = planner("--help").out.split("Commands:")[1]
    names = re.findall(r"^  ([a-z]+) ", listed, flags=re.MULTILINE)

    assert "solve" in names
    for name in names:
        assert "Example" in planner(name, "--help").out, name


def test_an_unknown_command_is_wrong_usage(planner: Command) -> None:
    assert planner("sovle").code == 2


def test_check_accepts_the_shipped_rule_bases(planner: Command) -> None:
    run = planner("check", "rules")

    assert run.code == 0, run.out


@pytest.mark.parametrize("style", ["text", "json", "sarif"])
def test_check_reports_every_mistake_in_every_format(
    planner: Command, tmp_path: Path, style: str
) -> None:
    base = tmp_path / "rules.yaml"
    base.write_text(
        "rulebase: b\npredicates: {on(object, object): ''}\n"
        "rules:\n  - if: onn(?x, ?y)\n    then: on(?x, ?y)\n"
        "  - if: on(?x)\n    then: on(?x, ?x)\n"
    )

    run = planner("check", base, "--format", style)

    assert run.code == 1
    assert "onn" in run.out
    if style != "text":
        json.loads(run.out)


def test_validate_names_the_failing_step(planner: Command, tmp_path: Path) -> None:
    plan = tmp_path / "plan.txt"
    plan.write_text("(stack a b)\n")

    run = planner("validate", BLOCKS, plan, "--json")

    assert run.code == 1
    assert run.json["valid"] is False
    assert run.json["status"] == "invalid"
    assert run.json["failed_step"] == 1
    assert run.json["missing"]


def test_check_reads_standard_input(planner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "rulebase: b\npredicates: {on(object): ''}\nrules:\n  - if: onn(?x)\n    then: on(?x)\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    run = planner("check", "-")

    assert run.code == 1
    assert "<stdin>:4:9" in run.out


def test_check_refuses_a_folder_without_files(planner: Command, tmp_path: Path) -> None:
    run = planner("check", tmp_path)

    assert run.code == 2
    assert "no .yaml" in run.err


def test_explain_a_derived_fact_and_a_missing_one(planner: Command) -> None:
    holds = planner("explain", BLOCKS, "above(c, a)")
    missing = planner("explain", BLOCKS, "above(a, a)")

    assert holds.code == 0, holds.err
    assert "rules.yaml" in holds.out
    assert missing.code == 1


def test_convert_there_and_back(planner: Command, tmp_path: Path) -> None:
    assert planner("convert", BLOCKS, "--out", tmp_path / "pddl").code == 0
    domain, problem = tmp_path / "pddl" / "domain.pddl", tmp_path / "pddl" / "problem.pddl"
    assert planner("convert", problem, "--domain", domain, "--out", tmp_path / "yaml").code == 0

    run = planner("solve", tmp_path / "yaml" / "task.yaml", "--json", "--model", "none")

    assert run.code == 0


def test_schema_is_json_schema(planner: Command) -> None:
    for kind in ("rules", "task"):
        schema = json.loads(planner("schema", kind).out)
        assert schema["type"] == "object"


def test_init_makes_a_project_that_solves(planner: Command, tmp_path: Path) -> None:
    folder = tmp_path / "errands"

    assert planner("init", folder).code == 0
    assert planner("check", folder / "rules.yaml", folder / "tasks").code == 0
    assert planner("solve", folder / "tasks" / "first.yaml").code == 0
    assert planner("init", folder).code == 2


def test_trace_becomes_a_page(planner: Command, tmp_path: Path) -> None:
    trace = tmp_path / "t.jsonl"
    planner("solve", BLOCKS, "--trace", trace, "--model", "none")

    for view in ("html", "dot", "graphml", "mermaid"):
        run = planner("trace", view, trace)
        assert run.code == 0, (view, run.err)
    assert "<canvas" in (tmp_path / "t.html").read_text()


def test_an_interrupt_ends_with_130(root: Path) -> None:
    import signal
    import time

    process = subprocess.Popen(
        [sys.executable, "-m", "planner", "solve", "rules/blocksworld/tasks/blocks-50-1.yaml",
         "--search", "astar", "--guide", "uniform", "--model", "none", "--json"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert json.loads(out)["reason"] == "interrupt"
