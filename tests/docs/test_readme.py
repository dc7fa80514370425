"""Every command, rule base and snippet of README.md works as it stands there."""

import re
from pathlib import Path

import pytest

from planner.io.load import load_rules_text
from tests.conftest import ROOT
from tests.docs.blocks import blocks_of
from tests.docs.test_docs import run_commands

README = (ROOT / "README.md").read_text()
BLOCKS = blocks_of(README)
# Commands that tables and prose name.
SPOKEN = sorted(set(re.findall(r"`planner ([a-z]+)[^`]*`", README)))


def blocks_in(language):
    found = [block for block in BLOCKS if block.language == language]
    assert found, f"README.md has no {language} block"
    return found


@pytest.mark.parametrize("block", blocks_in("console"), ids=lambda block: f"line {block.line}")
def test_console_blocks_print_what_they_show(block, folder):
    run_commands(block, folder)


@pytest.mark.parametrize("block", blocks_in("python"), ids=lambda block: f"line {block.line}")
def test_python_blocks_run(block, folder):
    exec(compile(block.text, f"README.md:{block.line}", "exec"), {"__name__": "readme"})


@pytest.mark.parametrize("block", blocks_in("yaml"), ids=lambda block: f"line {block.line}")
def test_rule_bases_load(block):
    load_rules_text(block.text, name=f"README.md:{block.line}")


def test_the_rule_base_shown_is_the_one_init_makes(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from planner.cli import cli

    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(cli, ["init", "errands"])
    solved = CliRunner().invoke(cli, ["solve", "errands/tasks/first.yaml"])

    assert made.exit_code == solved.exit_code == 0
    assert Path("errands/rules.yaml").read_text().endswith(blocks_in("yaml")[0].text)


def test_every_command_named_exists():
    from planner.cli import cli

    assert SPOKEN
    assert set(SPOKEN) <= set(cli.list_commands(None))


def test_every_search_and_guide_named_exists():
    from planner.search.registry import GUIDES, SEARCHES

    section = README.split("## Searches and guides")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))

    assert named
    assert named <= {"auto", "model", *SEARCHES, *GUIDES}


def test_the_exit_codes_are_those_of_the_contract():
    from planner.cli.failure import LIMIT_CODES
    from planner.errors import InputError, ModelServerError, PlannerError, UnsupportedError

    section = README.split("## Exit codes")[1].split("\n## ")[0]
    codes = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", section, re.M)
             for code in row.split(",")}  # fmt: skip

    assert codes == {
        0, 1, 2, 3, 11, 12, *LIMIT_CODES.values(),
        *(error.exit_code for error in (InputError, UnsupportedError, ModelServerError)),
        PlannerError.exit_code,
    }  # fmt: skip


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_make_targets_named_exist():
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"`?make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M), target
