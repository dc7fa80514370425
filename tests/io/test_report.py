"""Reports of diagnostics, and the JSON Schema of the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.errors import RuleFileError
from planner.io.load import RULE_KEYS, TASK_KEYS, load_rules_text
from planner.io.report import render
from planner.io.schema import json_schema


def diagnostics() -> tuple:
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(
            "predicates: [p(object)]\n"
            "rules: [{if: pp(?x), then: p(?x)},\n"
            "  {if: p(?x) and p(?y), then: p(?x)}]\n",
            "f.yaml",
        )
    return caught.value.diagnostics


def test_json_has_the_keys_that_programs_rely_on() -> None:
    report = json.loads(render(diagnostics(), "json"))

    (error,) = report["errors"]
    assert (error["file"], error["line"], error["column"]) == ("f.yaml", 2, 14)
    assert error["code"] == "unknown-predicate"
    assert error["suggestion"] == "did you mean `p`?"
    assert [w["code"] for w in report["warnings"]] == ["single-variable"]


def test_text_shows_the_line_and_a_caret() -> None:
    text = render(diagnostics(), "text")

    assert "2 | rules: [{if: pp(?x), then: p(?x)},\n  |              ^^ did you mean" in text


def test_sarif_has_one_result_each_with_its_region() -> None:
    log = json.loads(render(diagnostics(), "sarif"))

    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [r["level"] for r in run["results"]] == ["error", "warning"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 14, "endColumn": 16}
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_the_schema_knows_the_keys_that_the_reader_knows() -> None:
    rules, task = json_schema("rules"), json_schema("task")

    assert set(rules["properties"]) == set(RULE_KEYS)
    assert set(task["properties"]) == set(TASK_KEYS)
    assert rules["additionalProperties"] is False


def test_importing_the_schema_does_not_import_pydantic() -> None:
    text = Path(__file__).resolve().parents[2] / "planner" / "io" / "schema.py"

    top = text.read_text(encoding="utf-8").split("def json_schema")[0]

    assert "if TYPE_CHECKING:\n    from pydantic import BaseModel" in top
