"""Examples of docs/language.md are loaded: a section is a rule base in pieces, and its tasks."""

import re

import pytest

from planner.errors import RuleFileError
from planner.io.load import load_rules_text, load_task_text
from tests.conftest import ROOT
from tests.docs.blocks import blocks_of

DOCUMENT = ROOT / "docs" / "language.md"
BLOCKS = [block for block in blocks_of(DOCUMENT.read_text()) if block.language == "yaml"]
SECTIONS = list(dict.fromkeys(block.section for block in BLOCKS))


def is_task(block):
    return block.text.startswith("task:")


def rules_of(section):
    """The rule base of a section: its blocks that are no tasks, put together."""
    pieces = [
        block.text
        for block in BLOCKS
        if block.section == section and not is_task(block) and not block.words
    ]
    text = "".join(pieces)
    return text if text.startswith("rulebase:") else f"rulebase: example\n{text}"


@pytest.mark.parametrize("section", SECTIONS)
def test_rules_load(section):
    load_rules_text(rules_of(section), name=section)


@pytest.mark.parametrize("block", [b for b in BLOCKS if is_task(b)], ids=lambda b: f"line {b.line}")
def test_tasks_load(block, tmp_path):
    (tmp_path / "rules.yaml").write_text(rules_of(block.section))

    load_task_text(block.text, name=f"line {block.line}", folder=tmp_path)


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.words == ("refused",)], ids=lambda b: f"line {b.line}"
)
def test_mistakes_are_refused_with_their_place(block):
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(f"rulebase: example\n{block.text}", name="example.yaml")

    assert all(re.match(r"example\.yaml:\d+:\d+", str(d.span)) for d in caught.value.diagnostics)


def test_every_construct_of_the_formula_language_is_shown():
    text = "\n".join(block.text for block in BLOCKS)

    for construct in (
        *("and", "or", "not", "forall(", "exists(", "->", "before(", "count(", "sum(", "max("),
        *(
            "on+(",
            "goal ",
            "open ",
            "walk ",
            "creates:",
            " if ",
            "0.8::",
            "symmetric",
            "functional",
        ),
        *(
            "equivalence",
            "forbid:",
            "prefer:",
            "order:",
            "rank:",
            "run:",
            "parameters:",
            "minimize:",
        ),
    ):
        assert construct in text, construct
